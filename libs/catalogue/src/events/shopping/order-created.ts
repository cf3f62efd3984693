import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { amount, id, note, optional, person, time } from '../../fields.js';
import { segment } from '../../link.js';

const item = z.object({
  productId: optional(id),
  productName: note,
  quantity: optional(z.int()),
  price: optional(amount),
});

export const orderCreated = defineEvent({
  topic: 'shopping.order.created',
  category: 'order',
  schema: z.object({
    orderNumber: id,
    userId: person,
    totalAmount: amount,
    itemCount: z.int(),
    items: optional(z.array(item)),
    createdAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'ORDER_CREATED',
    reference: { type: 'order', id: event.orderNumber },
    link: `/shopping/orders/${segment(event.orderNumber)}`,
    params: { itemCount: event.itemCount, totalAmount: event.totalAmount },
    channels: ['email', 'push'],
  }),
  sample: ({ user, number }) => ({
    orderNumber: `ORD-20260206-${number}`,
    userId: user,
    totalAmount: 45000,
    itemCount: 2,
    items: [
      { productId: 101, productName: '무선 키보드', quantity: 1, price: 30000 },
      { productId: 102, productName: '마우스 패드', quantity: 1, price: 15000 },
    ],
    createdAt: '2026-02-06T10:00:00',
  }),
});
