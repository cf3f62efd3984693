import { replayTopic } from '@allim/contracts';
import {
  type BatchHandler,
  dead,
  deadLetter,
  deadLetterTopic,
  done,
  KafkaBatchReader,
  type KafkaRecord,
  kafkaClient,
} from '@allim/kafka';
import { createLogger, loadSettings } from '@allim/platform';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { type KafkaMessage } from 'kafkajs';
import { Registry } from 'prom-client';
import { io, type Socket } from 'socket.io-client';
import request from 'supertest';
import { settings } from '../config.js';
import { secret, startNode, stopNodes, token } from '../testing/ops-nodes.js';
import { type JobShown } from './replays-fields.js';

const group = 'notification-group';
const topic = 'shopping.order.created';
const stack = useStack({ redis: false });
const logger = createLogger('spec', 'fatal');
const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);
const closing: (() => Promise<unknown>)[] = [];
let admin: ReturnType<ReturnType<typeof client>['admin']>;
let producer: ReturnType<ReturnType<typeof client>['producer']>;
let made = 0;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  admin = client().admin();
  producer = client().producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  await stopNodes();
});
afterAll(() => Promise.all([admin?.disconnect(), producer?.disconnect()]));

const start = (overrides: Record<string, string> = {}) =>
  startNode(stack, { KAFKA_COMMIT_INTERVAL_MS: '20', ...overrides });

const get = async (url: string, path: string) =>
  request(url)
    .get(`/api/v1/ops${path}`)
    .set('Authorization', `Bearer ${await token()}`);
const post = async (url: string, path: string, body: object) =>
  request(url)
    .post(`/api/v1/ops${path}`)
    .set('Authorization', `Bearer ${await token()}`)
    .send(body);

/** The consumer, as far as replays know it: reads its topics and theirs, and judges by the spec's rule. */
async function consume(judge: (record: KafkaRecord) => boolean): Promise<{ seen: KafkaRecord[] }> {
  const seen: KafkaRecord[] = [];
  const handle: BatchHandler<KafkaRecord> = async (records) => {
    seen.push(...records);
    return records.map((record) => (judge(record) ? done : dead('bad-schema', new Error('expected a number'))));
  };
  const of = loadSettings(settings, {
    ...{ KAFKA_BROKERS: stack.kafkaBrokers, DATABASE_URL: stack.databaseUrl, AUTH_JWT_SECRET: secret },
    ...{ KAFKA_GROUP_ID: group, KAFKA_COMMIT_INTERVAL_MS: '20' },
  });
  const reader = new KafkaBatchReader(
    {
      ...{ kafka: client(), topics: [topic], replays: { topic: replayTopic, of: [topic] } },
      ...{ settings: of, logger, registry: new Registry() },
      onFatal: (error) => {
        throw error;
      },
    },
    handle,
  );
  await reader.join();
  closing.push(() => reader.close());
  return { seen };
}

/** Letters of records with one key, which names them; answers the key. */
async function bury(count: number, value = '{"orderNumber":"주문-1"}'): Promise<string> {
  const key = `spec-${++made}`;
  await producer.send({
    topic: deadLetterTopic(topic),
    acks: -1,
    messages: Array.from({ length: count }, (_, index) =>
      deadLetter(
        {
          ...{ topic, partition: index % 3, offset: `${made}${String(index).padStart(6, '0')}`, key: Buffer.from(key) },
          ...{ value: Buffer.from(value), headers: { traceparent: '00-a-b-01' } },
          ...{ timestamp: '1770372000000', timestampType: 'CreateTime' as const },
        },
        { errorClass: 'bad-schema', error: new Error('expected a number'), group, attempts: 1, failedAt: Date.now() },
      ),
    ),
  });
  return key;
}

type CaseShown = { number: number; state: string; failures: number; replays: number; offset: string };
async function casesOf(url: string, key: string): Promise<CaseShown[]> {
  const found: CaseShown[] = [];
  for (let before = ''; ; ) {
    const { body } = await get(url, `/dead-letters?key=${key}&size=200${before}`);
    found.push(...body.data.items);
    if (body.data.next === null) return found;
    before = `&before=${body.data.next}`;
  }
}
const states = async (url: string, key: string) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(await casesOf(url, key), ({ state }) => state)).map(([state, all]) => [
      state,
      all?.length,
    ]),
  );
const indexed = (url: string, key: string, count: number) =>
  waitFor(async () => (await casesOf(url, key)).length === count, { what: `${count} cases of ${key}` });

const job = async (url: string, number: number): Promise<JobShown> =>
  (await get(url, `/replay-jobs/${number}`)).body.data;
