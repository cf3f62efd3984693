import { setTimeout as sleep } from 'node:timers/promises';
import { type Admin } from 'kafkajs';
import { KafkaBatchReader } from './batch-reader.js';
import { type KafkaBatchServerOptions } from './batch-server.js';
import { type KafkaRecord } from './record.js';
import { type BatchHandler } from './verdict.js';

/** What is being joined when we stop may take so long. */
const joinGraceMs = 5_000;
/** Without a look at the topics for so long, it is dead. */
const liveWithinMs = 60_000;

export interface FoundTopicsOptions extends Omit<KafkaBatchServerOptions, 'topics' | 'buries' | 'replays'> {
  /** Whether a topic is to be read, by its name. Kafka's internal ones are left out. */
  matching: (topic: string) => boolean;
  /** How often they are looked for, in milliseconds. */
  everyMs: number;
}

/**
 * Reads topics that are told by their name: those that are there, and those that come. For each set of them there is one
 * batch server: it ends what it has at hand, commits and leaves the group before the next one joins, so nothing is handled
 * twice. No topic is created, nothing is published.
 */
export class FoundTopics {
  private readonly admin: Admin;
  private readonly stopping = new AbortController();
  private readonly stopped = new Promise<void>((resolve) => {
    this.stopping.signal.addEventListener('abort', () => resolve(), { once: true });
  });
  private topics: readonly string[] = [];
  private reader?: KafkaBatchReader;
  private running?: Promise<void>;
  private lastLook = Date.now();

  constructor(
    private readonly options: FoundTopicsOptions,
    private readonly handle: BatchHandler<KafkaRecord>,
  ) {
    this.admin = options.kafka.admin();
  }

  /** Begins; waits for the brokers in the background, as long as it takes. */
  start(): void {
    this.running = this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.look();
      } catch (error) {
        if (!signal.aborted)
          this.options.logger.warn({ reason: (error as Error).message }, 'topics cannot be looked for now');
      }
      this.lastLook = Date.now(); // waiting for Kafka is what we are here for
      await sleep(this.options.everyMs, undefined, { signal }).catch(() => {});
    }
  }

  private async look(): Promise<void> {
    const { matching, everyMs: _, ...options } = this.options;
    await this.admin.connect();
    const names = await this.admin.listTopics();
    const topics = names.filter((topic) => !topic.startsWith('__') && matching(topic)).sort();
    if (topics.join() === this.topics.join()) return;
    await this.leave();
    this.stopping.signal.throwIfAborted();
    options.logger.info({ topics }, 'topics found');
    if (topics.length > 0) await this.join(new KafkaBatchReader({ ...options, topics, buries: false }, this.handle));
    this.topics = topics;
  }

  /** Rejects where a broker does not know a new topic yet, for one: then the next look begins anew. */
  private async join(reader: KafkaBatchReader): Promise<void> {
    this.reader = reader;
    const joined = reader.join();
    joined.catch(() => {}); // told by the race, or nobody waits for it any more
    // Awaited, for kafkajs cannot leave a group that it is still joining: it would go on joining, and nobody could stop it.
    await Promise.race([joined, this.stopped.then(() => sleep(joinGraceMs, undefined, { ref: false }))]);
  }

  private async leave(): Promise<void> {
    const { reader } = this;
    this.reader = undefined;
    this.topics = [];
    await reader?.close();
  }

  /** For `/health/live`: why it is dead, or nothing. While a group is joined, it is the reader that waits. */
  live(): string | undefined {
    if (this.reader) return this.reader.live();
    const idleMs = Date.now() - this.lastLook;
    return idleMs > liveWithinMs + this.options.everyMs
      ? `no look for topics for ${Math.round(idleMs / 1000)} s`
      : undefined;
  }

  /** Lets what is under way end, commits and leaves the group. */
  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
    await this.leave();
    await this.admin.disconnect();
  }
}
