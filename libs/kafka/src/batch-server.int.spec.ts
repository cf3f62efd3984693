import { randomBytes, randomUUID } from 'node:crypto';
import { createLogger } from '@allim/platform';
import { useStack, waitFor } from '@allim/testing';
import { jest } from '@jest/globals';
import kafkajs, { type Admin, type KafkaMessage, type Message, type Producer } from 'kafkajs';
import { Registry } from 'prom-client';
import { batchPattern } from './batch-handler.js';
import { KafkaBatchServer, type KafkaBatchServerOptions } from './batch-server.js';
import { kafkaClient } from './client.js';
import { groupLag } from './lag.js';
import { readLetter } from './letter.js';
import { type KafkaRecord } from './record.js';
import { type Replay, replayRecord } from './replay.js';
import { ensureReplayTopic, ensureTopics } from './topics.js';
import { type BatchHandler, dead, done, InfrastructureDown } from './verdict.js';

const stack = useStack({ database: false, redis: false });
const logger = createLogger('spec', 'fatal');
const fatal: Error[] = [];
const running = new Set<KafkaBatchServer>();
let admin: Admin;
let producer: Producer;

const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);

beforeAll(async () => {
  admin = client().admin();
  producer = client().producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
});
afterEach(async () => {
  jest.restoreAllMocks();
  await Promise.all([...running].map((server) => server.close()));
  running.clear();
  expect(fatal.splice(0)).toEqual([]);
});
afterAll(() => Promise.all([admin?.disconnect(), producer?.disconnect()]));

/** A topic of its own with two partitions, and the means to read it. */
async function world(changes: { KAFKA_BATCH_RECORDS?: number } = {}) {
  const topic = `spec.${randomUUID()}`;
  const group = `group.${topic}`;
  await ensureTopics(admin, [topic], 2);
  const settings = {
    KAFKA_BROKERS: [stack.kafkaBrokers],
    KAFKA_SSL: false,
    KAFKA_GROUP_ID: group,
    KAFKA_RETRY_INTERVAL_MS: 1,
    KAFKA_RETRY_MAX_ATTEMPTS: 1,
    KAFKA_BATCH_RECORDS: 500,
    KAFKA_BATCHES_IN_FLIGHT: 2,
    KAFKA_COMMIT_INTERVAL_MS: 10,
    KAFKA_TOPIC_PARTITIONS: 2,
    ...changes,
  };
  return {
    topic,
    group,
    send: (partition: number, ...messages: Omit<Message, 'partition'>[]) =>
      producer.send({ topic, messages: messages.map((one) => ({ ...one, partition })), acks: -1 }),
    /** The next offset the group will read, by partition; -1: none was committed. */
    committed: async (of = topic) => {
      const [offsets] = await admin.fetchOffsets({ groupId: group, topics: [of] });
      return [0, 1].map((wanted) => Number(offsets?.partitions.find(({ partition }) => partition === wanted)?.offset));
    },
    async serve(handle: BatchHandler<KafkaRecord>, options: Pick<KafkaBatchServerOptions, 'replays'> = {}) {
      const registry = new Registry();
      const server = new KafkaBatchServer({
        kafka: client(),
        topics: [topic],
        settings,
        logger,
        registry,
        onFatal: (error) => fatal.push(error),
        ...options,
      });
      server.addHandler(batchPattern, handle as never, true);
      running.add(server);
      await new Promise<void>((resolve, reject) => {
        void server.listen((error) => (error ? reject(error) : resolve()));
      });
      const counted = async (name: string) =>
        (await registry.getSingleMetric(name)?.get())?.values.reduce((sum, { value }) => sum + value, 0) ?? 0;
      return { server, counted };
    },
  };
}

const text = ({ value }: { value: Buffer | null }) => value?.toString() ?? '';
const allDone: BatchHandler<KafkaRecord> = async (records) => records.map(() => done);
const bad = dead('bad-json', new Error('x'));

/** Reads `count` dead letters, and what else comes within the moment after. */
async function letters(topic: string, count: number): Promise<(KafkaMessage & { partition: number })[]> {
  const read: (KafkaMessage & { partition: number })[] = [];
  const consumer = client().consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [`${topic}.DLT`], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ partition, message }) => void read.push({ partition, ...message }) });
    await waitFor(() => read.length >= count, { what: `${count} dead letters`, timeoutMs: 20_000 });
    const ends = await admin.fetchTopicOffsets(`${topic}.DLT`);
    expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(count);
    return read;
  } finally {
    await consumer.disconnect();
  }
}

