import { deadLetterStates } from '@allim/contracts';
import { digits } from '@allim/http';
import { z } from 'zod';
import { breakerStates } from './channel-metrics.js';

export const defaultHours = 24;

export const overviewQuery = z.strictObject({
  hours: digits({ min: 1, max: 168 })
    .optional()
    .describe(`Hours of dead letters, up to now: 1 to 168; default ${defaultHours}.`),
});
export type OverviewQuery = z.infer<typeof overviewQuery>;

const moment = z.iso.datetime();
const count = z.int();
const name = z.string();
const stepSeconds = count.describe('Length of a step. The last one is under way.');

const counts = z.array(count).describe('By step.');
const lag = count.nullable().describe('Records that wait for the group; null: not known.');
const unknown = z.string().nullable().describe('Why it is not known; null: it is.');

const knownCounts = {
  total: count,
  counts: z.array(count.nullable()).describe('By step; null: not known, which is not 0.'),
};

export const overviewShown = z.object({
  deadLetters: z.object({
    at: moment.describe('When they were counted: ten seconds ago at most.'),
    from: moment.describe('Beginning of the first step.'),
    stepSeconds,
    series: z
      .array(z.object({ topic: name, total: count, counts }))
      .describe('Cases by their last failure, of the eight topics that have most; the largest first.'),
    others: z
      .object({ topics: count, total: count, counts })
      .nullable()
      .describe('Of the other topics together; null: there are none.'),
    totals: z
      .object(
        Object.fromEntries(deadLetterStates.map((state) => [state, count])) as Record<
          (typeof deadLetterStates)[number],
          typeof count
        >,
      )
      .describe('All cases by state, of whatever time.'),
  }),
  lag: z
    .object({
      at: moment.describe('When Kafka was asked: ten seconds ago at most.'),
      groups: z.array(z.object({ group: name, lag, topics: z.array(z.object({ topic: name, lag: count })), unknown })),
    })
    .nullable()
    .describe('Null: Kafka does not answer.'),
  lagUnknown: unknown,
  channels: z
    .array(
      z.object({
        channel: name,
        instances: z.array(
          z.object({
            instance: name.describe('host:port of its metrics.'),
            isUp: z.boolean().describe('It answered when it was asked last.'),
            unknown,
            sampledAt: moment.nullable().describe('When it answered last; null: never.'),
            sending: count.nullable().describe('Deliveries being sent then; null: it is not up.'),
            breakers: z.array(z.object({ provider: name, state: z.enum(breakerStates) })),
          }),
        ),
        from: moment.describe('Beginning of the first step: an hour of them.'),
        stepSeconds,
        known: z.array(z.boolean()).describe('By step: whether anything is known of it.'),
        outcomes: z
          .array(z.object({ outcome: name, ...knownCounts }))
          .describe('Attempts by what the provider made of them; those outcomes that there were.'),
        rateLimitWaits: z
          .array(z.object({ lane: name, ...knownCounts }))
          .describe('Times a lane had to wait for the rate limit.'),
      }),
    )
    .describe('Those of the setting CHANNEL_METRICS.'),
});
export type OverviewShown = z.infer<typeof overviewShown>;
