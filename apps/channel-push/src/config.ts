import { channelSettings, failPointInTestsOnly } from '@allim/channel';
import { address } from '@allim/platform';
import { z } from 'zod';
import { parseServiceAccount } from './providers/service-account.js';

/** The push channel's settings. */
export const settings = z
  .object({
    ...channelSettings(8089),
    FCM_SERVICE_ACCOUNT: z
      .string()
      .transform((json, context) => {
        try {
          return parseServiceAccount(json);
        } catch (error) {
          context.addIssue({ code: 'custom', message: (error as Error).message });
          return z.NEVER;
        }
      })
      .optional()
      .describe("Firebase's service account: the JSON of its key file. A secret. Or GOOGLE_APPLICATION_CREDENTIALS."),
    GOOGLE_APPLICATION_CREDENTIALS: z
      .string()
      .optional()
      .describe("Firebase's service account: the path of its key file. Or FCM_SERVICE_ACCOUNT."),
    FCM_ENDPOINT: address('http')
      .refine((text) => {
        const url = URL.parse(text); // what is none has been told already
        return url === null || `${url.pathname}${url.search}${url.hash}${url.username}` === '/';
      }, 'expected nothing after the port')
      .optional()
      .describe(
        'A server that speaks FCM v1, as http://host:port, for everything instead of Google. Not for real people.',
      ),
  })
  .refine(...failPointInTestsOnly)
  .refine((given) => given.FCM_SERVICE_ACCOUNT === undefined || given.GOOGLE_APPLICATION_CREDENTIALS === undefined, {
    path: ['GOOGLE_APPLICATION_CREDENTIALS'],
    error: 'expected not to be set together with FCM_SERVICE_ACCOUNT',
    when: () => true, // also while other settings are wrong, so that all are named at once
  })
  .refine(
    (given) =>
      given.FCM_SERVICE_ACCOUNT !== undefined ||
      given.GOOGLE_APPLICATION_CREDENTIALS !== undefined ||
      (given.FCM_ENDPOINT !== undefined && given.NODE_ENV !== 'production'),
    {
      path: ['GOOGLE_APPLICATION_CREDENTIALS'],
      when: ({ issues }) => issues.every(({ path }) => path?.[0] !== 'FCM_SERVICE_ACCOUNT'), // given, but wrong
    },
  );

export type Settings = z.infer<typeof settings>;
