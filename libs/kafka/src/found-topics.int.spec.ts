import { randomUUID } from 'node:crypto';
import { createLogger } from '@allim/platform';
import { useStack, waitFor } from '@allim/testing';
import { jest } from '@jest/globals';
import { type Admin } from 'kafkajs';
import { Registry } from 'prom-client';
import { kafkaClient } from './client.js';
import { FoundTopics } from './found-topics.js';
import { type KafkaRecord } from './record.js';
import { type BatchHandler, dead, done } from './verdict.js';

const stack = useStack({ database: false, redis: false });
const logger = createLogger('spec', 'fatal');
const fatal: Error[] = [];
const running = new Set<FoundTopics>();
let admin: Admin;

const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);

beforeAll(async () => {
  admin = client().admin();
  await admin.connect();
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all([...running].map((found) => found.close()));
  running.clear();
  expect(fatal.splice(0)).toEqual([]);
});
afterAll(() => admin?.disconnect());

/** Topics of its own, two partitions each, named by their endings; those that end in `.DLT` are read. */
function world(changes: { KAFKA_COMMIT_INTERVAL_MS?: number; everyMs?: number } = {}) {
  const { everyMs = 100, ...settings } = changes;
  const prefix = `spec.${randomUUID()}.`;
  const group = `group.${prefix}`;
  return {
    prefix,
    group,
    create: (...names: string[]) =>
      admin.createTopics({ topics: names.map((name) => ({ topic: prefix + name, numPartitions: 2 })) }),
    remove: (name: string) => admin.deleteTopics({ topics: [prefix + name] }),
    send: async (name: string, partition: number, ...values: string[]) => {
      // One of its own each time: it stumbles over every topic that it has known and that is deleted.
      const producer = client().producer({ allowAutoTopicCreation: false });
      await producer.connect();
      const messages = values.map((value) => ({ value, partition }));
      await producer.send({ topic: prefix + name, messages, acks: -1 });
      await producer.disconnect();
    },
    /** The next offset the group will read, by partition; -1: none was committed. */
    committed: async (name: string) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [prefix + name] });
      return [0, 1].map((wanted) => Number(offsets?.partitions.find(({ partition }) => partition === wanted)?.offset));
    },
    serve(handle: BatchHandler<KafkaRecord>, kafka = client()) {
      const registry = new Registry();
      /** The topics of this world it was asked about, in each look. */
      const asked: string[] = [];
      const found = new FoundTopics(
        {
          kafka,
          matching: (topic) => {
            if (topic.startsWith(prefix)) asked.push(topic.slice(prefix.length));
            return topic.startsWith(prefix) && topic.endsWith('.DLT');
          },
          everyMs,
          settings: {
            KAFKA_BROKERS: [stack.kafkaBrokers],
            KAFKA_SSL: false,
            KAFKA_GROUP_ID: group,
            KAFKA_RETRY_INTERVAL_MS: 1,
            KAFKA_RETRY_MAX_ATTEMPTS: 1,
            KAFKA_BATCH_RECORDS: 500,
            KAFKA_BATCHES_IN_FLIGHT: 3,
            KAFKA_COMMIT_INTERVAL_MS: 10,
            KAFKA_TOPIC_PARTITIONS: 2,
            ...settings,
          },
          logger,
          registry,
          onFatal: (error) => fatal.push(error),
        },
        handle,
      );
      running.add(found);
      found.start();
      const counted = async (name: string, topic?: string) =>
        (await registry.getSingleMetric(name)?.get())?.values
          .filter(({ labels }) => !topic || labels.topic === prefix + topic)
          .reduce((sum, { value }) => sum + value, 0) ?? 0;
      return { found, counted, asked };
    },
  };
}

const text = ({ value }: { value: Buffer | null }) => value?.toString() ?? '';
const numbered = (name: string, count: number) => Array.from({ length: count }, (_, n) => `${name}${n}`);

