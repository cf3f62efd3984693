import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { subscribedTopics } from '@allim/catalogue';
import { type Channel, hintChannel, readHint } from '@allim/contracts';
import { freePort, kafkaClient, type Stack, startStack, workspace } from '@allim/stack';
import { migrate } from '@allim/store/migrate';
import { Redis } from 'ioredis';
import { type Admin, type Producer } from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { CuttingProxy } from './cutting-proxy.js';
import { History } from './history.js';
import { readLetters } from './letters.js';
import { type Poison } from './poisons.js';
import { Program } from './program.js';
import { type Providers } from './providers.js';
import { Random } from './random.js';
import { until } from './until.js';
import { type Send, type Size, workload } from './workload.js';

const group = 'notification-group';
const channelPrograms: Partial<Record<Channel, string>> = {
  email: 'apps/channel-email/dist/main.js',
  push: 'apps/channel-push/dist/main.js',
  sms: 'tools/torture/dist/programs/parked-channel.js',
};
/** Short, so that what a dead worker held is not waited for. Three times the time between two renewals. */
const leaseMs = 3_000;
const sendAgainMs = 200;

/** A private stack, our apps on it, and the history of what happens there. */
export class Arena {
  readonly consumers: Program[] = [];
  readonly apis: Program[] = [];
  readonly ops: Program[] = [];
  /** Of all channels. */
  readonly workers: Program[] = [];
  readonly secret = randomBytes(32).toString('hex');
  readonly admin: Admin;
  private readonly producer: Producer;
  private readonly acknowledged = new Set<string>();
  private readonly closing: (() => unknown)[] = [];

  private constructor(
    readonly stack: Stack,
    readonly history: History,
    readonly random: Random,
    /** All that talk to Kafka go through it, where the test wants it. */
    readonly kafkaProxy: CuttingProxy | undefined,
  ) {
    const kafka = kafkaClient(stack.kafkaBrokers);
    this.admin = kafka.admin();
    this.producer = kafka.producer({ allowAutoTopicCreation: false });
  }

  static async open(
    name: string,
    seed: number,
    { log, withKafkaProxy = false }: { log: (line: string) => void; withKafkaProxy?: boolean },
  ): Promise<Arena> {
    const port = await freePort();
    const proxy = withKafkaProxy ? await CuttingProxy.open(() => port) : undefined;
    const stack = await startStack({
      log,
      ports: { kafka: port },
      // Whoever asks the broker where it is, is sent to the proxy.
      kafkaProperties: proxy ? { 'advertised.listeners': `PLAINTEXT://127.0.0.1:${proxy.port}` } : {},
    });
    const history = new History(join(workspace, '.stack/torture', `${name}-${seed}`));
    const arena = new Arena(stack, history, new Random(seed).branch(name), proxy);
    try {
      await Promise.all([arena.admin.connect(), arena.producer.connect(), migrate(stack.databaseUrl)]);
      return arena;
    } catch (error) {
      await arena.close();
      throw error;
    }
  }

  /** Called in reverse order when the arena closes. */
  onClose(close: () => unknown): void {
    this.closing.push(close);
  }

