import { deadLetterStates, replayExclusions, replayItemStates, replayJobStates } from '@allim/contracts';
import { digits } from '@allim/http';
import { z } from 'zod';
import { size } from '../pages.js';
import { reason } from '../reason.js';

export const defaultRate = 50;
const mostNumbers = 1_000;
const fieldText = (most: number) =>
  z
    .string(`expected a text of 1 to ${most} characters`)
    .min(1, `expected a text of 1 to ${most} characters`)
    .max(most, `expected a text of 1 to ${most} characters`);
const momentExpected = 'expected a moment in UTC, like 2026-02-06T10:00:00Z';

/** As the list of dead letters takes it. */
const filter = z
  .strictObject({
    topic: fieldText(249).optional(),
    class: fieldText(100).optional(),
    group: z
      .string()
      .regex(/^[\da-f]{32}$/, 'expected the id of a group: 32 hexadecimal digits')
      .optional(),
    key: fieldText(1_024).optional(),
    since: z.iso.datetime(momentExpected).optional(),
    until: z.iso.datetime(momentExpected).optional(),
    text: fieldText(200).optional(),
    state: z.enum(deadLetterStates, `expected one of ${deadLetterStates.join(', ')}`).optional(),
  })
  .describe('Which cases; none given: every open one. The state is open, or parked where it is forced.');

const rateExpected = 'expected a whole number from 0 to 100000';
const rate = z
  .int(rateExpected)
  .min(0, rateExpected)
  .max(100_000, rateExpected)
  .describe(`Records a second, at most; 0: as fast as possible. Default ${defaultRate}.`);

export const planBody = z
  .strictObject({
    filter: filter.optional(),
    numbers: z
      .array(z.int().min(1))
      .min(1)
      .max(mostNumbers)
      .describe(`Of the cases, at most ${mostNumbers.toLocaleString('en')}.`)
      .optional(),
    value: z
      .string()
      .max(60_000, 'expected at most 60,000 characters')
      .describe(
        'Takes the place of the payload of the one case that is named. Checked against the schema of its topic.',
      )
      .optional(),
    rate: rate.optional(),
    force: z.boolean('expected true or false').describe('Also what is parked, or was replayed too often.').optional(),
  })
  .refine((given) => (given.filter === undefined) !== (given.numbers === undefined), {
    path: ['filter'],
    error: 'expected either filter or numbers',
  })
  .refine((given) => given.value === undefined || given.numbers?.length === 1, {
    path: ['value'],
    error: 'expected only with one number',
  })
  .refine(
    ({ filter: { state } = {}, force = false }) =>
      state === undefined || state === 'open' || (state === 'parked' && force),
    { path: ['filter', 'state'], error: 'expected open, or parked with force: nothing else can be replayed' },
  );
export type PlanBody = z.infer<typeof planBody>;

export const startBody = z.strictObject({ reason, rate: rate.optional() });
export const moveBody = z.strictObject({ reason: reason.optional() });

export const jobsQuery = z.strictObject({
  before: digits({ min: 1 }).optional().describe('Jobs below this number; newest first.'),
  size,
});
export const itemsQuery = z.strictObject({
  state: z.enum(replayItemStates, `expected one of ${replayItemStates.join(', ')}`).optional(),
  after: digits({ min: 0 }).optional().describe('Letters above this number; in the order of their replay.'),
  size,
});
export const jobParam = digits({ min: 1 }).describe('Number of a replay job.');

const moment = z.iso.datetime();
const count = z.int();

export const jobShown = z.object({
  job: count.describe('Its number: what people call it.'),
  replayId: z.string().describe('What the header allim-replay-id of its records says.'),
  state: z.enum(replayJobStates),
  filter: filter.nullable().describe('Null: it was asked for by numbers.'),
  numbers: z.array(count).nullable(),
  isForced: z.boolean(),
  isEdited: z.boolean(),
  rate: count.describe('Records a second, at most; 0: as fast as possible.'),
  total: count.describe('Letters of its set; it grows while the job is planned.'),
  published: count,
  skipped: count.describe('Those that were no longer open when their turn came, or that Kafka refuses.'),
  failed: count.describe('Of those published, those that have failed again.'),
  excluded: z
    .array(z.object({ reason: z.enum(replayExclusions), count }))
    .describe('Cases that were asked for and cannot be replayed.'),
  stopReason: z.string().nullable().describe('Why it stopped by itself.'),
  createdBy: z.string(),
  createdAt: moment,
  startedBy: z.string().nullable(),
  startedAt: moment.nullable(),
  reason: z.string().nullable(),
  endedAt: moment.nullable(),
});
export type JobShown = z.infer<typeof jobShown>;

export const jobsShown = z.object({ items: z.array(jobShown), next: count.nullable() });
export type JobsShown = z.infer<typeof jobsShown>;

export const itemsShown = z.object({
  items: z.array(
    z.object({
      number: count.describe('Of the case.'),
      state: z.enum(replayItemStates),
      reason: z.string().nullable().describe('Why it was skipped.'),
    }),
  ),
  next: count.nullable(),
});
export type ItemsShown = z.infer<typeof itemsShown>;
