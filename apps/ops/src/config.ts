import { sentChannels } from '@allim/catalogue';
import { laneGroups } from '@allim/contracts';
import { accessSettings, oneKeySource } from '@allim/http';
import { kafkaConsumerSettings } from '@allim/kafka';
import { address, commaList, programSettings, wholeNumber } from '@allim/platform';
import { storeSettings } from '@allim/store';
import { z } from 'zod';
import { channelTargets } from './overview/channel-targets.js';
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
    REPLAY_TOPICS: commaList()
      .refine(
        (patterns) => patterns.every(isTopicPattern),
        'expected names of topics, in which * stands for any text, separated by commas',
      )
      .default(['*'])
      .describe(
        'Topics whose records may be replayed, of those that our consumer knows: names in which * stands for any text, separated by commas.',
      ),
    REPLAY_CONSUMER_GROUP: z
      .string()
      .default('notification-group')
      .describe('KAFKA_GROUP_ID of the consumer, which reads replays.'),
    WATCHED_GROUPS: commaList()
      .default(laneGroups(sentChannels))
      .describe(
        'Consumer groups whose lag the overview shows beside that of the index and the consumer, separated by commas.',
      ),
    CHANNEL_METRICS: channelTargets()
      .default([])
      .describe(
        'Metrics of the apps that send, for the overview: channel=http://host:port/metrics, separated by commas; a channel stands there once for each of its apps.',
      ),
    CHANNEL_SAMPLE_MS: wholeNumber({ min: 100, max: 60_000 })
      .default(10_000)
      .describe('Milliseconds between looks at CHANNEL_METRICS.'),
    ...accessSettings,
    REQUESTS_PER_SECOND: wholeNumber({ min: 1 })
      .default(50)
      .describe('Requests of one operator per second and node, in the long run.'),
    REQUEST_BURST: wholeNumber({ min: 1 }).default(200).describe('The same at once.'),
    OIDC_AUTHORITY: address('https', 'http')
      .optional()
      .describe(
        'Issuer at which operators sign in to the console (OpenID Connect); not set: they paste an access token.',
      ),
    OIDC_CLIENT_ID: z
      .string()
      .optional()
      .describe('What the issuer calls the console: a public client, its redirect is /signed-in. With OIDC_AUTHORITY.'),
    OIDC_ORIGINS: commaList()
      .refine(
        (origins) => origins.every(isOrigin),
        'expected origins (https://host or https://host:port), separated by commas',
      )
      .default([])
      .describe(
        'Further origins of the issuer that the console may call, separated by commas: where its token endpoint, say, is not on the host of OIDC_AUTHORITY.',
      ),
    OIDC_SCOPE: z
      .string()
      .default('openid ops:read ops:payload ops:replay')
      .describe('Scopes the console asks the issuer for, separated by blanks.'),
  })
  .refine(...oneKeySource)
  .refine((given) => (given.OIDC_AUTHORITY === undefined) === (given.OIDC_CLIENT_ID === undefined), {
    path: ['OIDC_CLIENT_ID'],
    error: 'expected both of OIDC_AUTHORITY and OIDC_CLIENT_ID, or neither',
    when: () => true, // also while other settings are wrong, so that all are named at once
  });

export type Settings = z.infer<typeof settings>;

/** Nothing else may come into the page's policy. */
function isOrigin(text: string): boolean {
  return /^https?:/.test(text) && URL.canParse(text) && new URL(text).origin === text;
}
