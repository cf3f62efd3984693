import { z } from 'zod';

/** All types exist from the start, so that clients can switch over them. */
export const notificationTypes = [
  'ORDER_CREATED',
  'ORDER_CONFIRMED',
  'ORDER_CANCELLED',
  'DELIVERY_STARTED',
  'DELIVERY_IN_TRANSIT',
  'DELIVERY_COMPLETED',
  'PAYMENT_COMPLETED',
  'PAYMENT_FAILED',
  'REFUND_COMPLETED',
  'COUPON_ISSUED',
  'COUPON_EXPIRING',
  'TIMEDEAL_STARTING',
  'TIMEDEAL_STARTED',
  'BLOG_LIKE',
  'BLOG_COMMENT',
  'BLOG_REPLY',
  'BLOG_FOLLOW',
  'BLOG_NEW_POST',
  'PRISM_TASK_COMPLETED',
  'PRISM_TASK_FAILED',
  'SYSTEM',
] as const;

export const notificationType = z.enum(notificationTypes);
export type NotificationType = z.infer<typeof notificationType>;

/**
 * The most characters (Unicode code points) a text of a notification may have. What is longer is a data error,
 * never a silently cut row: the store's columns are at least this wide.
 */
export const limits = {
  userId: 64,
  title: 200,
  message: 1000,
  link: 500,
  referenceType: 50,
  referenceId: 200,
  /** UTF-8 bytes of the parameters as JSON. */
  paramsBytes: 16_384,
} as const;

/** A notification as clients see it, in REST answers and on the socket alike. */
export const notificationResponse = z.object({
  /** Position in this user's inbox: 1, 2, 3 … Gives the order, the cursor and the gap detection. */
  id: z.int().positive(),
  userId: z.string(),
  type: notificationType,
  title: z.string(),
  message: z.string(),
  /** Path within the publisher's site, e.g. `/shopping/orders/ORD-1`. */
  link: z.string().nullable(),
  status: z.enum(['UNREAD', 'READ']),
  referenceId: z.string().nullable(),
  referenceType: z.string().nullable(),
  /** ISO-8601, UTC, with `Z`. */
  createdAt: z.iso.datetime(),
  readAt: z.iso.datetime().nullable(),
});
export type NotificationResponse = z.infer<typeof notificationResponse>;

/** The counters of an inbox. `unseen` feeds the badge, `unread` the list. */
export const inboxState = z.object({
  lastId: z.int().nonnegative(),
  unread: z.int().nonnegative(),
  unseen: z.int().nonnegative(),
});
export type InboxState = z.infer<typeof inboxState>;