const inState = async (url: string, number: number, ...wanted: JobShown['state'][]): Promise<JobShown> => {
  let shown!: JobShown;
  const is = async () => {
    shown = await job(url, number);
    return wanted.includes(shown.state);
  };
  await waitFor(is, { what: `job ${number} ${wanted.join(' or ')}`, timeoutMs: 30_000 });
  return shown;
};

async function plan(url: string, body: object): Promise<JobShown> {
  const answer = await post(url, '/replay-jobs', body);
  expect(answer.status).toBe(202);
  return inState(url, answer.body.data.job, 'planned');
}

async function run(url: string, body: object): Promise<JobShown> {
  const planned = await plan(url, body);
  expect((await post(url, `/replay-jobs/${planned.job}/start`, { reason: 'mended' })).status).toBe(200);
  return inState(url, planned.job, 'done', 'stopped');
}

/** All records of the topic of replays, those of this key only. */
async function replayed(key: string): Promise<KafkaMessage[]> {
  const ends = await admin.fetchTopicOffsets(replayTopic);
  const all = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const read: KafkaMessage[] = [];
  const consumer = client().consumer({ groupId: `spec-${++made}`, maxWaitTimeInMs: 50 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [replayTopic], fromBeginning: true });
    await consumer.run({ eachMessage: async ({ message }) => void read.push(message) });
    await waitFor(() => read.length >= all, { what: 'all replays', timeoutMs: 20_000 });
    return read.filter((message) => message.key?.toString() === key);
  } finally {
    await consumer.disconnect();
  }
}

