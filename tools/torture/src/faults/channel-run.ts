import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Channel,
  commandTopic,
  contactDetails,
  type DeliveryState,
  type Priority,
  undeliverableTopic,
} from '@allim/contracts';
import { kafkaClient } from '@allim/stack';
import {
  ContactStore,
  type Database,
  DeliveryStore,
  DeviceStore,
  Intake,
  openDatabase,
  tokenHash,
  uuidBytes,
  uuidText,
} from '@allim/store';
import { type Producer } from 'kafkajs';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Arena } from '../arena.js';
import { type Figure } from '../fault-test.js';
import { Program } from '../program.js';
import { until } from '../until.js';
import {
  attemptAnomalies,
  checkAttempts,
  type DeliveryCase,
  type EndedRow,
  type Facts,
  type LoggedAttempt,
  type Offer,
  type Outage,
  type OutcomeKind,
  type Taken,
  type Wait,
} from './attempt-checker.js';

/** A delivery to be planned, of a person of its own unless it has one. */
export interface Planned extends DeliveryCase {
  user: string;
  /** Of the device a push goes to. */
  token?: string;
}

const lookMs = 50;
/** Commands are published once more so long before they are due: a worker must refuse them. */
const hastyMs = 500;
const atOnce = 100;
const shownAnomalies = 5;
/** `conclude` of @allim/channel: the most a delivery waits after its first attempt, and by how much longer after each. */
const backoff = { firstMs: 10_000, factor: 4 };

/**
 * A channel's app as a child process, with a dispatcher in ours that is hasty: besides what is due it publishes the
 * commands of what is not. What is seen of each delivery is kept for the checker.
 */
export class ChannelRun {
  readonly offers: Offer[] = [];
  readonly taken: Taken[] = [];
  readonly devices: DeviceStore;
  private readonly cases: Planned[] = [];
  private readonly waits: Wait[] = [];
  private readonly outages: Outage[] = [];
  private readonly deliveries: DeliveryStore;
  private readonly began = Date.now();
  private takenBack = 0;
  private closing = false;
  private dispatching?: Promise<void>;

  private constructor(
    private readonly arena: Arena,
    private readonly channel: Channel,
    private readonly program: Program,
    private readonly database: Database,
    private readonly connection: Connection,
    private readonly producer: Producer,
  ) {
    this.deliveries = new DeliveryStore(database);
    this.devices = new DeviceStore(database);
  }

  static async open(arena: Arena, channel: 'email' | 'push', settings: NodeJS.ProcessEnv): Promise<ChannelRun> {
    const { kafkaBrokers, databaseUrl, redisUrl } = arena.stack;
    const environment = () => ({
      KAFKA_BROKERS: kafkaBrokers,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redisUrl,
      LOG_LEVEL: 'info',
      ...settings,
    });
    const program = await Program.start(
      `apps/channel-${channel}/dist/main.js`,
      `${channel}-1`,
      environment,
      arena.history,
    );
    arena.onClose(() => program.close());
    const database = await openDatabase({ url: databaseUrl, connections: 10 });
    arena.onClose(() => database.destroy());
    const connection = await createConnection({ uri: databaseUrl, timezone: 'Z' });
    arena.onClose(() => connection.end());
    const producer = kafkaClient(kafkaBrokers).producer({ allowAutoTopicCreation: false });
    await producer.connect();
    arena.onClose(() => producer.disconnect());
    const run = new ChannelRun(arena, channel, program, database, connection, producer);
    await program.ready();
    run.dispatching = run.dispatch();
    arena.onClose(() => run.stop());
    return run;
  }

  private async stop(): Promise<void> {
    this.closing = true;
    await this.dispatching;
  }

  /** Saves them, due at once, with the people and devices they go to; those of pushes only where `register` says so. */
  async plan(cases: readonly Planned[], { register = true } = {}): Promise<void> {
    this.cases.push(...cases);
    const contacts = new ContactStore(this.database);
    const intake = new Intake(this.database);
    for (let start = 0; start < cases.length; start += atOnce) {
      const some = cases.slice(start, start + atOnce);
      await Promise.all(
        some.map(async ({ user, token, delivery }) => {
          if (token === undefined) await contacts.put(user, contactDetails.parse({ email: `${delivery}@example.com` }));
          else if (register) await this.devices.put(user, token, { platform: 'android', appVersion: null });
        }),
      );
      const saved = await intake.save(some.map((one) => this.notification(one)));
      if (saved.some(({ kind }) => kind !== 'new')) throw new Error('a notification was not saved');
    }
  }