describe('KafkaBatchServer', () => {
  it('hands in every record once, each partition in its order, and begins where it ended', async () => {
    const { topic, send, serve, committed, group } = await world();
    const seen: KafkaRecord[] = [];
    const handle: BatchHandler<KafkaRecord> = async (records) => {
      seen.push(...records);
      return records.map(() => done);
    };
    await send(0, ...Array.from({ length: 1_200 }, (_, n) => ({ value: `${n}` })));
    await send(1, { key: 'k', value: 'one', headers: { a: 'b' }, timestamp: '1770372000000' });
    const { server } = await serve(handle);
    await waitFor(async () => (await committed()).join() === '1200,1', { what: 'all offsets' });
    expect(seen.filter(({ partition }) => partition === 0).map(text)).toEqual(
      Array.from({ length: 1_200 }, (_, n) => `${n}`),
    );
    expect(seen.filter(({ partition }) => partition === 1)).toEqual([
      {
        topic,
        partition: 1,
        offset: '0',
        key: Buffer.from('k'),
        value: Buffer.from('one'),
        headers: { a: Buffer.from('b') },
        timestamp: '1770372000000',
        timestampType: 'CreateTime',
      },
    ]);
    await server.close();

    await send(1, { value: 'two' });
    expect(await groupLag(admin, group, [topic])).toEqual(
      expect.arrayContaining([
        { topic, partition: 0, lag: 0 },
        { topic, partition: 1, lag: 1 },
      ]),
    );
    seen.length = 0;
    await serve(handle);
    await waitFor(() => seen.length > 0, { what: 'the new record' });
    expect(seen.map(text)).toEqual(['two']);
  });

  it('commits no offset of a record that is still being handled', async () => {
    const { send, serve, committed } = await world();
    const gate = Promise.withResolvers<void>();
    const handled: string[] = [];
    const begun: string[] = [];
    await send(0, { value: 'held' });
    await serve(async (records) => {
      begun.push(...records.map(text));
      if (records.some((record) => text(record) === 'held')) await gate.promise;
      handled.push(...records.map(text));
      return records.map(() => done);
    });
    await waitFor(() => begun.length > 0, { what: 'the held one to be at hand' });
    await send(1, { value: 'quick' }); // or both would be one batch
    // The other partition's offset proves that commits go on meanwhile.
    await waitFor(async () => (await committed())[1] === 1, { what: 'the offset of the quick one' });
    expect(handled).toEqual(['quick']);
    expect(await committed()).toEqual([-1, 1]);
    gate.resolve();
    await waitFor(async () => (await committed())[0] === 1, { what: 'the offset of the held one' });
  });

  it('keeps the offset until the dead letter is acknowledged, also over a restart', async () => {
    const { topic, send, serve, committed } = await world();
    const refused = jest.spyOn(logger, 'error');
    const gone = Promise.withResolvers<void>();
    await send(0, { key: 'k', value: 'bad' });
    await send(1, { value: 'good' });
    const { server } = await serve(async (records) => {
      if (records.some((record) => text(record) === 'bad')) {
        await admin.deleteTopics({ topics: [`${topic}.DLT`] });
        gone.resolve();
      }
      await gone.promise;
      return records.map((record) => (text(record) === 'bad' ? bad : done));
    });
    // A second after the refusal it would make the topic anew; it does not come to that.
    await waitFor(() => refused.mock.calls.length >= 1, { what: 'a refused publish', timeoutMs: 30_000 });
    await server.close();
    expect(await committed()).toEqual([-1, 1]);

    await serve(async (records) => records.map(() => bad)); // makes the topic anew
    const [letter] = await letters(topic, 1);
    expect([letter?.key?.toString(), letter?.value?.toString()]).toEqual(['k', 'bad']);
    await waitFor(async () => (await committed())[0] === 1, { what: 'the offset of the dead one' });
  });

  it('buries hundreds of records at once, and the largest one a topic takes', async () => {
    const { topic, send, serve, committed } = await world();
    const values = [...Array.from({ length: 600 }, (_, n) => Buffer.from(`${n}`)), Buffer.alloc(1_048_000, 'x')];
    for (const value of [values.slice(0, 600), values.slice(600)])
      await send(0, ...value.map((one) => ({ value: one })));
    const failure = dead('bad-schema', Object.assign(new Error('x'), { stack: 's'.repeat(10_000) }));
    await serve(async (records) => records.map(() => failure));
    await waitFor(async () => (await committed())[0] === 601, { what: 'all offsets', timeoutMs: 30_000 });
    const buried = await letters(topic, 601);
    expect(buried.map(({ value }) => value?.length)).toEqual(values.map(({ length }) => length));
    expect(buried.slice(0, 600).map(text)).toEqual(values.slice(0, 600).map(String));
  });

  it.each([TypeError, RangeError, ReferenceError, SyntaxError])(
    'survives a handler that throws a %p: one dead letter, the others are done',
    async (Thrown) => {
      const { topic, send, serve, committed } = await world();
      await send(0, { value: 'a' }, { value: 'bad' }, { value: 'b' });
      const handled: string[] = [];
      const { counted } = await serve(async (records) => {
        if (records.some((record) => text(record) === 'bad')) throw new Thrown('bug');
        handled.push(...records.map(text));
        return records.map(() => done);
      });
      await waitFor(async () => (await committed())[0] === 3, { what: 'all offsets' });
      expect(handled).toEqual(['a', 'b']);
      const [letter] = await letters(topic, 1);
      expect(String(letter?.headers?.['allim-error-class'])).toBe('handler');
      expect(String(letter?.headers?.['allim-attempts'])).toBe('2');
      expect(await counted('allim_kafka_retries_total')).toBe(2);
    },
  );

  it('fetches again what failed by a fault of its own, and nothing else', async () => {
    const { send, serve, committed } = await world();
    const seen: string[] = [];
    await serve(async (records) => {
      seen.push(...records.map(text));
      return seen.length === 1 ? [] : records.map(() => done); // a verdict is missing
    });
    await send(0, { value: 'first' });
    await waitFor(() => seen.length > 0, { what: 'the first record' });
    await send(0, { value: 'second' });
    await waitFor(async () => (await committed())[0] === 2, { what: 'both offsets' });
    expect(seen).toEqual(['first', 'first', 'second']);
  });

  it('buries a record of a partition that came into being while it ran', async () => {
    const { topic, serve, group } = await world();
    await serve(async (records) => records.map(() => bad));
    await admin.createPartitions({ topicPartitions: [{ topic, count: 3 }] });
    const grown = client().producer({ allowAutoTopicCreation: false });
    await grown.connect();
    await waitFor(async () => (await grown.send({ topic, messages: [{ partition: 2, value: 'new' }] })).length === 1, {
      what: 'the new partition to take a record',
    });
    // A member learns of new partitions when its metadata is too old; another one that joins makes it look at once.
    const { server } = await serve(async (records) => records.map(() => bad));
    expect((await letters(topic, 1)).map(text)).toEqual(['new']);
    await waitFor(async () => (await groupLag(admin, group, [topic])).every(({ lag }) => lag === 0), {
      what: 'the offset',
    });
    await Promise.all([grown.disconnect(), server.close()]);
  });

  it('buries a record whose headers are called like members of every object', async () => {
    const { topic, send, serve } = await world();
    await serve(async (records) => records.map(() => bad));
    await send(0, { value: 'x', headers: { toString: 'a', constructor: 'b' } as never });
    const [letter] = await letters(topic, 1);
    expect(letter && text(letter)).toBe('x');
  });

  it('buries a large record in a .DLT topic that somebody else has made', async () => {
    const { topic, send, serve } = await world();
    const dlt = `${topic}.DLT`;
    await admin.deleteTopics({ topics: [dlt] });
    await waitFor(async () => !(await admin.listTopics()).includes(dlt), { what: 'the topic to be gone' });
    const own = [
      { name: 'max.message.bytes', value: '20000' },
      { name: 'retention.ms', value: '123456789' },
    ];
    await admin.createTopics({ topics: [{ topic: dlt, numPartitions: 1, configEntries: own }] });
    await serve(async (records) => records.map(() => bad));
    const value = randomBytes(900_000);
    await send(1, { value });
    expect((await letters(topic, 1))[0]?.value).toEqual(value);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: dlt, configNames: ['retention.ms'] }],
    });
    expect(resources[0]?.configEntries[0]?.configValue).toBe('123456789');
  });

  it('waits for infrastructure longer than its session lasts, and stays a live member', async () => {
    const { send, serve, committed } = await world();
    const until = Date.now() + 8_000;
    await send(0, { value: 'a' });
    const { server, counted } = await serve(async (records) => {
      if (Date.now() < until) throw new InfrastructureDown('database');
      return records.map(() => done);
    });
    await waitFor(async () => (await committed())[0] === 1, { what: 'the offset', timeoutMs: 20_000 });
    expect(await counted('allim_kafka_rebalances_total')).toBe(1);
    expect(await counted('allim_kafka_infrastructure_waits_total')).toBeGreaterThan(3);
    expect(await counted('allim_kafka_dead_letters_total')).toBe(0);
    expect(server.live()).toBeUndefined();
  });

  it('lets the batch under way end when it is closed, and commits it', async () => {
    const { send, serve, committed } = await world();
    const begun = Promise.withResolvers<void>();
    const gate = Promise.withResolvers<void>();
    await send(0, { value: 'a' });
    const { server } = await serve(async (records) => {
      begun.resolve();
      await gate.promise;
      return records.map(() => done);
    });
    await begun.promise;
    const closed = server.close();
    gate.resolve();
    await closed;
    expect(await committed()).toEqual([1, -1]);
  });

  it('is not live without a sign of progress for 30 s', async () => {
    const { serve } = await world();
    const { server } = await serve(allDone);
    await server.ready();
    expect(server.live()).toBeUndefined();
    await server.close();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockReturnValue(now + 32_000);
    expect(server.live()).toMatch(/no heartbeat and no fetch for \d+ s/);
  });

  it('does not start without a handler', async () => {
    const { topic } = await world();
    const server = new KafkaBatchServer({
      kafka: client(),
      topics: [topic],
      settings: { KAFKA_GROUP_ID: topic } as never,
      logger,
      registry: new Registry(),
      onFatal: () => {},
    });
    const told = new Promise((resolve) => void server.listen(resolve));
    expect(await told).toEqual(new Error('no controller has a @KafkaBatchHandler()'));
  });
});

