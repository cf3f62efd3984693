import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { amount, id, note, optional, person, time } from '../../fields.js';
import { segment } from '../../link.js';

export const paymentCompleted = defineEvent({
  topic: 'shopping.payment.completed',
  category: 'order',
  schema: z.object({
    paymentNumber: id,
    orderNumber: id,
    userId: person,
    amount,
    paymentMethod: note,
    pgTransactionId: optional(id),
    paidAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'PAYMENT_COMPLETED',
    reference: { type: 'payment', id: event.paymentNumber },
    link: `/shopping/orders/${segment(event.orderNumber)}`,
    params: { amount: event.amount },
    channels: ['email', 'push'],
  }),
  sample: ({ user, number }) => ({
    paymentNumber: `PAY-20260206-${number}`,
    orderNumber: `ORD-20260206-${number}`,
    userId: user,
    amount: 45000,
    paymentMethod: 'CARD',
    pgTransactionId: `pg-${number}`,
    paidAt: '2026-02-06T10:04:30',
  }),
});
