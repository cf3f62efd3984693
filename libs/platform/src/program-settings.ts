import { z } from 'zod';
import { wholeNumber } from './settings.js';

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