describe('KafkaBatchServer with a topic of replays', () => {
  /** A world whose server also reads replays, of its own topic and of one that nobody reads. */
  async function replaying(changes: { KAFKA_BATCH_RECORDS?: number } = {}) {
    const { serve, committed, ...rest } = await world(changes);
    const [replays, elsewhere] = [`replays.${rest.topic}`, `elsewhere.${rest.topic}`];
    await ensureReplayTopic(admin, replays, 2);
    return {
      ...rest,
      replays,
      elsewhere,
      /** All in one partition of the topic of replays. */
      replay: (...messages: Message[]) =>
        producer.send({ topic: replays, messages: messages.map((one) => ({ ...one, partition: 0 })), acks: -1 }),
      one: (value: string | Buffer, original: Partial<Replay['original']> = {}, changed: Partial<Replay> = {}) =>
        replayRecord({
          original: { topic: rest.topic, partition: 1, offset: '999', timestamp: new Date(1), group: 'g', ...original },
          key: Buffer.from('k'),
          value: Buffer.from(value),
          headers: { own: [Buffer.from('a'), Buffer.from('b')] },
          replay: { id: 'job-1', count: 1 },
          firstFailedAt: new Date(0),
          ...changed,
        }),
      consumed: async () => (await committed(replays))[0],
      serve: (handle: BatchHandler<KafkaRecord>) =>
        serve(handle, { replays: { topic: replays, of: [rest.topic, elsewhere] } }),
    };
  }

  it('hands in what is replayed as what it was, beside its own topics, and counts it as consumed where it lies', async () => {
    const { topic, elsewhere, replay, one, send, serve, consumed } = await replaying({ KAFKA_BATCH_RECORDS: 2 });
    await replay(one('0'), one('1', { topic: elsewhere }), one('2'), one('3'), one('held'));
    const gate = Promise.withResolvers<void>();
    const seen: KafkaRecord[] = [];
    await serve(async (records) => {
      seen.push(...records);
      if (records.some((record) => text(record) === 'held')) await gate.promise;
      return records.map(() => done);
    });
    await waitFor(async () => (await consumed()) === 4, { what: 'the first two transactions' });
    gate.resolve();
    await waitFor(async () => (await consumed()) === 5, { what: 'all offsets' });
    expect(seen.map((record) => [record.topic, record.partition, record.offset, text(record)])).toEqual([
      [topic, 1, '999', '0'],
      [elsewhere, 1, '999', '1'],
      [topic, 1, '999', '2'],
      [topic, 1, '999', '3'],
      [topic, 1, '999', 'held'],
    ]);
    expect(seen[0]).toMatchObject({ timestamp: '1', replay: { id: 'job-1', count: 1, group: 'g' } });
    await send(0, { value: 'new' });
    await waitFor(() => seen.length === 6, { what: 'a record of its own topic' });
    expect(seen[5]).not.toHaveProperty('replay');
  });

  it('fetches again what failed by a fault of its own, where it lies', async () => {
    const { replay, one, serve, consumed } = await replaying();
    const seen: string[] = [];
    await replay(one('first'));
    await serve(async (records) => {
      seen.push(...records.map(text));
      return seen.length === 1 ? [] : records.map(() => done); // a verdict is missing
    });
    await waitFor(async () => (await consumed()) === 1, { what: 'the offset' });
    expect(seen).toEqual(['first', 'first']);
  });

  it('buries what fails again where it would have been buried first, as the same case, and its headers do not grow', async () => {
    const { topic, elsewhere, replay, one, serve, consumed } = await replaying();
    await serve(async (records) => records.map(() => bad));
    await replay(one('x'), one('y', { partition: 0 }), one('z', { topic: elsewhere }));
    await waitFor(async () => (await consumed()) === 3, { what: 'the offsets' });
    const [other] = await letters(elsewhere, 1);
    expect([other?.partition, other && text(other)]).toEqual([1, 'z']);
    const sizes: number[] = [];
    for (let trip = 1; trip <= 3; trip++) {
      const all = await letters(topic, trip + 1);
      const letter = all.filter((message) => text(message) === 'x').at(-1)!;
      const told = readLetter({
        topic: `${topic}.DLT`,
        ...letter,
        headers: letter.headers!,
        timestampType: 'CreateTime',
      });
      const original = { topic, partition: 1, offset: '999', timestamp: new Date(1), group: 'g' };
      expect(letter).toMatchObject({ partition: 1, key: Buffer.from('k') });
      expect(told).toMatchObject({
        original,
        headers: { own: [Buffer.from('a'), Buffer.from('b')] },
        firstFailedAt: new Date(0),
        replayCount: trip,
        replayId: `job-${trip}`,
      });
      sizes.push(Object.values(letter.headers!).flat().length);
      if (trip === 3) break;
      const again = { headers: told.headers as Replay['headers'], replay: { id: `job-${trip + 1}`, count: trip + 1 } };
      await replay(one('x', original, again));
      await waitFor(async () => (await consumed()) === 3 + trip, { what: 'the offset' });
    }
    expect(new Set(sizes).size).toBe(1);
  });

  it('keeps the offset of a replay until its letter is acknowledged, also over a restart', async () => {
    const { topic, replay, one, serve, consumed } = await replaying();
    const refused = jest.spyOn(logger, 'error');
    const gone = Promise.withResolvers<void>();
    await replay(one('x'));
    const { server } = await serve(async (records) => {
      await admin.deleteTopics({ topics: [`${topic}.DLT`] });
      gone.resolve();
      await gone.promise;
      return records.map(() => bad);
    });
    await waitFor(() => refused.mock.calls.length >= 1, { what: 'a refused publish', timeoutMs: 30_000 });
    await server.close();
    expect(await consumed()).toBe(-1);

    await serve(async (records) => records.map(() => bad)); // makes the topic anew
    expect((await letters(topic, 1)).map(text)).toEqual(['x']);
    await waitFor(async () => (await consumed()) === 1, { what: 'the offset' });
  });

  it('buries what is no replay for us, and goes on', async () => {
    const { replays, elsewhere, replay, one, serve, consumed } = await replaying();
    const foreign = `foreign.${elsewhere}`;
    await ensureTopics(admin, [foreign], 1);
    const handled: string[] = [];
    const { counted } = await serve(async (records) => {
      handled.push(...records.map(text));
      return records.map(() => done);
    });
    await replay({ value: 'none' }, one('a'), one('foreign', { topic: foreign }), one('b'));
    await replay({ value: 'none of them' });
    await waitFor(async () => (await consumed()) === 5, { what: 'the offsets' });
    expect(handled).toEqual(['a', 'b']);
    const buried = await letters(replays, 3);
    expect(buried.map((letter) => [text(letter), String(letter.headers?.['allim-error-class'])])).toEqual([
      ['none', 'bad-replay'],
      ['foreign', 'bad-replay'],
      ['none of them', 'bad-replay'],
    ]);
    expect(String(buried[1]?.headers?.['kafka_dlt-original-topic'])).toBe(replays);
    expect(await counted('allim_kafka_retries_total')).toBe(0);
    await letters(foreign, 0);
  });

  it('finds a place for the letter of a record whose partition is not there any more', async () => {
    const { topic, replay, one, serve, consumed } = await replaying();
    await serve(async (records) => records.map(() => bad));
    await replay(one('x', { partition: 77 }), one('y', { partition: 1 }));
    await waitFor(async () => (await consumed()) === 2, { what: 'the offsets' });
    const buried = (await letters(topic, 2)).sort((a, b) => text(a).localeCompare(text(b)));
    expect(buried.map(({ headers }) => (headers!['kafka_dlt-original-partition'] as Buffer).readInt32BE())).toEqual([
      77, 1,
    ]);
    expect(buried[1]?.partition).toBe(1);
  });

  it('takes, and buries, the largest that the index keeps', async () => {
    const { topic, replay, one, serve } = await replaying();
    const value = randomBytes(11 * 1_048_576);
    await serve(async (records) => records.map(() => bad));
    await replay(one(value));
    const [letter] = await letters(topic, 1);
    expect(letter?.value?.equals(value)).toBe(true);
  });
});