  async close(): Promise<void> {
    for (const close of this.closing.reverse()) await close();
    const programs = [...this.consumers, ...this.apis, ...this.ops, ...this.workers];
    await Promise.all(programs.map((program) => program.close()));
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()]).catch(() => {});
    this.kafkaProxy?.close();
    await this.stack.stop();
    await this.history.close();
  }

  async startConsumers(count: number, settings: (index: number) => NodeJS.ProcessEnv = () => ({})): Promise<void> {
    for (let index = 0; index < count; index++) {
      const environment = () => ({ ...this.servers(), KAFKA_GROUP_ID: group, ...settings(index) });
      this.consumers.push(
        await Program.start('apps/consumer/dist/main.js', `consumer-${index + 1}`, environment, this.history),
      );
    }
    await Promise.all(this.consumers.map((one) => one.ready()));
  }

  async startApis(count: number, settings: NodeJS.ProcessEnv = {}): Promise<void> {
    for (let index = 0; index < count; index++) {
      const environment = () => ({ ...this.servers(), AUTH_JWT_SECRET: this.secret, ...settings });
      this.apis.push(await Program.start('apps/api/dist/main.js', `api-${index + 1}`, environment, this.history));
    }
    await Promise.all(this.apis.map((one) => one.ready()));
  }

  async startOps(count: number, settings: NodeJS.ProcessEnv = {}): Promise<void> {
    for (let index = 0; index < count; index++) {
      const environment = () => ({ ...this.servers(), AUTH_JWT_SECRET: this.secret, ...settings });
      this.ops.push(await Program.start('apps/ops/dist/main.js', `ops-${index + 1}`, environment, this.history));
    }
    await Promise.all(this.ops.map((one) => one.ready()));
  }

  /** Workers of a channel, called by its name: `email-1`. Ready when they take commands. */
  async startChannel(
    channel: Channel,
    count: number,
    providers: Providers,
    settings: (index: number) => NodeJS.ProcessEnv = () => ({}),
  ): Promise<void> {
    const main = channelPrograms[channel];
    if (!main) throw new Error(`no program sends ${channel}`);
    const started: Program[] = [];
    for (let index = 0; index < count; index++) {
      const own = { ...this.servers(), ...providers.settings(channel), DELIVERY_LEASE_MS: String(leaseMs) };
      const environment = () => ({ ...own, ...settings(index) });
      started.push(await Program.start(main, `${channel}-${index + 1}`, environment, this.history));
    }
    this.workers.push(...started);
    await Promise.all(started.map((one) => one.ready()));
  }

  private servers(): NodeJS.ProcessEnv {
    const { kafkaBrokers, databaseUrl, redisUrl } = this.stack;
    return { KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
  }

  /** Produces everything in its order; each batch until it is acknowledged, however often that takes. */
  async feed(sends: readonly Send[], { perSecond, batch = 25 }: { perSecond: number; batch?: number }): Promise<void> {
    const began = Date.now();
    for (let start = 0; start < sends.length; start += batch) {
      const slice = sends.slice(start, start + batch);
      for (const { event, user, topic } of slice) this.history.add({ kind: 'sent', event, user, stream: topic });
      await this.send(Map.groupBy(slice, (one) => one.topic));
      for (const { event } of slice) {
        this.acknowledged.add(event);
        this.history.add({ kind: 'acknowledged', event });
      }
      const ahead = (1000 * (start + batch)) / perSecond - (Date.now() - began);
      if (ahead > 0) await pause(ahead);
    }
  }

  /** Feeds the workload of this size, and more of its kind for as long as the faults go on. */
  async feedDuring(
    size: Size,
    pace: { perSecond: number; batch?: number },
    faults: () => Promise<void>,
  ): Promise<void> {
    let over = false;
    const feeding = (async () => {
      await this.feed(workload(this.random, size), pace);
      for (let first = size.events; !over; first += pace.perSecond) {
        await this.feed(workload(this.random, { ...size, events: pace.perSecond, first }), pace);
      }
    })();
    try {
      await faults();
    } finally {
      over = true;
      await feeding;
    }
  }

  private async send(byTopic: Map<string, Send[]>): Promise<void> {
    const topicMessages = [...byTopic].map(([topic, sends]) => ({
      topic,
      messages: sends.map(({ user, value }) => ({ key: user, value })),
    }));
    for (;;) {
      try {
        await this.producer.sendBatch({ topicMessages, acks: -1 });
        return;
      } catch {
        await pause(sendAgainMs);
      }
    }
  }

  /** Produces a record that nobody can process. `again`: a crash may have it buried twice. */
  async poison({ name, topic, key, value, headers }: Poison, { again = false } = {}): Promise<void> {
    const [place] = await this.producer.send({ topic, messages: [{ key, value, headers }], acks: -1 });
    this.history.add({
      kind: 'poisoned',
      place: `${topic}/${place?.partition}/${place?.baseOffset}`,
      poison: name,
      again,
    });
  }

  fault(fault: string, target: string, during: number): void {
    this.history.add({ kind: 'fault', fault, target, during });
  }

  /** Events that are acknowledged and have no row yet. */
  async unsaved(): Promise<number> {
    return this.acknowledged.size - (await this.savedRows());
  }

  /** Waits for a moment of work, briefly; answers the events that are unsaved then. */
  async duringWork(): Promise<number> {
    let unsaved = 0;
    const look = async () => {
      unsaved = await this.unsaved();
      return unsaved > 0;
    };
    await until(look, { withinMs: 2_000, everyMs: 1 });
    return unsaved;
  }

  async savedRows(): Promise<number> {
    const [row] = await this.sql<{ saved: number }>('SELECT COUNT(*) AS saved FROM notification');
    return Number(row?.saved);
  }

  /** After how many milliseconds there are more rows than `before`; null when not within the time. */
  savesAgain(before: number, withinMs: number): Promise<number | null> {
    return until(async () => (await this.savedRows()) > before, { withinMs });
  }

  async sql<Row>(statement: string): Promise<Row[]> {
    const connection = await createConnection({ uri: this.stack.databaseUrl, connectTimeout: 1_000 });
    try {
      const [rows] = await connection.query(statement);
      return rows as Row[];
    } finally {
      connection.destroy();
    }
  }

  /** Records behind in the consumer group, of all topics that have any. */
  async lag(): Promise<number> {
    let lag = 0n;
    for (const { topic, partitions } of await this.admin.fetchOffsets({
      groupId: group,
      topics: [...subscribedTopics],
    })) {
      const ends = new Map((await this.admin.fetchTopicOffsets(topic)).map((one) => [one.partition, one]));
      for (const { partition, offset } of partitions) {
        const end = ends.get(partition);
        if (end) lag += BigInt(end.high) - BigInt(offset === '-1' ? end.low : offset);
      }
    }
    return Number(lag);
  }

  /** Waits until everything acknowledged is consumed and committed; the history says when, or that it never was. */
  async drain(limitMs: number): Promise<number | null> {
    const ms = await until(async () => (await this.unsaved()) <= 0 && (await this.lag()) === 0, {
      withinMs: limitMs,
      everyMs: 200,
    });
    this.history.add({ kind: 'recovered', what: 'everything consumed, lag 0', ms, limitMs });
    return ms;
  }

  /** Listens to what the consumers tell the api nodes. */
  async listenToHints(): Promise<void> {
    const redis = new Redis(this.stack.redisUrl);
    redis.on('error', () => {}); // what is lost meanwhile is what the test is about
    const { history } = this;
    redis.on('message', (_channel, text) =>
      readHint(text, {
        wantsUser: () => true,
        wantsTopic: () => false,
        notification: ({ notification: { userId, id } }) => history.add({ kind: 'hinted', user: userId, id }),
        position: ({ userId, lastId }) => history.add({ kind: 'positioned', user: userId, lastId }),
        announcement: () => {},
      }),
    );
    await redis.subscribe(`allim:${hintChannel}`);
    this.onClose(() => redis.disconnect());
  }

  /** Puts rows and dead letters, as they are now, into the history. */
  async takeStock(): Promise<void> {
    const rows = await this.sql<{ user: string; id: number; event: string }>(
      'SELECT CONVERT(user_id USING utf8mb4) AS user, id, reference_id AS event FROM notification ORDER BY user_id, id',
    );
    for (const { user, id, event } of rows) this.history.add({ kind: 'row', user, id, event });
    for (const letter of await readLetters(this.stack.kafkaBrokers, this.admin))
      this.history.add({ kind: 'letter', ...letter });
  }

  /** A counter's sum over all consumers. */
  counted(metric: string, labels?: Record<string, string>): number {
    return this.consumers.reduce((sum, one) => sum + one.total(metric, labels), 0);
  }

  redelivered(): number {
    return this.counted('allim_consumer_events_total', { outcome: 'redelivered' });
  }

  /** Exits that nobody asked for. */
  surprises(): number {
    return this.history.count('exit', ({ asked }) => !asked);
  }
}
