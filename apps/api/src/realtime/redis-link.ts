import { type Logger } from '@allim/platform';
import { Redis } from 'ioredis';
import { type ApiMetrics } from '../metrics.js';

/** `channel` is the one the message came on; for a pattern, the concrete one. */
export type MessageListener = (channel: string, message: Buffer) => unknown;

/** A connection that leaves a ping unanswered for as long is cut and made anew. */
const pingEveryMs = 3_000;

/**
 * Our two connections to Redis. While it is away nothing waits in memory: publishing fails at once and is counted,
 * commands reject at once, and everything subscribed is subscribed again when it is back.
 */
export class RedisLink {
  /** For commands. Rejects at once while Redis is away. */
  readonly commands: Redis;
  private readonly subscriber: Redis;
  private readonly channels = new Map<string, MessageListener>();
  private readonly patterns = new Map<string, MessageListener>();
  private readonly backListeners: (() => void)[] = [];
  private readonly pings: NodeJS.Timeout;
  private readonly unanswered = new Set<Redis>();

  constructor(
    url: string,
    private readonly metrics: Pick<ApiMetrics, 'publishFailures' | 'badMessages'>,
    private readonly logger: Logger,
  ) {
    const options = {
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      connectTimeout: 3_000,
      disconnectTimeout: 500,
      retryStrategy: (attempt: number) => Math.min(50 * attempt, 1_000),
    };
    this.commands = new Redis(url, options);
    // ioredis would subscribe again only to what had once succeeded; we also start while Redis is away.
    this.subscriber = new Redis(url, { ...options, autoResubscribe: false });
    for (const [role, client] of Object.entries({ commands: this.commands, subscriber: this.subscriber })) {
      client.on('error', (error: Error) => logger.debug({ err: error, role }, 'redis'));
      client.on('close', () => logger.warn({ role }, 'redis is away'));
    }
    this.subscriber.on('ready', () => void this.subscribeToAll());
    this.subscriber.on('messageBuffer', (channel: Buffer, message: Buffer) =>
      this.hand(this.channels.get(channel.toString()), channel, message),
    );
    this.subscriber.on('pmessageBuffer', (pattern: string | Buffer, channel: Buffer, message: Buffer) =>
      this.hand(this.patterns.get(pattern.toString()), channel, message),
    );
    // A connection cut without a word (a firewall, a stopped process) shows only when something is sent on it.
    this.pings = setInterval(() => {
      for (const client of [this.commands, this.subscriber]) this.ping(client);
    }, pingEveryMs).unref();
  }

  /** Never throws and never waits: what is lost here is made good by catch-up. */
  publish(channel: string, message: string | Buffer): void {
    this.commands.publish(channel, message).catch((error: Error) => {
      this.metrics.publishFailures.inc();
      this.logger.debug({ err: error }, 'not published');
    });
  }

  /** One listener per channel. Whatever it throws is counted: one bad message must not end the program. */
  subscribe(channel: string, listener: MessageListener): void {
    this.channels.set(channel, listener);
    if (this.subscriber.status === 'ready') this.settle(this.subscriber.subscribe(channel));
  }

  /** The same for a glob-style pattern. */
  psubscribe(pattern: string, listener: MessageListener): void {
    this.patterns.set(pattern, listener);
    if (this.subscriber.status === 'ready') this.settle(this.subscriber.psubscribe(pattern));
  }

  /** Called each time all subscriptions stand (again): what was said before then is lost to us. */
  onBack(listener: () => void): void {
    this.backListeners.push(listener);
  }

  /** Rejects with the reason while Redis is away. */
  async check(): Promise<void> {
    await this.commands.ping();
    if (this.subscriber.status !== 'ready') throw new Error(`the subscriber is ${this.subscriber.status}`);
  }

  close(): void {
    clearInterval(this.pings);
    this.commands.disconnect();
    this.subscriber.disconnect();
  }

  private async subscribeToAll(): Promise<void> {
    try {
      if (this.channels.size > 0) await this.subscriber.subscribe(...this.channels.keys());
      if (this.patterns.size > 0) await this.subscriber.psubscribe(...this.patterns.keys());
    } catch (error) {
      this.logger.warn({ err: error }, 'not subscribed');
      this.subscriber.disconnect(true); // else we would stay connected and deaf
      return;
    }
    for (const listener of this.backListeners) listener();
  }

  private ping(client: Redis): void {
    if (client.status !== 'ready') return;
    if (this.unanswered.delete(client)) {
      client.stream.destroy(new Error('no answer to a ping')); // `disconnect()` would wait for the other side
      return;
    }
    this.unanswered.add(client);
    const answered = () => this.unanswered.delete(client);
    client.ping().then(answered, answered);
  }

  private settle(subscribed: Promise<unknown>): void {
    subscribed.catch(() => this.subscriber.disconnect(true));
  }

  private async hand(listener: MessageListener | undefined, channel: Buffer, message: Buffer): Promise<void> {
    try {
      await listener?.(channel.toString(), message);
    } catch (error) {
      this.metrics.badMessages.inc();
      this.logger.warn({ err: error, channel: channel.toString() }, 'a message that cannot be read');
    }
  }
}
