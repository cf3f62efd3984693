import { z } from 'zod';
import { address, wholeNumber } from './settings.js';

/** Settings that every program has; an app spreads them into its own `config.ts`. */
export const programSettings = {
  NODE_ENV: z
    .enum(['production', 'development', 'test'], 'expected production, development or test')
    .default('production')
    .describe('Development allows what production refuses: sample users, any origin.'),
  LOG_LEVEL: z
    .enum(['trace', 'debug', 'info', 'warn', 'error'], 'expected trace, debug, info, warn or error')
    .default('info')
    .describe('The least level that is logged.'),
  SHUTDOWN_DEADLINE_MS: wholeNumber({ min: 1000 })
    .default(12_000)
    .describe('Milliseconds from SIGTERM to the end of the process, whatever is still under way then.'),
};

/** Settings of every program that talks to Redis. */
export const redisSettings = {
  REDIS_URL: address('redis', 'rediss').describe('Redis, as redis://[user:password@]host:port.'),
  REDIS_KEY_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9:_-]+$/, 'expected letters, digits, ":", "_" or "-"')
    .default('allim:')
    .describe('Before every key and channel in Redis; the same for all programs of one deployment, and for no other.'),
};
