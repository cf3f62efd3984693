import { z } from 'zod';
import { cut } from '../../cut.js';
import { defineEvent } from '../../entry.js';
import { amount, id, note, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const paymentFailed = defineEvent({
  topic: 'shopping.payment.failed',
  category: 'order',
  schema: z.object({
    paymentNumber: id,
    orderNumber: id,
    userId: person,
    amount: optional(amount),
    paymentMethod: note,
    failureReason: shown,
    failedAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'PAYMENT_FAILED',
    reference: { type: 'payment', id: event.paymentNumber },
    link: `/shopping/orders/${segment(event.orderNumber)}`,
    params: { failureReason: cut(event.failureReason, 50) },
    channels: ['email', 'push'],
    priority: 'high',
  }),
  sample: ({ user, number }) => ({
    paymentNumber: `PAY-20260206-${number}`,
    orderNumber: `ORD-20260206-${number}`,
    userId: user,
    amount: 45000,
    paymentMethod: 'CARD',
    failureReason: '카드 한도 초과',
    failedAt: '2026-02-06T10:04:30',
  }),
});
