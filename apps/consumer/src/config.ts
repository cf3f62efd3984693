import { kafkaConsumerSettings } from '@allim/kafka';
import { address, programSettings, wholeNumber } from '@allim/platform';
import { storeSettings } from '@allim/store';
import { z } from 'zod';
import { failPointSetting } from './fail-point.js';

/** The consumer's settings. */
export const settings = z
  .object({
    ...programSettings,
    PORT: wholeNumber({ min: 1, max: 65_535 }).default(8086).describe('Port of health and metrics.'),
    ...kafkaConsumerSettings,
    ...storeSettings,
    REDIS_URL: address('redis', 'rediss').describe('Redis that carries hints to the api nodes.'),
    REDIS_KEY_PREFIX: z
      .string()
      .default('allim:')
      .describe('Put before every key and channel; the same for consumer and api.'),
    FAIL_POINT: failPointSetting,
  })
  .refine((given) => given.FAIL_POINT === undefined || given.NODE_ENV !== 'production', {
    path: ['FAIL_POINT'],
    message: 'expected not to be set in production',
  });

export type Settings = z.infer<typeof settings>;
