import { z } from 'zod';
import { defineEvent } from '../../entry.js';
import { amount, id, optional, person, shown, time } from '../../fields.js';

export const couponIssued = defineEvent({
  topic: 'shopping.coupon.issued',
  category: 'promotion',
  schema: z.object({
    userId: person,
    couponCode: id,
    couponName: shown,
    discountType: z.enum(['PERCENTAGE', 'FIXED']),
    discountValue: amount,
    expiresAt: optional(time),
  }),
  notify: (event) => ({
    to: event.userId,
    type: 'COUPON_ISSUED',
    reference: { type: 'coupon', id: event.couponCode },
    link: '/shopping/coupons',
    params: {
      couponName: event.couponName,
      discountType: event.discountType,
      discountValue: event.discountValue,
    },
    channels: ['push'],
  }),
  sample: ({ user, number }) => ({
    userId: user,
    couponCode: `WELCOME-${number}`,
    couponName: '신규 가입 쿠폰',
    discountType: 'PERCENTAGE',
    discountValue: 10,
    expiresAt: '2026-03-06T23:59:59',
  }),
});