/** Handles everything, but holds a record for as long as its gate is shut. */
function holding(...held: string[]) {
  const seen: string[] = [];
  const gates = new Map(held.map((value) => [value, Promise.withResolvers<void>()]));
  const handle: BatchHandler<KafkaRecord> = async (records) => {
    seen.push(...records.map(text));
    await Promise.all(records.map((record) => gates.get(text(record))?.promise));
    return records.map(() => done);
  };
  return { seen, handle, open: (value: string) => gates.get(value)?.resolve() };
}

describe('FoundTopics', () => {
  it('reads those that are there and one that comes later, every record once', async () => {
    // No timer commits: what is handled counts by what is committed on leaving, or it is handled again.
    const { create, send, serve, committed } = world({ KAFKA_COMMIT_INTERVAL_MS: 60_000 });
    const { seen, handle, open } = holding('held');
    await create('a.DLT', 'other');
    await send('a.DLT', 0, ...numbered('a', 1_000));
    await send('other', 0, 'not ours');
    const { found, asked } = serve(handle);
    await waitFor(() => seen.length === 1_000, { what: 'what is there' });
    await send('a.DLT', 1, 'held');
    await waitFor(() => seen.includes('held'), { what: 'the held one to be at hand' });

    await create('b.DLT');
    await send('b.DLT', 0, ...numbered('b', 700));
    await waitFor(() => asked.includes('b.DLT'), { what: 'the new topic to be found' });
    await send('a.DLT', 0, 'late');
    open('held');
    await waitFor(() => seen.includes('b699') && seen.includes('late'), { what: 'the new topic, and the late one' });

    await found.close();
    expect(seen.toSorted()).toEqual([...numbered('a', 1_000), ...numbered('b', 700), 'held', 'late'].toSorted());
    expect(seen.filter((value) => /^b/.test(value))).toEqual(numbered('b', 700));
    expect([await committed('a.DLT'), await committed('b.DLT')]).toEqual([
      [1_001, 1],
      [700, -1],
    ]);
  });

  it('begins where it ended', async () => {
    const { create, send, serve } = world();
    const { seen, handle } = holding();
    await create('a.DLT');
    await send('a.DLT', 0, 'first');
    const { found } = serve(handle);
    await waitFor(() => seen.length > 0, { what: 'the first one' });
    await found.close();
    await send('a.DLT', 0, 'second');
    serve(handle);
    await waitFor(() => seen.includes('second'), { what: 'the second one' });
    expect(seen).toEqual(['first', 'second']);
  });

  it('is live while there is none, and reads the first one that comes', async () => {
    const { create, send, serve } = world();
    const { seen, handle } = holding();
    const { found, counted } = serve(handle);
    expect(found.live()).toBeUndefined();
    const now = Date.now;
    jest.spyOn(Date, 'now').mockImplementation(() => now() + 120_000);
    await waitFor(() => found.live() === undefined, { what: 'a look to count for a sign of life' });
    expect(await counted('allim_kafka_rebalances_total')).toBe(0);
    await create('a.DLT');
    await send('a.DLT', 1, 'a');
    await waitFor(() => seen.includes('a'), { what: 'the record' });
  });

  it('tells what is refused and passes it over; no topic is created', async () => {
    const { prefix, create, send, serve, committed } = world();
    const errors = jest.spyOn(logger, 'error');
    await create('a.DLT');
    await send('a.DLT', 1, 'good', 'bad', 'bug', 'good');
    const { counted, asked } = serve(async (records) => {
      if (records.some((record) => text(record) === 'bug')) throw new TypeError('a bug');
      return records.map((record) => (text(record) === 'bad' ? dead('bad-letter', new Error('no letter')) : done));
    });
    await waitFor(async () => (await committed('a.DLT'))[1] === 4, { what: 'the offset' });
    expect(errors.mock.calls.map(([fields]) => fields)).toEqual([
      { topic: `${prefix}a.DLT`, partition: 1, offset: '1', errorClass: 'bad-letter', reason: 'no letter' },
      { topic: `${prefix}a.DLT`, partition: 1, offset: '2', errorClass: 'handler', reason: 'a bug' },
    ]);
    expect(await counted('allim_kafka_passed_over_records_total', 'a.DLT')).toBe(2);
    expect(await counted('allim_kafka_dead_letters_total')).toBe(0);
    const looks = asked.length;
    await waitFor(() => asked.length > looks + 1, { what: 'two more looks' });
    expect((await admin.listTopics()).filter((topic) => topic.startsWith(prefix))).toEqual([`${prefix}a.DLT`]);
  });

  it('goes on without a topic that is deleted, and measures the lag of what comes then', async () => {
    const { create, remove, send, serve } = world();
    const { seen, handle, open } = holding('held');
    await create('a.DLT', 'b.DLT');
    await send('a.DLT', 0, 'a');
    const { counted } = serve(handle);
    await waitFor(() => seen.includes('a'), { what: 'the first topic' });
    await remove('a.DLT');
    await waitFor(async () => (await counted('allim_kafka_rebalances_total')) > 1, {
      what: 'the group to be joined anew',
      timeoutMs: 60_000, // kafkajs asks for the one that is gone for some ten seconds
    });
    await send('b.DLT', 0, 'b');
    await waitFor(() => seen.includes('b'), { what: 'the other topic' });
    await create('c.DLT');
    await send('c.DLT', 0, 'held');
    await waitFor(async () => (await counted('allim_kafka_lag_records', 'c.DLT')) === 1, { what: 'its lag' });
    open('held');
    await waitFor(async () => (await counted('allim_kafka_lag_records')) === 0, { what: 'no lag' });
    expect(seen).toEqual(['a', 'b', 'held']);
  }, 120_000);

  it('looks again when a broker does not know a topic yet', async () => {
    const { create, send, serve } = world();
    const { seen, handle } = holding();
    await create('a.DLT');
    await send('a.DLT', 0, 'a');
    const kafka = client();
    const createConsumer = kafka.consumer.bind(kafka);
    const unknown = Object.assign(new Error('This server does not host this topic-partition'), { retriable: true });
    kafka.consumer = (config) => {
      kafka.consumer = createConsumer;
      return Object.assign(createConsumer(config), { subscribe: () => Promise.reject(unknown) });
    };
    serve(handle, kafka);
    await waitFor(() => seen.includes('a'), { what: 'the record', timeoutMs: 30_000 });
  }, 60_000);

  it('reads a topic with several members, whichever of them finds it first', async () => {
    const { create, send, serve } = world();
    const { seen, handle } = holding();
    await create('a.DLT');
    serve(handle);
    serve(handle);
    await create('b.DLT');
    await Promise.all([0, 1].map((partition) => send('b.DLT', partition, ...numbered(`${partition}-`, 10))));
    await waitFor(() => new Set(seen).size === 20, { what: 'all records', timeoutMs: 30_000 });
  });

  it('ends what is under way when it is closed on leaving, and joins no more', async () => {
    const { group, create, send, serve, committed } = world();
    const { seen, handle, open } = holding('held');
    await create('a.DLT');
    await send('a.DLT', 0, 'held');
    const { found, asked, counted } = serve(handle);
    await waitFor(() => seen.includes('held'), { what: 'the held one to be at hand' });
    await create('b.DLT');
    await waitFor(() => asked.includes('b.DLT'), { what: 'the new topic to be found' });
    const closed = found.close();
    open('held');
    await closed;
    expect(await committed('a.DLT')).toEqual([1, -1]);
    expect(await counted('allim_kafka_rebalances_total')).toBe(1);
    expect((await admin.describeGroups([group])).groups[0]?.members).toEqual([]);
  });
});