  private notification({ user, delivery, token }: Planned) {
    return {
      identity: randomBytes(16),
      userId: user,
      type: 'ORDER_CONFIRMED' as const,
      title: '주문이 확정되었습니다',
      message: '곧 배송을 시작합니다',
      link: '/shopping/orders/ORD-1',
      reference: null,
      params: '{}',
      origin: { topic: 'torture', partition: 0, offset: String(randomBytes(4).readUInt32BE()) },
      deliveries: [
        {
          id: uuidBytes(delivery),
          channel: this.channel,
          target: token === undefined ? Buffer.alloc(0) : tokenHash(token),
          priority: 'normal' as const,
          category: 'order',
          text: 'shopping.order.confirmed',
          language: 'ko' as const,
          state: 'queued' as const,
          reason: null,
          dueAt: new Date(),
        },
      ],
    };
  }

  async sql<Row>(statement: string, values: unknown[] = []): Promise<Row[]> {
    const [rows] = await this.connection.query(statement, values);
    return rows as Row[];
  }

  private async dispatch(): Promise<void> {
    const due = new Map<string, number>();
    while (!this.closing) {
      try {
        await this.deliveries.dispatch(500, (all) => this.publish(all));
        const { lost, retried, parked } = await this.deliveries.takeBack(500);
        this.takenBack += lost + retried + parked;
        await this.lookAtQueue(due);
      } catch {
        // The topics are not there yet: once more.
      }
      await pause(lookMs);
    }
  }

  /** What waits for another attempt, and since when it is known. */
  private async lookAtQueue(due: Map<string, number>): Promise<void> {
    const rows = await this.sql<{ id: Buffer; user_id: Buffer; priority: Priority; due_at: Date }>(
      "SELECT id, user_id, priority, due_at FROM delivery WHERE state = 'queued' AND updated_at > created_at",
    );
    const seenAt = Date.now();
    const hasty = [];
    for (const { id, user_id, priority, due_at } of rows) {
      const delivery = uuidText(id);
      const dueAt = due_at.getTime();
      const isNew = due.get(delivery) !== dueAt;
      if (isNew) this.waits.push({ delivery, seenAt, dueAt });
      due.set(delivery, dueAt);
      if (isNew || dueAt - seenAt < hastyMs) hasty.push({ id: delivery, userId: String(user_id), priority });
    }
    if (hasty.length > 0) await this.publish(hasty);
  }

  private async publish(due: readonly { id: string; priority: Priority; userId: string }[]): Promise<void> {
    const { channel } = this;
    const topicMessages = [...Map.groupBy(due, ({ priority }) => priority)].map(([priority, some]) => ({
      topic: commandTopic(channel, priority),
      messages: some.map(({ id, userId }) => ({ key: userId, value: JSON.stringify({ deliveryId: id, channel }) })),
    }));
    await this.producer.sendBatch({ topicMessages, acks: -1 });
  }

  /** Waits until each is where it should be, or where it will stay; the history says when, or that it never was. */
  async settle(what: string, limitMs: number, cases: readonly Planned[] = this.cases): Promise<void> {
    const settled = async () => {
      const rows = await this.sql<{ id: Buffer; state: DeliveryState; attempts: number }>(
        "SELECT id, state, attempts FROM delivery WHERE state IN ('queued', 'dispatched', 'sending')",
      );
      const open = new Map(rows.map(({ id, ...row }) => [uuidText(id), row]));
      return cases.every(({ delivery, state, outcomes }) => {
        const row = open.get(delivery);
        return row === undefined || (row.state === state && row.attempts >= outcomes.length);
      });
    };
    const ms = await until(settled, { withinMs: limitMs, everyMs: 100 });
    this.arena.history.add({ kind: 'recovered', what, ms, limitMs });
  }

  /** How often these came back to the queue. */
  cameBack(cases: readonly Planned[]): number {
    const ours = new Set(cases.map(({ delivery }) => delivery));
    return this.waits.filter(({ delivery }) => ours.has(delivery)).length;
  }

  /** The provider is down for everybody from `begin` to `end`, at least until so many have come back from it. */
  async outage(
    name: string,
    cases: readonly Planned[],
    options: { times: number; probeMs: number; limitMs: number; begin: () => unknown; end: () => unknown },
  ): Promise<void> {
    const { times, probeMs, limitMs } = options;
    const from = Date.now();
    await options.begin();
    await this.plan(cases);
    const ms = await until(() => this.cameBack(cases) >= times, { withinMs: limitMs });
    this.arena.history.add({ kind: 'recovered', what: `${name}: ${times} attempts came to nothing`, ms, limitMs });
    this.outages.push({ name, from, until: Date.now(), probeMs });
    await options.end();
    this.arena.fault(name, `${this.channel} provider`, this.cameBack(cases));
    await this.settle(`${name}: everything sent after it`, limitMs, cases);
  }