describe('a replay', () => {
  it('brings what failed back to the consumer as it was, and to nobody else', async () => {
    const { seen } = await consume(() => true);
    const url = await start();
    const key = await bury(3);
    await indexed(url, key, 3);
    const untouched = await admin.fetchTopicOffsets(topic);
    const planned = await plan(url, { filter: { key }, rate: 0 });
    expect(planned).toMatchObject({ total: 3, published: 0, excluded: [], filter: { key }, createdBy: 'operator-1' });
    expect(await states(url, key)).toEqual({ open: 3 });
    const ended = await run(url, { filter: { key }, rate: 0 });
    expect(ended).toMatchObject({ state: 'done', total: 3, published: 3, failed: 0, skipped: 0, reason: 'mended' });
    expect(await states(url, key)).toEqual({ replayed: 3 });
    expect(seen.map(({ offset }) => offset).sort()).toEqual(
      (await casesOf(url, key)).map(({ offset }) => offset).sort(),
    );
    expect(seen[0]).toMatchObject({
      ...{ topic, timestamp: '1770372000000', timestampType: 'CreateTime' },
      key: Buffer.from(key),
      value: Buffer.from('{"orderNumber":"주문-1"}'),
    });
    expect(seen[0]?.headers.traceparent).toEqual(Buffer.from('00-a-b-01'));
    expect(await admin.fetchTopicOffsets(topic)).toEqual(untouched);
    expect(await replayed(key)).toHaveLength(3);
    const { body } = await get(url, '/audit?size=3');
    expect(body.data.items.map(({ action, actor, reason }: Record<string, string>) => [action, actor, reason])).toEqual(
      [
        ['replay.start', 'operator-1', 'mended'],
        ['replay.plan', 'operator-1', null],
        ['replay.plan', 'operator-1', null],
      ],
    );
    const [one] = await casesOf(url, key);
    const { data: letter } = (await get(url, `/dead-letters/${one?.number}`)).body;
    expect(letter.jobs[0]).toEqual({
      ...{ job: ended.job, state: 'done', letter: 'published', skippedFor: null },
      ...{ startedBy: 'operator-1', startedAt: expect.stringMatching(/Z$/), reason: 'mended' },
    });
    expect(letter.jobs.slice(1)).toMatchObject([{ state: 'planned', letter: 'pending', startedBy: null }]);
    expect(letter.fields.slice(0, 2)).toEqual([
      { field: 'orderNumber', expected: 'id', isNeeded: true, found: 'string', faults: [] },
      { field: 'userId', expected: 'user id', isNeeded: true, found: null, faults: [expect.any(String)] },
    ]);
  });

  it('whose cause still exists brings back the same cases, until they are parked', async () => {
    await consume(() => false);
    const url = await start({ REPLAY_MAX: '2' });
    const key = await bury(4);
    await indexed(url, key, 4);
    for (const round of [1, 2]) {
      const ended = await run(url, { filter: { key }, rate: 0 });
      expect(ended).toMatchObject({ state: 'done', published: 4, failed: 4 });
      const cases = await casesOf(url, key);
      expect(cases.map(({ failures, replays, state }) => [failures, replays, state])).toEqual(
        Array(4).fill([1 + round, round, round < 2 ? 'open' : 'parked']),
      );
    }
    const numbers = (await casesOf(url, key)).map(({ number }) => number);
    expect(await plan(url, { numbers })).toMatchObject({ total: 0, excluded: [{ reason: 'state', count: 4 }] });
    const forced = await run(url, { numbers, force: true, rate: 0 });
    expect(forced).toMatchObject({ published: 4, failed: 4 });
    const headers = (await replayed(key)).map((message) => Object.keys(message.headers ?? {}).length);
    expect(new Set(headers).size).toBe(1); // of no trip there are more
    expect(await states(url, key)).toEqual({ parked: 4 });
  });

  it('that fails too often is stopped after its first hundred, and goes on by order', async () => {
    let isMended = false;
    await consume(() => isMended);
    const url = await start();
    const key = await bury(300);
    await indexed(url, key, 300);
    const stopped = await run(url, { filter: { key }, rate: 0 });
    expect(stopped).toMatchObject({
      ...{ state: 'stopped', published: 100, failed: 100 },
      stopReason: '100 of 100 have failed again: more than 5 %',
    });
    expect(await states(url, key)).toEqual({ open: 300 });
    const { body } = await get(url, '/audit?action=replay.stop');
    expect(body.data.items[0]).toMatchObject({ actor: 'allim', subject: { job: stopped.job } });
    isMended = true;
    expect((await post(url, `/replay-jobs/${stopped.job}/resume`, {})).status).toBe(200);
    expect(await inState(url, stopped.job, 'done')).toMatchObject({ published: 300, failed: 100 });
    expect(await states(url, key)).toEqual({ open: 100, replayed: 200 });
  });

  it('stops at once when it is cancelled, and leaves the rest as it was', async () => {
    await consume(() => true);
    const url = await start();
    const key = await bury(90);
    await indexed(url, key, 90);
    const { job: number } = await plan(url, { filter: { key }, rate: 20 });
    await post(url, `/replay-jobs/${number}/start`, { reason: 'mended' });
    await waitFor(async () => (await job(url, number)).published > 0, { what: 'the first replays' });
    expect((await post(url, `/replay-jobs/${number}/pause`, {})).body.data.state).toBe('paused');
    expect((await post(url, `/replay-jobs/${number}/resume`, {})).body.data.state).toBe('running');
    expect((await post(url, `/replay-jobs/${number}/cancel`, { reason: 'wrong set' })).status).toBe(200);
    const { published, total } = await inState(url, number, 'cancelled');
    expect(published).toBeLessThan(90);
    expect(await states(url, key)).toEqual({ open: total - published, replayed: published });
    expect(await replayed(key)).toHaveLength(published);
    const { body } = await get(url, `/replay-jobs/${number}/letters?state=pending&size=200`);
    expect(body.data.items).toHaveLength(total - published);
    const again = await post(url, `/replay-jobs/${number}/cancel`, {});
    expect([again.status, again.body.error]).toEqual([
      409,
      {
        code: 'D003',
        message: `replay job ${number} is cancelled: expected one that is not ended, and not wholly published`,
      },
    ]);
  });

  it('goes on where it was when ops is started again, and is done once by two nodes', async () => {
    const { seen } = await consume(() => true);
    let url = await start();
    const key = await bury(60);
    await indexed(url, key, 60);
    const { job: number } = await plan(url, { filter: { key }, rate: 30 });
    const clicks = await Promise.all(
      Array.from({ length: 5 }, () => post(url, `/replay-jobs/${number}/start`, { reason: 'mended' })),
    );
    expect(clicks.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409, 409]);
    await waitFor(async () => (await job(url, number)).published > 5, { what: 'some replays' });
    await stopNodes();
    [url] = [await start(), await start({ KAFKA_GROUP_ID: 'allim-ops' })];
    expect(await inState(url, number, 'done')).toMatchObject({ published: 60, skipped: 0, failed: 0 });
    expect(new Set(seen.map(({ offset }) => offset)).size).toBe(60);
    expect(await states(url, key)).toEqual({ replayed: 60 });
  });

  it('takes the edited payload, if its topic would', async () => {
    const { seen } = await consume(({ value }) => value?.toString().includes('"itemCount":2') === true);
    const url = await start();
    const key = await bury(1, '{"orderNumber":"A-1","userId":"user-1","totalAmount":"many","itemCount":2}');
    await indexed(url, key, 1);
    const [one] = await casesOf(url, key);
    const refusal = async (body: object) => {
      const answer = await post(url, '/replay-jobs', body);
      return [answer.status, answer.body.error?.message];
    };
    const numbers = [one!.number];
    expect(await refusal({ numbers, value: '{"orderNumber":' })).toEqual([400, expect.stringMatching(/^value: /)]);
    expect(await refusal({ numbers, value: '{"orderNumber":"A-1"}' })).toEqual([
      400,
      expect.stringMatching(/^value: .*userId/),
    ]);
    expect(await refusal({ filter: {}, value: '{}' })).toEqual([400, 'value: expected only with one number']);
    expect(await refusal({ filter: {}, numbers })).toEqual([400, 'filter: expected either filter or numbers']);
    expect(await refusal({ filter: { state: 'discarded' } })).toEqual([
      400,
      'filter.state: expected open, or parked with force: nothing else can be replayed',
    ]);
    expect(await refusal({ numbers: [999_999_999], value: '{}' })).toEqual([404, 'there is no dead letter 999999999']);
    const value = '{"orderNumber":"A-1","userId":"user-1","totalAmount":45000,"itemCount":2}';
    const ended = await run(url, { numbers, value });
    expect(ended).toMatchObject({ state: 'done', isEdited: true, published: 1, failed: 0 });
    expect(seen.map((record) => record.value?.toString())).toEqual([value]);
    expect(await states(url, key)).toEqual({ replayed: 1 });
  });

  it('waits while Kafka is away, and is done once it has all', async () => {
    const { seen } = await consume(() => true);
    const url = await start();
    const key = await bury(40);
    await indexed(url, key, 40);
    const { job: number } = await plan(url, { filter: { key }, rate: 20 });
    await post(url, `/replay-jobs/${number}/start`, { reason: 'mended' });
    await waitFor(async () => (await job(url, number)).published > 0, { what: 'the first replays' });
    await stack.kafka.kill();
    await waitFor(async () => (await states(url, key)).replaying !== undefined, {
      what: 'letters that wait for Kafka',
    });
    await stack.kafka.start();
    await waitFor(async () => (await job(url, number)).state === 'done', { what: 'the end', timeoutMs: 60_000 });
    expect(await states(url, key)).toEqual({ replayed: 40 });
    expect(new Set(seen.map(({ offset }) => offset)).size).toBe(40);
  }, 120_000);

  it('loses nothing and has nothing twice when the database is away meanwhile', async () => {
    const { seen } = await consume(() => true);
    const url = await start();
    const key = await bury(60);
    await indexed(url, key, 60);
    const { job: number } = await plan(url, { filter: { key }, rate: 20 });
    await post(url, `/replay-jobs/${number}/start`, { reason: 'mended' });
    await waitFor(async () => (await job(url, number)).published > 0, { what: 'the first replays' });
    await stack.database.kill();
    await stack.database.start();
    const isDone = async () => (await get(url, `/replay-jobs/${number}`)).body.data?.state === 'done';
    await waitFor(isDone, { what: 'the end', timeoutMs: 60_000 });
    expect(await states(url, key)).toEqual({ replayed: 60 });
    expect(new Set(seen.map(({ offset }) => offset)).size).toBe(60);
  }, 120_000);
});

