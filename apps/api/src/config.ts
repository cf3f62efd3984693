import { accessSettings, oneKeySource } from '@allim/http';
import { kafkaSettings } from '@allim/kafka';
import { commaList, programSettings, redisSettings, wholeNumber } from '@allim/platform';
import { storeSettings } from '@allim/store';
import { z } from 'zod';

/** This program's settings; docs/settings.md is printed from them. */
export const settings = z
  .object({
    ...programSettings,
    ...storeSettings,
    PORT: wholeNumber({ max: 65_535 })
      .default(8084)
      .describe('Port of HTTP and sockets; 0 lets the system choose one.'),
    ...redisSettings,
    ...kafkaSettings,

    ...accessSettings,
    AUTH_REVOCATION_KEPT_S: wholeNumber({ min: 60 })
      .default(7 * 24 * 3600)
      .describe('Seconds a revocation is remembered; at least the longest life of a token.'),

    UNSUBSCRIBE_SECRET: commaList()
      .refine(
        (secrets) => secrets.every((secret) => secret.length >= 32),
        'expected at least 32 characters each, separated by commas',
      )
      .default([])
      .describe(
        'Secrets, separated by commas, by which the links in mails that stop promotions may be signed; the same as for channel-email. Not set: no such link works.',
      ),

    WEBSOCKET_ALLOWED_ORIGINS: commaList()
      // What a browser never sends would be a setting without effect.
      .refine(
        (origins) => origins.every((origin) => origin === '*' || /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]+$/.test(origin)),
        'expected origins like https://host[:port], without a slash at the end',
      )
      .default([])
      .describe(
        'Origins (https://host[:port]) whose pages may connect and call, separated by commas; "*" allows all, not in production. Our own page and programs that send no Origin always may.',
      ),
    SOCKETS_PER_USER: wholeNumber({ min: 1 })
      .default(20)
      .describe('Sockets of one user per node; one more is refused.'),
    SEND_QUEUE_PACKETS: wholeNumber({ min: 200 })
      .default(1000)
      .describe('Packets waiting for one socket; a slower client is disconnected and catches up when it is back.'),
    SEND_QUEUE_BYTES: wholeNumber({ min: 65_536 }).default(1_048_576).describe('The same in bytes.'),
    CATCH_UP_LIMIT: wholeNumber({ min: 1, max: 10_000 })
      .default(500)
      .describe('The largest gap in ids that is sent again on the socket; a larger one is to be fetched by REST.'),
    CATCH_UP_SWEEP_MS: wholeNumber({ min: 100 })
      .default(15_000)
      .describe('Milliseconds between looks for notifications whose hint was lost.'),
    REQUESTS_PER_SECOND: wholeNumber({ min: 1 })
      .default(50)
      .describe('Requests and socket messages of one user per second and node, in the long run.'),
    REQUEST_BURST: wholeNumber({ min: 1 }).default(200).describe('The same at once.'),
  })
  // `when`: also while other settings are wrong, so that all are named at once.
  .refine(...oneKeySource)
  .refine((given) => given.NODE_ENV !== 'production' || !given.WEBSOCKET_ALLOWED_ORIGINS?.includes('*'), {
    path: ['WEBSOCKET_ALLOWED_ORIGINS'],
    error: 'expected a list of origins: "*" is refused in production',
    when: () => true,
  });

export type Settings = z.infer<typeof settings>;
