import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { amount, id, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const orderCancelled = defineEvent({
  topic: 'shopping.order.cancelled',
  category: 'order',
  schema: z.object({
    orderNumber: id,
    userId: person,
    totalAmount: optional(amount),
    cancelReason: shown,
    cancelledAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'ORDER_CANCELLED',
    reference: { type: 'order', id: event.orderNumber },
    link: `/shopping/orders/${segment(event.orderNumber)}`,
    params: { orderNumber: event.orderNumber, cancelReason: event.cancelReason },
    channels: ['email', 'push'],
  }),
  sample: ({ user, number }) => ({
    orderNumber: `ORD-20260206-${number}`,
    userId: user,
    totalAmount: 45000,
    cancelReason: '고객 변심',
    cancelledAt: '2026-02-06T11:00:00',
  }),
});