describe('the feed of jobs', () => {
  const listen = (url: string, auth: object): Socket => {
    const socket = io(url, { path: '/api/v1/ops/socket.io', auth, reconnection: false, transports: ['websocket'] });
    closing.push(async () => socket.disconnect());
    return socket;
  };

  it('tells who may see them how they get on', async () => {
    await consume(() => true);
    const url = await start();
    const key = await bury(2);
    await indexed(url, key, 2);
    const told: JobShown[] = [];
    listen(url, { token: await token('ops:read') }).on('job', (one) => told.push(one));
    const { job: number } = await run(url, { filter: { key }, rate: 0 });
    const last = () => told.findLast((one) => one.job === number);
    await waitFor(() => last()?.state === 'done', { what: 'the news that it is done' });
    expect(last()).toEqual(await job(url, number));
  });

  it.each([
    ['no token', {}, 'auth.token: expected an access token'],
    ['what is none', { token: 'x' }, expect.stringContaining('token')],
  ])('lets nobody in with %s', async (_, auth, message) => {
    const refused = Promise.withResolvers<Error>();
    listen(await start(), auth).on('connect_error', refused.resolve);
    expect((await refused.promise).message).toEqual(message);
  });

  it('lets nobody in without the scope', async () => {
    const refused = Promise.withResolvers<Error>();
    listen(await start(), { token: await token('notify') }).on('connect_error', refused.resolve);
    expect((await refused.promise).message).toBe('expected a token with scope "ops:read"');
  });
});
