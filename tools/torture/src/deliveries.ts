import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  type Channel,
  contactDetails,
  type DeliveryState,
  type Priority,
  priorities,
  undeliverableTopic,
} from '@allim/contracts';
import {
  ContactStore,
  type Database,
  DeviceStore,
  Intake,
  type NewDelivery,
  type NewNotification,
  openDatabase,
  tokenHash,
  uuidBytes,
  uuidText,
} from '@allim/store';
import { type Arena } from './arena.js';
import { titleOf } from './providers.js';
import { type Random } from './random.js';
import { until } from './until.js';

const people = 50;
const atOnce = 20;
/** More would wait for each other's inboxes only. */
const writers = 2;
/** Of workers that die all the time more would only wait. */
const mostOpen = 600;
const underWay: readonly DeliveryState[] = ['queued', 'dispatched', 'sending'];

/** People whom every channel reaches, and the deliveries planned for them. */
export class Deliveries {
  private readonly random: Random;
  private readonly intake: Intake;
  private planned = 0;

  private constructor(
    private readonly arena: Arena,
    database: Database,
    /** Of each notification, one on each. */
    private readonly channels: readonly Channel[],
  ) {
    this.random = arena.random.branch('deliveries');
    this.intake = new Intake(database);
  }

  static async open(arena: Arena, channels: readonly Channel[]): Promise<Deliveries> {
    const database = await openDatabase({ url: arena.stack.databaseUrl, connections: writers });
    arena.onClose(() => database.destroy());
    const contacts = new ContactStore(database);
    const devices = new DeviceStore(database);
    for (let person = 1; person <= people; person++) {
      const email = `${userOf(person)}@example.com`;
      await contacts.put(userOf(person), contactDetails.parse({ email, phone: '010-1234-5678' }));
      await devices.put(userOf(person), tokenOf(person), { platform: 'android', appVersion: null });
    }
    return new Deliveries(arena, database, channels);
  }

  /** So many notifications with a delivery on each channel, evenly spread over time; all lanes where `lanes` says so. */
  async plan(count: number, { perSecond, lanes = ['normal'] }: Pace): Promise<void> {
    const began = Date.now();
    for (let start = 0; start < count; start += atOnce) {
      await this.save(Array.from({ length: Math.min(atOnce, count - start) }, () => this.next(lanes)));
      const ahead = (1000 * (start + atOnce)) / perSecond - (Date.now() - began);
      if (ahead > 0) await pause(ahead);
    }
  }

  /** Plans so many, and more of them for as long as the faults go on, unless too many are waiting already. */
  async planDuring(count: number, pace: Pace, faults: () => Promise<void>): Promise<void> {
    let over = false;
    const planning = (async () => {
      await this.plan(count, pace);
      while (!over) {
        if ((await this.open()) < mostOpen) await this.plan(atOnce, pace);
        else await pause(100);
      }
    })();
    try {
      await faults();
    } finally {
      over = true;
      await planning;
    }
  }

  /** A notification with its deliveries, not saved yet. */
  next(lanes: readonly Priority[] = ['normal']): Planned {
    const number = ++this.planned;
    const person = this.random.between(1, people);
    const priority = this.random.pick(lanes);
    return {
      number,
      notification: {
        identity: randomBytes(16),
        userId: userOf(person),
        type: 'SYSTEM',
        title: titleOf(number),
        message: '2개 상품, 45,000원 결제 대기중',
        link: `/shopping/orders/${number}`,
        reference: { type: 'order', id: String(number) },
        params: '{}',
        origin: { topic: 'torture', partition: 0, offset: String(number) },
        deliveries: this.channels.map((channel) => delivery(channel, person, priority)),
      },
    };
  }

  private async save(some: readonly Planned[]): Promise<void> {
    const saved = await this.intake.save(some.map(({ notification }) => notification));
    if (saved.some(({ kind }) => kind !== 'new')) throw new Error('a notification was not taken');
    for (const one of some) this.committed(one);
  }

  /** From now on they must be sent. */
  committed({ number, notification: { deliveries } }: Planned): void {
    for (const { id, channel } of deliveries)
      this.arena.history.add({ kind: 'planned', delivery: uuidText(id), channel, number });
  }

