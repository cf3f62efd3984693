import { randomBytes, randomUUID } from 'node:crypto';
import { commandTopic, type Lane, type Priority } from '@allim/contracts';
import { kafkaClient } from '@allim/kafka';
import { createLogger, createRegistry } from '@allim/platform';
import {
  type Database,
  DeliveryStore,
  Intake,
  type NewDelivery,
  openDatabase,
  uuidText,
  withSession,
} from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { Dispatcher } from './dispatcher.js';

const stack = useStack({ redis: false });
const logger = createLogger('spec', 'fatal');
const running = new Set<Dispatcher>();
let database: Database;
let deliveries: DeliveryStore;
let client: ReturnType<typeof kafkaClient>;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 8 });
  deliveries = new DeliveryStore(database);
  client = kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);
});
afterEach(async () => {
  await Promise.all([...running].map((one) => one.close()));
  running.clear();
});
afterAll(() => database?.destroy());

function start(store: Pick<DeliveryStore, 'dispatch' | 'takeBack'> = deliveries): Dispatcher {
  const dispatcher = new Dispatcher({
    deliveries: store,
    kafka: client,
    channels: ['email'],
    partitions: 3,
    logger,
    registry: createRegistry(),
  });
  running.add(dispatcher);
  dispatcher.start();
  return dispatcher;
}

/** Stands for the store: `look` is told in which lanes it looks, by their priorities, and answers how many were published; `full` always is. */
function watched(look: (lanes: string) => number, full?: Priority): Dispatcher {
  return start({
    takeBack: (limit) => deliveries.takeBack(limit),
    dispatch: async (_limit, _publish, { lanes = [], onFull } = {}) => {
      for (const lane of lanes) if (lane.priority === full) onFull?.(lane);
      return look(lanes.map(({ priority }) => priority).join());
    },
  });
}

/** Commands on a lane so far; 0 while it does not exist, or Kafka does not answer. */
async function count(priority: Priority): Promise<number> {
  const admin = client.admin();
  try {
    await admin.connect();
    const ends = await admin.fetchTopicOffsets(commandTopic('email', priority));
    return ends.reduce((sum, { high }) => sum + Number(high), 0);
  } catch {
    return 0;
  } finally {
    await admin.disconnect();
  }
}

/** Waits for at least `least` commands on a lane and answers the ids of all that are there, sorted. */
async function commands(priority: Priority, least: number): Promise<string[]> {
  await waitFor(async () => (await count(priority)) >= least, { what: `${least} commands`, timeoutMs: 50_000 });
  const expected = await count(priority);
  const ids: string[] = [];
  const consumer = client.consumer({ groupId: randomUUID() });
  await consumer.connect();
  await consumer.subscribe({ topic: commandTopic('email', priority), fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => void ids.push(JSON.parse(String(message.value)).deliveryId),
  });
  await waitFor(() => ids.length >= expected, { what: 'all commands', timeoutMs: 30_000 });
  await consumer.disconnect();
  return ids.sort();
}

/** Notifications with one delivery each, through the intake; answers the ids of the deliveries. */
async function due(count: number, changes: Partial<NewDelivery> = {}): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await new Intake(database).save(
    ids.map((id, index) => ({
      identity: randomBytes(16),
      userId: `user-${index % 20}`,
      type: 'SYSTEM',
      title: 't',
      message: 'm',
      link: null,
      reference: null,
      params: '{}',
      origin: { topic: 'spec', partition: 0, offset: String(index) },
      deliveries: [
        {
          id: Buffer.from(id.replaceAll('-', ''), 'hex'),
          channel: 'email',
          target: Buffer.alloc(0),
          priority: 'normal',
          category: 'order',
          text: 'spec',
          language: 'ko',
          state: 'queued',
          reason: null,
          dueAt: new Date(),
          ...changes,
        },
      ],
    })),
  );
  return ids;
}

/** A channel app but for the sending: takes all commands there are, so that there is room for more. */
function worker() {
  const stopping = new AbortController();
  const taking = (async () => {
    while (!stopping.signal.aborted) {
      const rows = await withSession(database, (session) =>
        session.query<{ id: Buffer }[]>("SELECT id FROM delivery WHERE state = 'dispatched' LIMIT 500"),
      );
      await deliveries.claim(
        rows.map(({ id }) => uuidText(id)),
        randomBytes(16),
        600_000,
      );
      await new Promise(setImmediate);
    }
  })();
  return {
    async [Symbol.asyncDispose]() {
      stopping.abort();
      await taking;
    },
  };
}

