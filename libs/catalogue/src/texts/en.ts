import { type Texts } from './texts.js';

export const en: Record<string, Texts> = {
  'user-signup': {
    title: 'Welcome!',
    message: 'Thank you for joining Portal Universe, {name}.',
  },
  'shopping.order.created': {
    title: 'We have received your order',
    message: '{itemCount, plural, one {# item} other {# items}}, ₩{totalAmount, number, amount}, awaiting payment',
  },
  'shopping.order.confirmed': {
    title: 'Your order is confirmed',
    message: 'Order {orderNumber} - ₩{totalAmount, number, amount}',
  },
  'shopping.order.cancelled': {
    title: 'Your order was cancelled',
    message: 'Order {orderNumber} - {cancelReason}',
  },
  'shopping.payment.completed': {
    title: 'Payment completed',
    message: 'Your payment of ₩{amount, number, amount} is complete',
  },
  'shopping.payment.failed': {
    title: 'Payment failed',
    message: 'Reason: {failureReason}',
  },
  'shopping.delivery.shipped': {
    title: 'Your parcel is on its way',
    message: 'Tracking number: {trackingNumber} ({carrier})',
  },
  'shopping.coupon.issued': {
    title: 'You have received a coupon',
    message:
      '{couponName} - {discountType, select, PERCENTAGE {{discountValue, number, amount}%} other {₩{discountValue, number, amount}}} off',
  },
  'shopping.timedeal.started': {
    title: 'A time deal has started',
    message: '{timeDealName}',
  },
  'blog.post.liked': {
    title: 'Your post was liked',
    message: '{likerName} liked "{postTitle}"',
  },
  'blog.post.commented': {
    title: 'New comment on your post',
    message: '{commenterName} commented on "{postTitle}": {content}',
  },
  'blog.comment.replied': {
    title: 'New reply to your comment',
    message: '{replierName} replied to your comment: {content}',
  },
  'blog.user.followed': {
    title: 'You have a new follower',
    message: '{followerName} started following you',
  },
  'prism.task.completed': {
    title: 'AI task completed',
    message: '"{title}" was completed by the agent {agentName}',
  },
  'prism.task.failed': {
    title: 'AI task failed',
    message: '"{title}" failed: {errorMessage}',
  },
  'notification.requested/announcement': {
    title: '{title}',
    message: '{message}',
  },
  'notification.requested/auth_code': {
    title: 'Your verification code',
    message:
      'We have sent you a verification code. Enter it within {minutes, plural, one {# minute} other {# minutes}} and do not tell it to anybody.',
  },
  'notification.requested/campaign': {
    title: '{title}',
    message: '{message}',
  },
};
