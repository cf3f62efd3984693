import { type Logger } from '@allim/platform';
import { Redis } from 'ioredis';

/**
 * A connection for the rate limit. While Redis is away every command fails at once, and one that hangs soon: the limiter
 * knows what to do then. `quit` and `disconnect` are the caller's.
 */
export function openRedis(url: string, logger: Logger): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: 2_000,
    commandTimeout: 1_000,
    // All workers must be back within the time that a limiter takes to settle.
    retryStrategy: (attempt) => Math.min(attempt * 100, 500),
  });
  redis.on('error', (error) => logger.debug({ err: error }, 'Redis'));
  return redis;
}
