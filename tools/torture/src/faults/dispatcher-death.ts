import { setTimeout as pause } from 'node:timers/promises';
import { commandTopic } from '@allim/contracts';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Arena } from '../arena.js';
import { type Fate } from '../cutting-proxy.js';
import { recordCount } from '../dead-records.js';
import { Deliveries, type Planned } from '../deliveries.js';
import { type FaultTest } from '../fault-test.js';
import { Providers } from '../providers.js';
import { type Random } from '../random.js';
import { until } from '../until.js';

const sizes = {
  short: { rows: 1_200, kills: 2, cuts: 2, everyMs: { from: 500, to: 1_000 }, atOnce: 5 },
  full: { rows: 20_000, kills: 10, cuts: 5, everyMs: { from: 1_000, to: 3_000 }, atOnce: 10 },
};
const dispatchers = 2;
const workers = 2;
const writers = 8;
const latestMs = 200;
const cutWithinMs = 10_000;
const settleMs = 120_000;

export const dispatcherDeath: FaultTest = {
  name: 'dispatcher-death',
  fault:
    'two dispatchers, 20,000 pushes by 8 writers that commit up to 200 ms after their rows were made; kill -9 of a random dispatcher 10 times, its connection to Kafka cut on a command 5 times, before or after Kafka got it',
  withKafkaProxy: true,
  async run(arena, length) {
    const { rows, kills, cuts, everyMs, atOnce } = sizes[length];
    const random = arena.random.branch('faults');
    const cutter = new CommandCutter(arena);
    const providers = await Providers.open(arena);
    const deliveries = await Deliveries.open(arena, ['push']);
    await Promise.all([arena.startChannel('push', workers, providers), arena.startConsumers(dispatchers)]);

    let left = rows;
    let over = false;
    const writing = Array.from({ length: writers }, async (_, index) => {
      const writer = await LateWriter.open(arena, random.branch(`writer-${index}`));
      for (; left > 0 || !over; left -= atOnce)
        await writer.write(
          Array.from({ length: atOnce }, () => deliveries.next()),
          deliveries,
        );
    });
    const faults = [...Array<'kill'>(kills).fill('kill'), ...Array<'cut'>(cuts).fill('cut')]
      .map((fault) => ({ fault, place: random.next() }))
      .toSorted((a, b) => a.place - b.place);
    for (const { fault } of faults) {
      await pause(random.between(everyMs.from, everyMs.to));
      if (fault === 'cut') {
        // After Kafka got it: then it is published once more.
        const fate: Fate =
          arena.history.count('fault', ({ target }) => target === 'Kafka') % 2 ? 'cut before' : 'cut after';
        const during = await waiting(arena);
        if (await cutter.cut(fate)) arena.fault(fate, 'Kafka', during);
        continue;
      }
      const victim = random.pick(arena.consumers);
      await victim.ready();
      const during = await waiting(arena);
      victim.kill();
      arena.fault('kill -9', victim.name, during);
    }
    over = true;
    await Promise.all(writing);
    await deliveries.settle(settleMs);
    await deliveries.takeStock();
    const ended = arena.history.all('delivery');
    const hit = (name: string) =>
      arena.history.count('fault', ({ fault, during }) => fault.startsWith(name) && during > 0);
    return {
      figures: [
        {
          name: 'sent in any other than the first attempt',
          value: ended.filter(({ attempts }) => attempts !== 1).length,
          atMost: 0,
        },
        { name: 'came again', value: deliveries.repeats('push'), atMost: 0 },
        { name: 'dead letters', value: await deliveries.deadLetters('push'), atMost: 0 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'rows', value: ended.length, atLeast: rows },
        { name: 'kills while something was due', value: hit('kill'), atLeast: kills },
        { name: 'cuts on a command', value: hit('cut'), atLeast: cuts },
        {
          name: 'commands more than deliveries',
          value: (await recordCount(arena, commandTopic('push', 'normal'))) - ended.length,
          atLeast: 1,
        },
      ],
    };
  },
};

/** Deliveries that are due, waited for briefly. */
async function waiting(arena: Arena): Promise<number> {
  let due = 0;
  const look = async () => {
    const [row] = await arena.sql<{ due: number }>("SELECT COUNT(*) AS due FROM delivery WHERE state = 'queued'");
    due = Number(row?.due);
    return due > 0;
  };
  await until(look, { withinMs: 2_000, everyMs: 1 });
  return due;
}

/** Makes rows that nobody can see until a while later, although they are due at once: ids and times do not tell the order of commits. */
class LateWriter {
  private constructor(
    private readonly connection: Connection,
    private readonly random: Random,
  ) {}

  static async open(arena: Arena, random: Random): Promise<LateWriter> {
    const connection = await createConnection({ uri: arena.stack.databaseUrl, timezone: 'Z' });
    arena.onClose(() => connection.destroy());
    return new LateWriter(connection, random);
  }

  async write(some: readonly Planned[], deliveries: Deliveries): Promise<void> {
    const { connection } = this;
    const now = new Date();
    await connection.beginTransaction();
    // Not by the Intake: its transactions are over before one can be late.
    await connection.query(
      'INSERT INTO notification (user_id, id, type, title, message, link, params, created_at) VALUES ?',
      [
        some.map(({ number, notification: { userId, type, title, message, link, params } }) => [
          Buffer.from(userId),
          number,
          type,
          title,
          message,
          link,
          params,
          now,
        ]),
      ],
    );
    await connection.query(
      `INSERT INTO delivery (id, user_id, notification_id, channel, target, priority, category, text, language, state, due_at, created_at, updated_at) VALUES ?`,
      [
        some.flatMap(({ number, notification }) =>
          notification.deliveries.map(({ id, channel, target, priority, category, text, language, state }) => [
            id,
            Buffer.from(notification.userId),
            number,
            channel,
            target,
            priority,
            category,
            text,
            language,
            state,
            now,
            now,
            now,
          ]),
        ),
      ],
    );
    await pause(this.random.between(0, latestMs));
    await connection.commit();
    for (const one of some) deliveries.committed(one);
  }
}

/** Of a request in Kafka's protocol, behind its length. */
const produce = 0;

/** Cuts the next connection that publishes a command. */
class CommandCutter {
  private next: Fate = 'pass';

  constructor({ kafkaProxy }: Arena) {
    if (kafkaProxy) kafkaProxy.fate = (chunk) => this.fate(chunk);
  }

  private fate(chunk: Buffer): Fate {
    if (this.next === 'pass' || chunk.length < 6 || chunk.readInt16BE(4) !== produce) return 'pass';
    if (!chunk.includes(commandTopic('push', 'normal'))) return 'pass';
    const fate = this.next;
    this.next = 'pass';
    return fate;
  }

  /** Resolves when a connection was cut; false when nobody published in time. */
  async cut(fate: Fate): Promise<boolean> {
    this.next = fate;
    const ms = await until(() => this.next === 'pass', { withinMs: cutWithinMs, everyMs: 10 });
    this.next = 'pass';
    return ms !== null;
  }
}