  /** Reads the end of it, and judges. Answers the figures of the checker and of the course of things. */
  async judge(options: { budgetMs: number }): Promise<Figure[]> {
    const { attempts, breaker } = this.readLog();
    const facts: Facts = {
      cases: this.cases,
      offers: this.offers,
      taken: this.taken,
      attempts,
      waits: this.waits,
      rows: await this.readRows(),
      outages: this.outages,
      breaker,
    };
    const anomalies = checkAttempts(facts);
    const { folder } = this.arena.history;
    await writeFile(join(folder, 'deliveries.json'), JSON.stringify({ anomalies, ...facts }, null, 1));
    for (const { name, what } of anomalies.slice(0, shownAnomalies)) console.error(`${name}: ${what}`);
    const undeliverable = facts.rows.filter(({ state }) => state === 'undeliverable').length;
    return [
      ...Object.entries(attemptAnomalies).map(([name, words]) => ({
        name: words,
        value: anomalies.filter((one) => one.name === name).length,
        atMost: 0,
      })),
      { name: 'dead letters', value: await this.letters(), atLeast: undeliverable, atMost: undeliverable },
      { name: 'leases that ran out', value: this.takenBack, atMost: 0 },
      { name: 'exits nobody asked for', value: this.arena.surprises(), atMost: 0 },
      {
        name: 'longest send',
        value: Math.max(...attempts.map(({ from, until }) => until - from)) / 1000,
        unit: 's',
        // A provider has another second to let go.
        atMost: (options.budgetMs + 1_000) / 1000,
      },
      ...this.backoffFigures(attempts),
    ];
  }

  private readLog(): { attempts: LoggedAttempt[]; breaker: Facts['breaker'] } {
    const attempts: LoggedAttempt[] = [];
    const breaker: { at: number; state: string }[] = [];
    const log = readFileSync(join(this.arena.history.folder, `${this.program.name}.log`), 'utf8');
    for (const text of log.split('\n')) {
      if (!text.startsWith('{')) continue;
      const line = JSON.parse(text) as Record<string, string> & { attempt: number; durationMs: number };
      const at = Date.parse(line.time ?? '');
      if (at < this.began) continue; // an earlier run's, of the same seed
      if (line.msg === 'breaker') breaker.push({ at, state: line.state ?? '' });
      if (line.msg !== 'attempt') continue;
      attempts.push({
        delivery: line.delivery ?? '',
        attempt: line.attempt,
        outcome: line.outcome as OutcomeKind,
        reason: line.reason ?? null,
        from: at - line.durationMs,
        until: at,
      });
    }
    return { attempts, breaker };
  }

  private async readRows(): Promise<EndedRow[]> {
    const rows = await this.sql<{ id: Buffer; state: DeliveryState; attempts: number }>(
      'SELECT id, state, attempts FROM delivery',
    );
    const tries = await this.sql<{ delivery_id: Buffer; attempt: number; outcome: string; provider: string | null }>(
      'SELECT delivery_id, attempt, outcome, provider FROM delivery_attempt ORDER BY delivery_id, attempt',
    );
    const byDelivery = Map.groupBy(tries, ({ delivery_id }) => uuidText(delivery_id));
    return rows.map(({ id, state, attempts }) => {
      const delivery = uuidText(id);
      const own = byDelivery.get(delivery) ?? [];
      return {
        delivery,
        state,
        attempts,
        tries: own.map(({ attempt, outcome, provider }) => ({ attempt, outcome, provider })),
      };
    });
  }

  private async letters(): Promise<number> {
    const ends = await this.arena.admin.fetchTopicOffsets(undeliverableTopic(this.channel));
    return ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }

  /** Full jitter: anything from nothing to the bound, so half of it on the average. Where a provider names a time, that counts. */
  private backoffFigures(attempts: readonly LoggedAttempt[]): Figure[] {
    const named = new Set(this.offers.filter(({ notBefore }) => notBefore !== null).map(({ delivery }) => delivery));
    const byDelivery = Map.groupBy(attempts, ({ delivery }) => delivery);
    const shares = this.waits.flatMap(({ delivery, seenAt, dueAt }) => {
      const last = byDelivery.get(delivery)?.findLast(({ until }) => until <= seenAt);
      if (!last || named.has(delivery) || last.outcome === 'infrastructure') return [];
      return [(dueAt - last.until) / (backoff.firstMs * backoff.factor ** (last.attempt - 1))];
    });
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    return [
      { name: 'waits after a failed attempt', value: shares.length },
      { name: 'mean of wait ÷ its bound', value: mean, atLeast: 0.2, atMost: 0.8 },
      { name: 'most of wait ÷ its bound', value: Math.max(...shares), atMost: 1.01 },
    ];
  }
}