describe('ensureReplayTopic', () => {
  it('makes a topic for large records, or widens it; again changes nothing', async () => {
    const [fresh, narrow] = [`spec.${randomUUID()}`, `spec.${randomUUID()}`];
    const own = [{ name: 'retention.ms', value: '123456789' }];
    await admin.createTopics({ topics: [{ topic: narrow, numPartitions: 1, configEntries: own }] });
    for (let time = 0; time < 2; time++) for (const topic of [fresh, narrow]) await ensureReplayTopic(admin, topic, 3);
    const { topics } = await admin.fetchTopicMetadata({ topics: [fresh, narrow] });
    expect(topics.map(({ partitions }) => partitions.length)).toEqual([3, 3]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [fresh, narrow].map((name) => ({ type: 2, name, configNames: ['max.message.bytes', 'retention.ms'] })),
    });
    const values = new Map(
      resources.map(({ resourceName, configEntries }) => [
        resourceName,
        Object.fromEntries(configEntries.map(({ configName, configValue }) => [configName, configValue])),
      ]),
    );
    expect(values.get(fresh)).toMatchObject({ 'max.message.bytes': String(12 * 1_048_576) });
    expect(values.get(narrow)).toEqual({ 'max.message.bytes': String(12 * 1_048_576), 'retention.ms': '123456789' });
  });
});

describe('ensureTopics', () => {
  it('makes a .DLT topic with as many partitions, for records larger than its topic takes; again changes nothing', async () => {
    const topic = `spec.${randomUUID()}`;
    await admin.createTopics({
      topics: [
        { topic, numPartitions: 4, configEntries: [{ name: 'max.message.bytes', value: '2000000' }] },
        { topic: `${topic}.DLT`, numPartitions: 1 },
      ],
    });
    const other = `spec.${randomUUID()}`;
    await ensureTopics(admin, [topic, other], 3);
    await ensureTopics(admin, [topic, other], 5);
    const names = [topic, `${topic}.DLT`, other, `${other}.DLT`];
    const { topics } = await admin.fetchTopicMetadata({ topics: names });
    const counts = new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    expect(names.map((name) => counts.get(name))).toEqual([4, 4, 3, 3]);
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: 2, name: `${other}.DLT`, configNames: ['max.message.bytes'] }],
    });
    expect(Number(resources[0]?.configEntries[0]?.configValue)).toBe(1_048_588 + 65_536);
  });
});
