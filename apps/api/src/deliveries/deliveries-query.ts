import { limits } from '@allim/contracts';
import { digits } from '@allim/http';
import { type TimelineQuery } from '@allim/store';
import { z } from 'zod';
import { userIdText } from '../people/person-fields.js';

const referenceExpected = `expected the id of a reference, of at most ${limits.referenceId} characters`;

/** Whose deliveries, or those of what: the one or the other. */
export const deliveriesQuery = z
  .strictObject({
    userId: userIdText.optional().describe('Whose deliveries.'),
    notificationId: digits({ min: 1, max: 4_294_967_295 })
      .optional()
      .describe('Those of one notification of this user only.'),
    reference: z
      .string(referenceExpected)
      .min(1, referenceExpected)
      .refine((id) => [...id].length <= limits.referenceId, referenceExpected)
      .optional()
      .describe('Those of everything that is about it, of any user: an order number.'),
    size: digits({ min: 1, max: 100 }).optional().describe('Deliveries at most, 1 to 100; default 100.'),
  })
  .refine(({ userId, notificationId }) => notificationId === undefined || userId !== undefined, {
    path: ['notificationId'],
    error: 'expected together with userId: notifications are numbered by user',
  })
  .refine((query) => (query.userId ?? query.notificationId) === undefined || query.reference === undefined, {
    path: ['reference'],
    error: 'expected either userId or reference',
  })
  .refine((query) => (query.userId ?? query.notificationId ?? query.reference) !== undefined, {
    path: ['userId'],
    error: 'expected userId or reference',
  });
export type DeliveriesQuery = z.infer<typeof deliveriesQuery>;

export const defaultSize = 100;

export function timelineQuery({ userId, notificationId, reference }: DeliveriesQuery): TimelineQuery {
  return userId === undefined ? { reference: reference! } : { userId, notificationId };
}
