import { kafkaConsumerSettings } from '@allim/kafka';
import { failPointSetting, programSettings, redisSettings, wholeNumber } from '@allim/platform';
import { storeSettings } from '@allim/store';
import { type z } from 'zod';
import { channelPoints } from './fail-point.js';

// Each lane has a group of its own.
const { KAFKA_GROUP_ID: _, ...kafka } = kafkaConsumerSettings;

const workerSettings = {
  ...kafka,
  ...redisSettings,
  KAFKA_BATCH_RECORDS: wholeNumber({ min: 1, max: 5000 }).default(100).describe('Commands taken at once, at most.'),
  SEND_CONCURRENCY: wholeNumber({ min: 1, max: 1000 })
    .default(20)
    .describe('Sends at the same time in each of the three lanes; a provider needs three times as many connections.'),
  SEND_TIMEOUT_MS: wholeNumber({ min: 1000, max: 600_000 })
    .default(60_000)
    .describe('Milliseconds for one send, everything included; then nobody knows what became of it.'),
  /** After a crash a delivery waits for so long. Renewed while it is sent, so it may be shorter than a send. */
  DELIVERY_LEASE_MS: wholeNumber({ min: 3000, max: 600_000 })
    .default(30_000)
    .describe('Milliseconds for which a worker holds a delivery unless it renews its lease.'),
  RATE_LIMIT_PER_SECOND: wholeNumber({ max: 100_000 })
    .default(0)
    .describe('Sends in any second, of all workers of the channel together; 0: no limit.'),
  BREAKER_PROBE_MS: wholeNumber({ min: 100, max: 3_600_000 })
    .default(5_000)
    .describe('Milliseconds until a provider that is down is tried again, with a single delivery.'),
};

export type ChannelWorkerSettings = z.infer<z.ZodObject<typeof workerSettings>>;

/** What every channel app can be set to; an app spreads them into its own `config.ts`. `port`: its default one. */
export const channelSettings = (port: number) => ({
  ...programSettings,
  PORT: wholeNumber({ min: 1, max: 65_535 }).default(port).describe('Port of health and metrics.'),
  ...workerSettings,
  ...storeSettings,
  FAIL_POINT: failPointSetting(channelPoints),
});

export type ChannelProgramSettings = z.infer<z.ZodObject<ReturnType<typeof channelSettings>>>;

/** For the `refine` of a channel app's settings: fail points are for tests. */
export const failPointInTestsOnly = [
  (given: Pick<ChannelProgramSettings, 'FAIL_POINT' | 'NODE_ENV'>) =>
    given.FAIL_POINT === undefined || given.NODE_ENV !== 'production',
  {
    path: ['FAIL_POINT'] as string[],
    error: 'expected not to be set in production',
    when: () => true, // also while other settings are wrong, so that all are named at once
  },
] as const;
