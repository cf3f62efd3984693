import { address } from '@allim/platform';
import { z } from 'zod';

/** Settings of every program that callers sign in to. */
export const accessSettings = {
  AUTH_JWKS_URL: address('https', 'http')
    .optional()
    .describe('Where the issuer publishes its keys (RS256, ES256). Either this or AUTH_JWT_SECRET.'),
  AUTH_JWT_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'expected at least 32 bytes')
    .optional()
    .describe('Secret of HS256 tokens, at least 32 bytes. Either this or AUTH_JWKS_URL.'),
  AUTH_ISSUER: z.string().optional().describe('Tokens must carry this "iss"; not set: not checked.'),
  AUTH_AUDIENCE: z.string().optional().describe('Tokens must carry this "aud"; not set: not checked.'),
  AUTH_GATEWAY_SECRET: z
    .string()
    .refine((secret) => Buffer.byteLength(secret) >= 32, 'expected at least 32 bytes')
    .optional()
    .describe('A gateway that sends it as X-Gateway-Secret may name the user in X-User-Id; not set: nobody may.'),
};

export type AccessSettings = Partial<z.infer<z.ZodObject<typeof accessSettings>>>;

/** What `accessSettings` must be together: `.refine(...oneKeySource)`. */
export const oneKeySource = [
  (given: AccessSettings): boolean => (given.AUTH_JWKS_URL === undefined) !== (given.AUTH_JWT_SECRET === undefined),
  {
    path: ['AUTH_JWT_SECRET'],
    error: 'expected exactly one of AUTH_JWKS_URL and AUTH_JWT_SECRET',
    when: () => true, // also while other settings are wrong, so that all are named at once
  },
] satisfies Parameters<z.ZodObject<typeof accessSettings>['refine']>;
