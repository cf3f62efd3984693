import { kafkaConsumerSettings } from '@allim/kafka';
import { failPointSetting, programSettings, redisSettings, wholeNumber } from '@allim/platform';
import { storeSettings } from '@allim/store';
import { z } from 'zod';
import { failPoints } from './fail-point.js';

/** The consumer's settings. */
export const settings = z
  .object({
    ...programSettings,
    PORT: wholeNumber({ min: 1, max: 65_535 }).default(8086).describe('Port of health and metrics.'),
    ...kafkaConsumerSettings,
    ...storeSettings,
    ...redisSettings,
    FAIL_POINT: failPointSetting(failPoints),
  })
  .refine((given) => given.FAIL_POINT === undefined || given.NODE_ENV !== 'production', {
    path: ['FAIL_POINT'],
    error: 'expected not to be set in production',
    when: () => true, // also while other settings are wrong, so that all are named at once
  });

export type Settings = z.infer<typeof settings>;
