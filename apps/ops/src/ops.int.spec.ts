import { deadLetter, deadLetterTopic, kafkaClient } from '@allim/kafka';
import { createLogger } from '@allim/platform';
import { type Database, openDatabase, withSession } from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { type IHeaders } from 'kafkajs';
import request from 'supertest';
import { startNode, stopNodes, token } from './testing/ops-nodes.js';

type Client = ReturnType<typeof kafkaClient>;

const stack = useStack({ redis: false });
const logger = createLogger('spec', 'fatal');
let admin: ReturnType<Client['admin']>;
let producer: ReturnType<Client['producer']>;
let database: Database;
let made = 0;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  const client = kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);
  admin = client.admin();
  producer = client.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
});
afterEach(stopNodes);
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect(), database?.destroy()]);
});

const start = (overrides?: Record<string, string>) => startNode(stack, overrides);

async function get(url: string, path: string, scope?: string) {
  return request(url)
    .get(`/api/v1/ops/dead-letters${path}`)
    .set('Authorization', `Bearer ${await token(scope)}`);
}

/** A topic of dead letters that no other spec writes to; answers the name of the topic whose records died. */
async function deadTopic(): Promise<string> {
  const topic = `spec.${++made}`;
  await admin.createTopics({ topics: [{ topic: deadLetterTopic(topic), numPartitions: 2 }] });
  return topic;
}

interface Died {
  offset: number;
  key?: string;
  value?: Buffer | string | null;
  headers?: IHeaders;
  errorClass?: string;
  message?: string;
}

/** Letters as our own consumer writes them. */
async function bury(topic: string, ...died: Died[]): Promise<void> {
  const messages = died.map(({ offset, key = 'user-1', value = '{}', headers = {}, ...error }) =>
    deadLetter(
      {
        ...{
          topic,
          partition: 1,
          offset: String(offset),
          headers,
          timestamp: '1770372000000',
          timestampType: 'CreateTime',
        },
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
      },
      {
        errorClass: error.errorClass ?? 'bad-schema',
        error: new Error(error.message ?? `order ${offset}: expected a number`),
        group: 'notification-group',
        attempts: 1,
        failedAt: Date.now(),
      },
    ),
  );
  await producer.send({ topic: deadLetterTopic(topic), messages, acks: -1 });
}

async function casesOf(url: string, topic: string, more = '') {
  const { status, body } = await get(url, `?topic=${topic}&size=200${more}`);
  expect(status).toBe(200);
  return body.data.items as { number: number; offset: string; failures: number; state: string; key: unknown }[];
}

const indexedAll = (url: string, topic: string, count: number) =>
  waitFor(async () => (await casesOf(url, topic)).length === count, { what: `${count} cases of ${topic}` });

describe('the index', () => {
  it('has a case for each letter, those of before the start and of topics that come later, too', async () => {
    const before = await deadTopic();
    await bury(before, { offset: 1 }, { offset: 2 });
    const url = await start();
    await indexedAll(url, before, 2);
    const later = await deadTopic();
    await bury(later, { offset: 7, key: '주문-1', value: '{"orderNumber":7}' });
    await indexedAll(url, later, 1);
    expect(await casesOf(url, later)).toEqual([
      expect.objectContaining({
        topic: later,
        partition: 1,
        offset: '7',
        consumerGroup: 'notification-group',
        key: { as: 'text', shown: '주문-1', bytes: 8, isCut: false },
        errorClass: 'bad-schema',
        errorType: 'Error',
        message: 'order 7: expected a number',
        state: 'open',
        failures: 1,
        attempts: 1,
        replays: 0,
        valueBytes: 17,
      }),
    ]);
  });

  it('is the same after the same letters were read again, by several programs at once', async () => {
    const topic = await deadTopic();
    await bury(topic, ...Array.from({ length: 50 }, (_, offset) => ({ offset })));
    const url = await start();
    await start({ KAFKA_GROUP_ID: 'another-index' });
    await start({ KAFKA_GROUP_ID: 'a-third-one' });
    await indexedAll(url, topic, 50);
    const lag = async () => {
      const groups = ['allim-ops', 'another-index', 'a-third-one'];
      const [end] = await admin
        .fetchTopicOffsets(deadLetterTopic(topic))
        .then((all) => all.filter((one) => one.partition === 1));
      const read = await Promise.all(
        groups.map((groupId) => admin.fetchOffsets({ groupId, topics: [deadLetterTopic(topic)] })),
      );
      return read.every(([one]) => one?.partitions.find(({ partition }) => partition === 1)?.offset === end?.high);
    };
    await waitFor(lag, { what: 'all three to have read everything' });
    const cases = await casesOf(url, topic);
    expect(cases).toHaveLength(50);
    expect(cases.every(({ failures, state }) => failures === 1 && state === 'open')).toBe(true);
  });

  it('counts a case up that fails again', async () => {
    const topic = await deadTopic();
    const url = await start();
    await bury(topic, { offset: 3 });
    await indexedAll(url, topic, 1);
    await bury(topic, { offset: 3, message: 'order 3: still expected a number' });
    await waitFor(async () => (await casesOf(url, topic))[0]?.failures === 2, { what: 'the second failure' });
    expect(await casesOf(url, topic)).toEqual([
      expect.objectContaining({ state: 'open', message: 'order 3: still expected a number' }),
    ]);
  });

  it('loses nothing while the database is away, and has nothing twice', async () => {
    const topic = await deadTopic();
    const url = await start();
    await bury(topic, { offset: 1 });
    await indexedAll(url, topic, 1);
    await stack.database.kill();
    await bury(topic, { offset: 2 }, { offset: 3 });
    expect((await get(url, `?topic=${topic}`)).status).toBe(503);
    await stack.database.start();
    await waitFor(async () => (await get(url, `?topic=${topic}`)).body.data?.items.length === 3, {
      what: 'all three cases',
      timeoutMs: 30_000,
    });
    expect((await casesOf(url, topic)).map(({ failures }) => failures)).toEqual([1, 1, 1]);
  });
});

