import {
  channelNames,
  deadLetterStates,
  deliveryStates,
  limits,
  notificationResponse,
  notificationType,
  priorities,
} from '@allim/contracts';
import { digits } from '@allim/http';
import { z } from 'zod';

export const defaultSize = 20;

const ways = ['user', 'order', 'delivery'] as const;

export const timelineQuery = z
  .strictObject({
    user: z.string().min(1).max(limits.userId).optional().describe('Id of the person.'),
    order: z
      .string()
      .min(1)
      .max(limits.referenceId)
      .optional()
      .describe('Id of what it is about: number of an order, of a coupon, …'),
    delivery: z.uuid('expected a UUID').optional().describe('Id of a delivery: it stands in a mail’s Message-ID.'),
    size: digits({ min: 1, max: 100 }).optional().describe(`Notifications at most, 1 to 100; default ${defaultSize}.`),
  })
  .refine(
    (given) => ways.filter((way) => given[way] !== undefined).length === 1,
    `expected exactly one of ${ways.join(', ')}`,
  );
export type TimelineQuery = z.infer<typeof timelineQuery>;

const moment = z.iso.datetime();
const count = z.int();
const text = z.string();

const deliveryShown = z.object({
  id: text,
  channel: z.enum(channelNames),
  device: text.nullable().describe('Push: beginning of the hash of the device’s token.'),
  priority: z.enum(priorities),
  category: text,
  text: text.describe('Key in the message files.'),
  language: text,
  state: z.enum(deliveryStates),
  reason: text.nullable().describe('Why it is in this state.'),
  attemptCount: count.describe('Those that count: what failed for the infrastructure’s sake does not.'),
  dueAt: moment,
  provider: text.nullable(),
  providerMessageId: text.nullable(),
  createdAt: moment,
  updatedAt: moment,
  attempts: z.array(
    z.object({
      attempt: count,
      provider: text.nullable(),
      outcome: text,
      reason: text.nullable(),
      providerMessageId: text.nullable(),
      startedAt: moment,
      durationMs: count,
    }),
  ),
  reports: z
    .array(
      z.object({
        provider: text,
        providerMessageId: text.nullable(),
        code: text.nullable(),
        state: text.nullable(),
        detail: text.nullable().describe('Null where it is masked, too: it may have an address in it.'),
        receivedAt: moment,
      }),
    )
    .describe('What providers told afterwards, in the order of their arrival.'),
});

export const timelineShown = z.object({
  isMasked: z.boolean().describe('Texts and what providers wrote are hidden: the scope "ops:payload" is missing.'),
  isCut: z.boolean().describe('There are older ones.'),
  items: z
    .array(
      z.object({
        userId: text,
        notificationId: count.describe('Its position in that person’s inbox.'),
        type: notificationType.nullable().describe('Null: the notification was deleted.'),
        reference: z.object({ type: text, id: text }).nullable(),
        createdAt: moment.describe('Of its first delivery, where it was deleted.'),
        readAt: moment.nullable(),
        isDeleted: z.boolean(),
        texts: notificationResponse
          .pick({ title: true, message: true, link: true })
          .nullable()
          .describe('Null: deleted, or masked.'),
        deliveries: z.array(deliveryShown).describe('The oldest first; none: it is in the inbox only.'),
      }),
    )
    .describe('Notifications, the newest first.'),
  deadLetters: z
    .array(
      z.object({
        number: count,
        topic: text,
        errorClass: text,
        message: text,
        state: z.enum(deadLetterStates),
        failures: count,
        failedAt: moment,
        deliveryId: text
          .nullable()
          .describe('Which of the deliveries above; null: the record’s key is what was asked for.'),
      }),
    )
    .describe('Cases that belong to it, the newest first, at most 50.'),
});
export type TimelineShown = z.infer<typeof timelineShown>;
export type NotificationShown = TimelineShown['items'][number];
export type DeadLetterShown = TimelineShown['deadLetters'][number];
