import { channelNames, deliveryStates, notificationType, priorities } from '@allim/contracts';
import { type DeliveryTimeline } from '@allim/store';
import { z } from 'zod';

const moment = z.iso.datetime();

/** A delivery and its way so far. */
const delivery = z.object({
  id: z.uuid(),
  userId: z.string(),
  notificationId: z.int(),
  type: notificationType.nullable().describe('Null: the notification was deleted.'),
  reference: z.object({ type: z.string(), id: z.string() }).nullable(),
  channel: z.enum(channelNames),
  device: z.string().nullable().describe("Push: SHA-256 of the device's token, in hex."),
  priority: z.enum(priorities),
  category: z.string(),
  text: z.string().describe('Key in the message files.'),
  language: z.string(),
  state: z.enum(deliveryStates),
  reason: z.string().nullable().describe('Why it is in this state; of what never left, which rule decided.'),
  attemptCount: z.int().describe("Those that count; what failed for the infrastructure's sake does not."),
  dueAt: moment.describe('Queued: when it is sent; dispatched or sending: when it is taken back.'),
  provider: z.string().nullable(),
  providerMessageId: z.string().nullable(),
  createdAt: moment,
  updatedAt: moment,
  attempts: z
    .array(
      z.object({
        attempt: z.int(),
        provider: z.string().nullable(),
        outcome: z.string(),
        reason: z.string().nullable(),
        providerMessageId: z.string().nullable(),
        startedAt: moment,
        durationMs: z.int(),
      }),
    )
    .describe('Each try, in order.'),
  reports: z
    .array(
      z.object({
        provider: z.string(),
        providerMessageId: z.string().nullable(),
        code: z.string().nullable(),
        state: z.string().nullable(),
        detail: z.string().nullable(),
        receivedAt: moment,
      }),
    )
    .describe('What providers told afterwards, in the order of their arrival.'),
}) satisfies z.ZodType<DeliveryTimeline>;

export const deliveriesPage = z.object({ items: z.array(delivery).describe('Newest first.'), hasMore: z.boolean() });
export type DeliveriesPage = z.infer<typeof deliveriesPage>;
