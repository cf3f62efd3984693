import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { id, optional, person, shown, time } from '../../fields.js';
import { segment } from '../../link.js';

export const deliveryShipped = defineEvent({
  topic: 'shopping.delivery.shipped',
  category: 'order',
  schema: z.object({
    trackingNumber: id,
    orderNumber: id,
    userId: person,
    carrier: shown,
    estimatedDeliveryDate: optional(time),
    shippedAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'DELIVERY_STARTED',
    reference: { type: 'delivery', id: event.trackingNumber },
    link: `/shopping/orders/${segment(event.orderNumber)}`,
    params: { trackingNumber: event.trackingNumber, carrier: event.carrier },
    channels: ['push', 'alimtalk'],
  }),
  sample: ({ user, number }) => ({
    trackingNumber: `TRK-${number}`,
    orderNumber: `ORD-20260206-${number}`,
    userId: user,
    carrier: 'CJ대한통운',
    estimatedDeliveryDate: '2026-02-09',
    shippedAt: '2026-02-07T09:00:00',
  }),
});