  /** Not concluded yet. */
  async open(): Promise<number> {
    const [row] = await this.arena.sql<{ open: number }>(
      `SELECT COUNT(*) AS open FROM delivery WHERE state IN (${underWay.map((state) => `'${state}'`).join(', ')})`,
    );
    return Number(row?.open);
  }

  /** In the hands of workers just now. */
  async sending(): Promise<number> {
    const [row] = await this.arena.sql<{ sending: number }>(
      "SELECT COUNT(*) AS sending FROM delivery WHERE state = 'sending'",
    );
    return Number(row?.sending);
  }

  /** Waits for a moment at which workers have something in hand, briefly; answers how much. */
  async duringWork(): Promise<number> {
    let sending = 0;
    const look = async () => {
      sending = await this.sending();
      return sending > 0;
    };
    await until(look, { withinMs: 10_000, everyMs: 1 });
    return sending;
  }

  /** Waits until all are concluded; the history says when, or that they never were. */
  async settle(limitMs: number): Promise<number | null> {
    const ms = await until(async () => (await this.open()) === 0, { withinMs: limitMs, everyMs: 100 });
    this.arena.history.add({ kind: 'recovered', what: 'every delivery concluded', ms, limitMs });
    return ms;
  }

  /** Puts the rows, as they are now, into the history. */
  async takeStock(): Promise<void> {
    const { history } = this.arena;
    const attempts = await this.arena.sql<AttemptRow>(
      `SELECT LOWER(HEX(delivery_id)) AS id, outcome, reason, CAST(started_at AS CHAR) AS started, duration_ms AS ms
       FROM delivery_attempt ORDER BY delivery_id, attempt`,
    );
    const tries = Map.groupBy(attempts, ({ id }) => id);
    const rows = await this.arena.sql<{ id: string; channel: Channel; state: DeliveryState; attempts: number }>(
      'SELECT LOWER(HEX(id)) AS id, channel, state, attempts FROM delivery ORDER BY id',
    );
    for (const { id, channel, state, attempts: counted } of rows) {
      history.add({
        kind: 'delivery',
        delivery: uuidText(Buffer.from(id, 'hex')),
        channel,
        state,
        attempts: counted,
        tries: (tries.get(id) ?? []).map(({ outcome, reason, started, ms }) => {
          const from = history.at(new Date(`${started.replace(' ', 'T')}Z`));
          return { from, until: from + ms, outcome, reason };
        }),
      });
    }
  }

  /** How many arrived more than once. */
  repeats(channel: Channel): number {
    const arrived = this.arena.history.all('arrived').filter((one) => one.channel === channel);
    return arrived.length - new Set(arrived.map(({ number }) => number)).size;
  }

  parked(channel: Channel): number {
    return this.arena.history.count('delivery', (row) => row.channel === channel && row.state === 'unknown');
  }

  /** Records on the channel's `.DLT` topic. */
  async deadLetters(channel: Channel): Promise<number> {
    const ends = await this.arena.admin.fetchTopicOffsets(undeliverableTopic(channel));
    return ends.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  }
}

interface Pace {
  /** Notifications. */
  perSecond: number;
  lanes?: readonly Priority[];
}

export const allLanes: readonly Priority[] = priorities;

/** A notification that is to be saved, and the number by which its messages are known. */
export interface Planned {
  number: number;
  notification: NewNotification & { deliveries: readonly NewDelivery[] };
}

interface AttemptRow {
  id: string;
  outcome: string;
  reason: string | null;
  /** As a text: the driver's dates would be in the zone of this process. */
  started: string;
  ms: number;
}

const userOf = (person: number) => `user-${person}`;
const tokenOf = (person: number) => `token-of-${person}`;

function delivery(channel: Channel, person: number, priority: Priority): NewDelivery {
  return {
    id: uuidBytes(randomUUIDv7()),
    channel,
    target: channel === 'push' ? tokenHash(tokenOf(person)) : Buffer.alloc(0),
    priority,
    category: 'order',
    text: 'notification',
    language: 'ko',
    state: 'queued',
    reason: null,
    dueAt: new Date(),
  };
}
