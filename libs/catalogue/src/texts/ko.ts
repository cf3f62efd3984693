import { type Texts } from './texts.js';

export const ko: Record<string, Texts> = {
  'user-signup': {
    title: '환영합니다!',
    message: '{name}님, Portal Universe에 가입해주셔서 감사합니다.',
  },
  'shopping.order.created': {
    title: '주문이 접수되었습니다',
    message: '{itemCount}개 상품, {totalAmount, number, amount}원 결제 대기중',
  },
  'shopping.order.confirmed': {
    title: '주문이 확정되었습니다',
    message: '주문번호: {orderNumber} - {totalAmount, number, amount}원',
  },
  'shopping.order.cancelled': {
    title: '주문이 취소되었습니다',
    message: '주문번호: {orderNumber} - {cancelReason}',
  },
  'shopping.payment.completed': {
    title: '결제가 완료되었습니다',
    message: '{amount, number, amount}원 결제 완료',
  },
  'shopping.payment.failed': {
    title: '결제가 실패했습니다',
    message: '사유: {failureReason}',
  },
  'shopping.delivery.shipped': {
    title: '배송이 시작되었습니다',
    message: '운송장번호: {trackingNumber} ({carrier})',
  },
  'shopping.coupon.issued': {
    title: '쿠폰이 발급되었습니다',
    message: '{couponName} - {discountValue, number, amount}{discountType, select, PERCENTAGE {%} other {원}} 할인',
  },
  'shopping.timedeal.started': {
    title: '타임딜이 시작되었습니다',
    message: '{timeDealName}',
  },
  'blog.post.liked': {
    title: '게시글에 좋아요가 달렸습니다',
    message: '"{postTitle}"에 {likerName}님이 좋아요를 눌렀습니다',
  },
  'blog.post.commented': {
    title: '게시글에 새 댓글이 달렸습니다',
    message: '"{postTitle}"에 {commenterName}님이 댓글을 달았습니다: {content}',
  },
  'blog.comment.replied': {
    title: '댓글에 답글이 달렸습니다',
    message: '{replierName}님이 회원님의 댓글에 답글을 달았습니다: {content}',
  },
  'blog.user.followed': {
    title: '새 팔로워가 생겼습니다',
    message: '{followerName}님이 회원님을 팔로우하기 시작했습니다',
  },
  'prism.task.completed': {
    title: 'AI 태스크가 완료되었습니다',
    message: '"{title}" 태스크가 {agentName} 에이전트에 의해 완료되었습니다',
  },
  'prism.task.failed': {
    title: 'AI 태스크가 실패했습니다',
    message: '"{title}" 태스크 실행 실패: {errorMessage}',
  },
  'notification.requested/announcement': {
    title: '{title}',
    message: '{message}',
  },
  'notification.requested/auth_code': {
    title: '인증번호 안내',
    message: '인증번호를 보내드렸습니다. {minutes}분 안에 입력해 주세요. 다른 사람에게 알려 주지 마세요.',
  },
  'notification.requested/campaign': {
    title: '{title}',
    message: '{message}',
  },
};
