import { setTimeout as sleep } from 'node:timers/promises';
import { encodeHint, type Hint, hintChannel } from '@allim/contracts';
import { type Logger } from '@allim/platform';
import { Redis } from 'ioredis';
import { Counter, type Registry } from 'prom-client';

/** Bytes of hints under way, at most; more means that Redis hangs, and a hint may be lost. */
const pendingLimit = 16_777_216;
/** A Redis that says nothing for so long is left. */
const silenceMs = 5_000;
const quitMs = 1_000;

/** Tells the api nodes what a transaction has made. Never rejects, never holds anybody up: MySQL is the truth. */
export class Hints {
  private readonly redis: Redis;
  private readonly channel: string;
  private readonly published: Counter;
  private pending = 0;
  private reachable = true;

  constructor(
    options: { url: string; keyPrefix: string },
    private readonly logger: Logger,
    registry: Registry,
  ) {
    this.channel = `${options.keyPrefix}${hintChannel}`;
    this.published = new Counter({
      name: 'allim_consumer_hints_total',
      help: 'Hints by what became of them.',
      labelNames: ['result'],
      registers: [registry],
    });
    this.redis = new Redis(options.url, {
      // Without a connection a hint is lost at once instead of being kept: memory stays flat.
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 3_000,
      socketTimeout: silenceMs,
      retryStrategy: (attempt) => Math.min(attempt * 100, 1_000),
    });
    this.redis.on('error', (error) => this.lost(error));
    this.redis.on('ready', () => {
      if (!this.reachable) this.logger.info('Redis is back');
      this.reachable = true;
    });
  }

  publish(hint: Hint): void {
    const text = encodeHint(hint);
    if (text === '') return;
    const size = Buffer.byteLength(text);
    if (this.pending + size > pendingLimit) {
      this.published.inc({ result: 'lost' });
      return;
    }
    this.pending += size;
    this.redis
      .publish(this.channel, text)
      .then(() => this.published.inc({ result: 'published' }))
      .catch((error: unknown) => {
        this.published.inc({ result: 'lost' });
        this.lost(error);
      })
      .finally(() => {
        this.pending -= size;
      });
  }

  private lost(error: unknown): void {
    if (this.reachable)
      this.logger.warn({ err: error }, 'Redis is away: clients hear of new notifications by catch-up');
    this.reachable = false;
  }

  async close(): Promise<void> {
    await Promise.race([this.redis.quit().catch(() => {}), sleep(quitMs, undefined, { ref: false })]);
    this.redis.disconnect();
  }
}
