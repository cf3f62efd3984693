import { accessSettings, oneKeySource } from '@allim/http';
import { kafkaConsumerSettings } from '@allim/kafka';
import { commaList, programSettings, wholeNumber } from '@allim/platform';
import { storeSettings } from '@allim/store';
import { z } from 'zod';
import { isTopicPattern } from './topic-patterns.js';

/** The settings of the operators' program. */
export const settings = z
  .object({
    ...programSettings,
    PORT: wholeNumber({ max: 65_535 }).default(8085).describe('Port of HTTP; 0 lets the system choose one.'),
    ...storeSettings,
    ...kafkaConsumerSettings,
    KAFKA_GROUP_ID: z.string().default('allim-ops').describe('Consumer group of the index of dead letters.'),
    DEAD_LETTER_TOPICS: commaList()
      .refine(
        (patterns) => patterns.length > 0 && patterns.every(isTopicPattern),
        'expected names of topics, in which * stands for any text, separated by commas',
      )
      .default(['*.DLT'])
      .describe(
        'Topics of dead letters that are indexed, ours and those of other services: names in which * stands for any text, separated by commas. Spring’s @RetryableTopic writes to *-dlt.',
      ),
    DEAD_LETTER_LOOK_MS: wholeNumber({ min: 100 })
      .default(10_000)
      .describe('Milliseconds between looks for topics of dead letters that are new.'),
    REPLAY_MAX: wholeNumber({ min: 1, max: 1_000 })
      .default(5)
      .describe('Replays after which a case that fails again is parked.'),
    ...accessSettings,
    REQUESTS_PER_SECOND: wholeNumber({ min: 1 })
      .default(50)
      .describe('Requests of one operator per second and node, in the long run.'),
    REQUEST_BURST: wholeNumber({ min: 1 }).default(200).describe('The same at once.'),
  })
  .refine(...oneKeySource);

export type Settings = z.infer<typeof settings>;
