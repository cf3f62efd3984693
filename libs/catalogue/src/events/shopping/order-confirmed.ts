import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { amount, id, optional, person, time } from '../../fields.js';
import { segment } from '../../link.js';

export const orderConfirmed = defineEvent({
  topic: 'shopping.order.confirmed',
  category: 'order',
  schema: z.object({
    orderNumber: id,
    userId: person,
    totalAmount: amount,
    paymentNumber: optional(id),
    confirmedAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'ORDER_CONFIRMED',
    reference: { type: 'order', id: event.orderNumber },
    link: `/shopping/orders/${segment(event.orderNumber)}`,
    params: { orderNumber: event.orderNumber, totalAmount: event.totalAmount },
    channels: ['push'],
  }),
  sample: ({ user, number }) => ({
    orderNumber: `ORD-20260206-${number}`,
    userId: user,
    totalAmount: 45000,
    paymentNumber: `PAY-20260206-${number}`,
    confirmedAt: '2026-02-06T10:05:00',
  }),
});