const states = async () => {
  const rows = await withSession(database, (session) =>
    session.query<{ state: string; count: number }[]>('SELECT state, COUNT(*) AS count FROM delivery GROUP BY state'),
  );
  return Object.fromEntries(rows.map(({ state, count }) => [state, Number(count)]));
};

describe('Dispatcher', () => {
  it('publishes what is due, in its lane, once, and says so on the row', async () => {
    await using _worker = worker();
    const dispatcher = start();
    const [normal, high] = await Promise.all([
      due(1_200),
      due(3, { priority: 'high' }),
      due(2, { dueAt: new Date(Date.now() + 3_600_000) }),
      due(4, { state: 'suppressed', reason: 'muted' }),
    ]);
    dispatcher.wake();
    expect(await commands('normal', 1_200)).toEqual(normal.sort());
    expect(await commands('high', 3)).toEqual(high.sort());
    await waitFor(async () => (await states()).sending === 1_203, { what: 'the rows' });
    expect(await states()).toEqual({ sending: 1_203, queued: 2, suppressed: 4 });
  });

  it('shares the work with another one: no command twice, none left out', async () => {
    await using _worker = worker();
    const both = [start(), start()];
    const ids: string[] = [];
    for (let round = 0; round < 5; round++) {
      ids.push(...(await due(400, { priority: 'low' })));
      for (const one of both) one.wake();
    }
    expect(await commands('low', ids.length)).toEqual(ids.sort());
  });

  it('publishes few where nobody takes them, and the rest when somebody does', async () => {
    const dispatcher = start();
    await due(1_200, { priority: 'low' });
    const before = (await states()).dispatched ?? 0;
    dispatcher.wake();
    await waitFor(async () => ((await states()).dispatched ?? 0) >= before + 500, { what: 'the first ones' });
    await dispatcher.close(); // whatever it had begun is done
    expect((await states()).dispatched).toBe(before + 500);
    start();
    await using _worker = worker();
    await waitFor(async () => (await states()).queued === 2, { what: 'the rest' });
  });

  it('looks into the lanes it is woken for, and into all of them by itself', async () => {
    const looks: string[] = [];
    const dispatcher = watched((lanes) => {
      if (lanes !== '') looks.push(lanes);
      return 0;
    });
    const low: Lane = { channel: 'email', priority: 'low' };
    const unknown: Lane = { channel: 'push', priority: 'high' };
    await waitFor(
      () => {
        dispatcher.wake([low, unknown]); // falls together with a look at all of them now and then
        return looks.includes('low') && looks.lastIndexOf('high,normal,low') > looks.indexOf('low');
      },
      { what: 'both looks' },
    );
    expect(new Set(looks)).toEqual(new Set(['low', 'high,normal,low']));
  });

  it('leaves a lane that is full alone for a while, whoever wakes it, and looks again by itself', async () => {
    const looks: { lanes: string; at: number }[] = [];
    const dispatcher = watched((lanes) => {
      if (lanes !== '') looks.push({ lanes, at: performance.now() });
      return 0;
    }, 'low');
    const atLow = () => looks.filter(({ lanes }) => lanes.includes('low'));
    await waitFor(
      () => {
        dispatcher.wake([
          { channel: 'email', priority: 'low' },
          { channel: 'email', priority: 'normal' },
        ]);
        return atLow().length >= 3 && looks.some(({ lanes }) => lanes === 'normal');
      },
      { what: 'three looks at it, and one at another that was woken meanwhile' },
    );
    const [first, second, third] = atLow().map(({ at }) => at) as [number, number, number];
    expect(Math.min(second - first, third - second)).toBeGreaterThanOrEqual(250);
  });

  it('looks again at once where it found something, for there may be more', async () => {
    const looks: string[] = [];
    const dispatcher = watched((lanes) => {
      looks.push(lanes);
      return lanes === 'high' && looks.filter((look) => look === 'high').length < 3 ? 500 : 0;
    });
    await waitFor(
      () => {
        if (!looks.includes('high')) dispatcher.wake([{ channel: 'email', priority: 'high' }]);
        return looks.filter((look) => look === 'high').length === 3;
      },
      { what: 'three looks' },
    );
    const first = looks.indexOf('high');
    expect(looks.slice(first, first + 3)).toEqual(['high', 'high', 'high']);
  });

  it('keeps what is due while Kafka is away', async () => {
    const dispatcher = start();
    await stack.kafka.kill();
    const ids = await due(5, { priority: 'high' });
    dispatcher.wake();
    await waitFor(async () => (await states()).queued === 2 + ids.length, { what: 'what is due' });
    await stack.kafka.start();
    expect(await commands('high', 3 + ids.length)).toEqual(expect.arrayContaining(ids));
  });
});
