import { jsonTypes } from '@allim/catalogue';
import { deadLetterStates, replayItemStates, replayJobStates } from '@allim/contracts';
import { z } from 'zod';
import { reason } from '../reason.js';
import { bytesShown } from './payload.js';

const moment = z.iso.datetime();
const count = z.int();

const counts = z
  .object(
    Object.fromEntries(deadLetterStates.map((state) => [state, count])) as Record<
      (typeof deadLetterStates)[number],
      typeof count
    >,
  )
  .describe('Cases by state.');

/** A case as lists have it. */
const summary = z.object({
  number: count.describe('Of the case: what people call it.'),
  topic: z.string().describe('On which the record failed.'),
  partition: count.nullable().describe('Null here and below: its letter does not say.'),
  offset: z.string().nullable().describe('A decimal number as a text: it may be larger than a number is exact.'),
  consumerGroup: z.string().nullable().describe('In which it failed.'),
  key: bytesShown.nullable().describe('Null: the record has none, or the scope "ops:payload" is missing.'),
  errorClass: z.string().describe('Stable label, such as bad-json.'),
  errorType: z.string().nullable().describe('Class of the error.'),
  message: z.string(),
  group: z.string().describe('Its group: topic, error class and the message without its numbers and names.'),
  state: z.enum(deadLetterStates),
  failures: count.describe('How often it has failed: 1, and once more for each replay that failed.'),
  attempts: count.nullable().describe('Attempts before it was given up, the last time.'),
  replays: count,
  valueBytes: count.nullable().describe('Null: the record has no value.'),
  firstFailedAt: moment.nullable(),
  failedAt: moment.describe('The last time.'),
});

export const deadLettersPage = z.object({
  items: z.array(summary),
  next: count
    .nullable()
    .describe('There may be more with this as `before`, also where this page is not full; null: there are no more.'),
});
export type DeadLettersPage = z.infer<typeof deadLettersPage>;
export type DeadLetterSummary = z.infer<typeof summary>;

/** One case with everything. */
export const deadLetterShown = summary.extend({
  recordTimestamp: moment.nullable().describe('Of the record that failed.'),
  letter: z.object({ topic: z.string(), partition: count, offset: z.string() }).describe('The newest letter itself.'),
  stack: z.string(),
  isMasked: z.boolean().describe('Key, value and headers are hidden: the scope "ops:payload" is missing.'),
  value: bytesShown.nullable(),
  headers: z
    .array(z.object({ name: z.string(), value: bytesShown }))
    .describe('Of the record that failed, without those of its letter.'),
  fields: z
    .array(
      z.object({
        field: z.string(),
        expected: z.string().nullable().describe('Null: the schema does not know it; it is accepted and not read.'),
        isNeeded: z.boolean(),
        found: z.enum(jsonTypes).nullable().describe('Null: it is not there.'),
        faults: z.array(z.string()).describe('What is wrong with it.'),
      }),
    )
    .nullable()
    .describe(
      'The payload against the schema of its topic. Null: hidden, too large, no JSON object, or no topic of ours.',
    ),
  jobs: z
    .array(
      z.object({
        job: count,
        state: z.enum(replayJobStates),
        letter: z.enum(replayItemStates).describe('What became of this case in it.'),
        skippedFor: z.string().nullable(),
        startedBy: z.string().nullable().describe('Null: it was not started yet.'),
        startedAt: moment.nullable(),
        reason: z.string().nullable(),
      }),
    )
    .describe('Replay jobs in whose set the case is, the newest first, at most 50.'),
});
export type DeadLetterShown = z.infer<typeof deadLetterShown>;

export const groupsShown = z.object({
  items: z.array(
    z.object({
      id: z.string(),
      topic: z.string(),
      errorClass: z.string(),
      pattern: z.string().describe('The message, with placeholders for what differs.'),
      counts,
      firstFailedAt: moment.nullable(),
      failedAt: moment,
    }),
  ),
});
export type GroupsShown = z.infer<typeof groupsShown>;

export const topicsShown = z.object({
  items: z.array(z.object({ topic: z.string(), counts, failedAt: moment })),
});
export type TopicsShown = z.infer<typeof topicsShown>;

export const discardBody = z.strictObject({
  numbers: z.array(z.int().min(1)).min(1).max(1_000).describe('Of the cases to be given up, at most 1,000.'),
  reason,
});
export type DiscardBody = z.infer<typeof discardBody>;

export const discardedShown = z.object({
  discarded: z.array(z.int()).describe('Those that were open or parked; the others stay as they are.'),
});
export type DiscardedShown = z.infer<typeof discardedShown>;