describe('the operators’ API', () => {
  it('finds cases by what is asked, page by page', async () => {
    const topic = await deadTopic();
    const url = await start();
    await bury(
      topic,
      { offset: 1, errorClass: 'bad-json', key: 'a', value: '<b>주문</b>' },
      { offset: 2, key: 'b', message: 'quite another thing' },
      { offset: 3, key: 'b' },
    );
    await indexedAll(url, topic, 3);
    const offsets = async (more: string) => (await casesOf(url, topic, more)).map(({ offset }) => offset).sort();
    expect(await offsets('&class=bad-json')).toEqual(['1']);
    expect(await offsets('&key=b')).toEqual(['2', '3']);
    expect(await offsets(`&text=${encodeURIComponent('주문')}`)).toEqual(['1']);
    expect(await offsets('&text=another')).toEqual(['2']);
    expect(await offsets('&since=2000-01-01T00:00:00Z&until=2001-01-01T00:00:00Z')).toEqual([]);
    expect(await offsets('&state=discarded')).toEqual([]);
    const pages: string[] = [];
    for (let before = ''; ; ) {
      const { body } = await get(url, `?topic=${topic}&size=1${before}`);
      pages.push(...body.data.items.map(({ offset }: { offset: string }) => offset));
      if (body.data.next === null) break;
      before = `&before=${body.data.next}`;
    }
    expect(pages.sort()).toEqual(['1', '2', '3']);
  });

  it('groups them by topic, class and kind of message', async () => {
    const topic = await deadTopic();
    const url = await start();
    await bury(topic, { offset: 11 }, { offset: 12 }, { offset: 13, message: 'quite another thing' });
    await indexedAll(url, topic, 3);
    const { body } = await get(url, `/groups?topic=${topic}`);
    expect(body.data.items.map(({ counts }: { counts: { open: number } }) => counts.open).sort()).toEqual([1, 2]);
    const [largest] = body.data.items.filter(({ counts }: { counts: { open: number } }) => counts.open === 2);
    expect(await casesOf(url, topic, `&group=${largest.id}`)).toHaveLength(2);
    const topics = await get(url, '/topics');
    expect(topics.body.data.items).toContainEqual(
      expect.objectContaining({ topic, counts: { open: 3, replaying: 0, replayed: 0, parked: 0, discarded: 0 } }),
    );
  });

  it('shows one with everything, hides what it holds from who may not see it', async () => {
    const topic = await deadTopic();
    const url = await start();
    const value = Buffer.concat([Buffer.from('{"a":"<script>alert(1)</script>"}'), Buffer.alloc(900_000, ' ')]);
    await bury(topic, {
      offset: 5,
      value,
      headers: { traceparent: '00-a-b-01', many: ['1', '2'], bytes: Buffer.from([0xff]) },
    });
    await indexedAll(url, topic, 1);
    const [one] = await casesOf(url, topic);
    const { body } = await get(url, `/${one?.number}`);
    expect(body.data).toMatchObject({
      isMasked: false,
      recordTimestamp: '2026-02-06T10:00:00.000Z',
      letter: { topic: deadLetterTopic(topic), partition: 1, offset: '0' },
      value: { as: 'text', bytes: value.length, isCut: true },
      stack: expect.stringContaining('ops.int.spec'),
      fields: null,
      jobs: [],
    });
    expect(body.data.value.shown).toHaveLength(65_536);
    expect(body.data.headers).toEqual(
      expect.arrayContaining([
        { name: 'traceparent', value: { as: 'text', shown: '00-a-b-01', bytes: 9, isCut: false } },
        { name: 'many', value: { as: 'text', shown: '2', bytes: 1, isCut: false } },
        { name: 'bytes', value: { as: 'hex', shown: 'ff', bytes: 1, isCut: false } },
      ]),
    );
    expect(body.data.headers).toHaveLength(4);
    const masked = await get(url, `/${one?.number}`, 'ops');
    expect(masked.body.data).toMatchObject({
      isMasked: true,
      key: null,
      value: null,
      headers: [],
      fields: null,
      valueBytes: value.length,
    });
    expect((await get(url, '/999999999')).body).toEqual({
      success: false,
      error: { code: 'D001', message: 'there is no dead letter 999999999' },
    });
  });

  it('shows no more than the beginning of ten megabytes', async () => {
    const topic = `spec.${++made}`;
    const configEntries = [{ name: 'max.message.bytes', value: '12000000' }];
    await admin.createTopics({ topics: [{ topic: deadLetterTopic(topic), numPartitions: 2, configEntries }] });
    const url = await start();
    await bury(topic, { offset: 1, value: Buffer.alloc(10_000_000, '가나') });
    await indexedAll(url, topic, 1);
    const [one] = await casesOf(url, topic);
    const { body, text } = await get(url, `/${one?.number}`);
    expect(body.data.value).toMatchObject({ as: 'text', bytes: 10_000_000, isCut: true });
    expect(text.length).toBeLessThan(100_000);
  });

  it('gives cases up once, with who and why on record', async () => {
    const topic = await deadTopic();
    const url = await start();
    await bury(topic, { offset: 1 }, { offset: 2 });
    await indexedAll(url, topic, 2);
    const numbers = (await casesOf(url, topic)).map(({ number }) => number);
    const discard = async (body: object, scope?: string) =>
      request(url)
        .post('/api/v1/ops/dead-letters/discard')
        .set('Authorization', `Bearer ${await token(scope)}`)
        .send(body);
    expect((await discard({ numbers, reason: 'tests' }, 'ops:read ops:payload')).status).toBe(403);
    expect((await discard({ numbers, reason: ' ' })).body.error.message).toBe(
      'reason: expected a text of 1 to 500 characters',
    );
    const answers = await Promise.all([1, 2, 3].map(() => discard({ numbers, reason: 'a broken test run' })));
    expect(answers.flatMap(({ body }) => body.data.discarded).sort()).toEqual(numbers.toSorted());
    expect((await casesOf(url, topic)).map(({ state }) => state)).toEqual(['discarded', 'discarded']);
    const log = await withSession(database, (session) =>
      session.query<{ actor: string; action: string; reason: string }[]>(
        "SELECT actor, action, reason FROM audit_log WHERE reason = 'a broken test run'",
      ),
    );
    expect(log.length).toBeGreaterThan(0);
    expect(log.every(({ actor, action }) => actor === 'operator-1' && action === 'discard')).toBe(true);
  });

  it('lets nobody in without a token, with a wrong one, or without the scope, on any route', async () => {
    const url = await start();
    const { body } = await request(url).get('/docs-json');
    const routes = Object.entries(body.paths as Record<string, Record<string, unknown>>)
      .filter(([path]) => path.startsWith('/api/'))
      .flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => ({ path: path.replace(/{\w+}/g, '1'), method })),
      );
    expect(routes.length).toBeGreaterThanOrEqual(16);
    const unsigned = (claims: object) =>
      [{ alg: 'none' }, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
    const soon = Math.floor(Date.now() / 1000) + 300;
    const scope = 'ops:read ops:payload ops:replay';
    const credentials: [status: number, Authorization: string][] = [
      [401, ''],
      [401, 'Bearer'],
      [401, 'Bearer x'],
      [401, 'Bearer null'],
      [401, `Basic ${Buffer.from('ops:ops').toString('base64')}`],
      [401, await token()],
      [401, `Bearer ${unsigned({ sub: 'operator-1', scope, exp: soon })}.`],
      [401, `Bearer ${await token(scope, { by: 'the secret of somebody else, as long as ours' })}`],
      [401, `Bearer ${await token(scope, { until: '-1 minute' })}`],
      [401, `Bearer ${await token()}x`],
      [403, `Bearer ${await token('')}`],
      [403, `Bearer ${await token('notify ops:payload')}`],
      [403, `Bearer ${await token('OPS opsops:read ops:reading ops:replayed')}`],
    ];
    expect(routes.length * credentials.length).toBeGreaterThanOrEqual(200);
    for (const { path, method } of routes) {
      for (const [expected, Authorization] of credentials) {
        const { status } = await request(url)
          [method as 'get' | 'post'](path)
          .set(Authorization ? { Authorization } : {});
        expect({ path, method, Authorization, status }).toEqual({ path, method, Authorization, status: expected });
      }
    }
  });
});
