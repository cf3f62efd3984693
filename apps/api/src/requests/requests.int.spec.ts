import { identityOf, type Planned, readEvent, render, requestTopic } from '@allim/catalogue';
import { ensureTopics, kafkaClient, kafkaSettings } from '@allim/kafka';
import { createLogger, loadSettings } from '@allim/platform';
import { type Database, Intake, openDatabase } from '@allim/store';
import { useStack } from '@allim/testing';
import { type Admin, type IHeaders, type Kafka } from 'kafkajs';
import request from 'supertest';
import { z } from 'zod';
import { type ApiNode, Consumer, startNode, stopNode, stopNodes, token } from '../testing/api-nodes.js';

const stack = useStack();
const path = '/api/v1/requests';
let node: ApiNode;
let consumer: Consumer;
let kafka: Kafka;
let admin: Admin;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  node = await startNode(stack);
  kafka = kafkaClient(
    'spec',
    loadSettings(z.object(kafkaSettings), { KAFKA_BROKERS: stack.kafkaBrokers }),
    createLogger('spec', 'fatal'),
  );
  admin = kafka.admin();
  await admin.connect();
});
afterAll(async () => {
  await stopNodes();
  await admin?.disconnect().catch(() => {});
  await consumer?.close();
});

const announcement = {
  to: { userId: 'user-1' },
  type: 'SYSTEM',
  template: 'announcement',
  params: { title: '점검 안내', message: '02:00에 점검합니다' },
};

/** As a service would; `body` may be JSON text. */
async function ask(
  body: object | string,
  { caller = 'shop', scope = 'notify', ...headers }: Record<string, string> = {},
) {
  return request(node.url)
    .post(path)
    .set('Authorization', `Bearer ${await token(caller, scope === 'none' ? {} : { scope })}`)
    .set('Content-Type', 'application/json')
    .set(headers)
    .send(typeof body === 'string' ? body : JSON.stringify(body));
}

interface Found {
  key: string | undefined;
  text: string;
  partition: number;
  headers: IHeaders;
}

let readers = 0;

/** Everything that is on the topic by now. */
async function records(): Promise<Found[]> {
  const ends = await admin.fetchTopicOffsets(requestTopic);
  const total = ends.reduce((sum, { low, high }) => sum + Number(high) - Number(low), 0);
  const found: Found[] = [];
  if (total === 0) return found;
  const reader = kafka.consumer({ groupId: `reader-${++readers}`, maxWaitTimeInMs: 100 });
  const all = Promise.withResolvers<void>();
  await reader.connect();
  await reader.subscribe({ topic: requestTopic, fromBeginning: true });
  await reader.run({
    eachMessage: async ({ partition, message: { key, value, headers = {} } }) => {
      found.push({ key: key?.toString(), text: value!.toString(), partition, headers });
      if (found.length >= total) all.resolve();
    },
  });
  await all.promise;
  await reader.disconnect();
  return found;
}

const requestIdIn = ({ text }: Found): string => JSON.parse(text).requestId;
const recordsOf = async (requestId: string) => (await records()).filter((one) => requestIdIn(one) === requestId);

const unavailable = { success: false, error: { code: 'C005', message: expect.stringContaining('try again') } };

async function within<T>(ms: number, work: () => Promise<T>): Promise<T> {
  const began = performance.now();
  const result = await work();
  expect(performance.now() - began).toBeLessThan(ms);
  return result;
}

it('answers C005 within 5 s as long as the consumer has never made the topic', async () => {
  const { status, body, headers } = await within(5_000, () => ask(announcement));
  expect(status).toBe(503);
  expect(body).toEqual(unavailable);
  expect(headers['retry-after']).toBe('1');
});

describe('with the topic', () => {
  beforeAll(() => ensureTopics(admin, [requestTopic], 3));

  // The first one here: this node does not know the topic's partitions yet, and asks Kafka for them.
  it('takes back what was not written when its time was over', async () => {
    process.kill(stack.kafka.pid!, 'SIGSTOP');
    try {
      expect((await within(5_000, () => ask(announcement))).body).toEqual(unavailable);
    } finally {
      process.kill(stack.kafka.pid!, 'SIGCONT');
    }
    const { body } = await ask(announcement);
    expect((await records()).map(requestIdIn)).toEqual([body.data.requestId]);
  }, 30_000);

  describe('a request', () => {
    it('is on Kafka, keyed by its recipient, when it is accepted', async () => {
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
      const { status, body } = await ask(announcement, { traceparent });
      expect(status).toBe(202);
      expect(body).toEqual({ success: true, data: { requestId: expect.stringMatching(/^[\da-f]{8}-[\da-f-]{27}$/) } });
      const [record, ...others] = await recordsOf(body.data.requestId);
      expect(others).toEqual([]);
      expect(record).toMatchObject({ key: 'user-1' });
      expect(record!.headers.traceparent?.toString()).toBe(traceparent);
      expect(JSON.parse(record!.text)).toEqual({ requestId: body.data.requestId, ...announcement });
    });

    it('to a topic is keyed by the topic', async () => {
      const { body } = await ask({ ...announcement, to: { topic: 'timedeal' } }, { traceparent: 'what?' });
      const [record] = await recordsOf(body.data.requestId);
      expect(record).toMatchObject({ key: 'timedeal', headers: {} });
    });

    it('may say all that the event may', async () => {
      const full = {
        to: { userId: 7 },
        type: 'PAYMENT_COMPLETED',
        template: 'auth_code',
        params: { code: '042917', minutes: 3 },
        channels: ['email'],
        priority: 'low',
        link: '/x',
        reference: { type: 'order', id: 'ORD-1' },
        sendAt: '2026-02-06T19:00:00+09:00',
      };
      const { status, body } = await ask(full);
      expect(status).toBe(202);
      const [record] = await recordsOf(body.data.requestId);
      expect(record).toMatchObject({ key: '7' });
      expect(readEvent(requestTopic, Buffer.from(record!.text))).toMatchObject({
        to: { userId: '7' },
        channels: ['email'],
        priority: 'low',
        reference: { type: 'order', id: 'ORD-1' },
      });
      expect((await ask({ ...full, link: null, reference: null, sendAt: null, channels: null })).status).toBe(202);
    });

    it('keeps every digit of a number, and takes a byte order mark', async () => {
      const text = JSON.stringify({ ...announcement, reference: { type: 'order', id: '@' } });
      const { body } = await ask(`\ufeff ${text.replace('"@"', '90071992547409931')}`);
      const [record] = await recordsOf(body.data.requestId);
      expect(readEvent(requestTopic, Buffer.from(record!.text))?.reference?.id).toBe('90071992547409931');
    });
  });

  describe('the Idempotency-Key', () => {
    const idOf = async (key: string | undefined, caller?: string): Promise<string> => {
      const { body } = await ask(announcement, { ...(key && { 'Idempotency-Key': key }), ...(caller && { caller }) });
      return body.data.requestId;
    };

    it('makes the same request of the same key of the same caller, and of no other', async () => {
      const first = await idOf('order-17');
      expect(await idOf('order-17')).toBe(first);
      const others = [
        await idOf('order-18'),
        await idOf('order-17', 'blog'),
        await idOf(undefined),
        await idOf(undefined),
      ];
      expect(new Set([first, ...others]).size).toBe(5);
      expect(await idOf('!~'.repeat(100))).not.toBe(first);
    });

    it('makes one notification, however often it comes', async () => {
      const requestId = await idOf('once');
      await idOf('once');
      const twice = await recordsOf(requestId);
      expect(twice).toHaveLength(2);
      const database: Database = await openDatabase({ url: stack.databaseUrl, connections: 1 });
      const saved = await new Intake(database).save(
        twice.map(({ text, partition }, offset) =>
          notification(readEvent(requestTopic, Buffer.from(text))!, {
            topic: requestTopic,
            partition,
            offset: `${offset}`,
          }),
        ),
      );
      await database.destroy();
      expect(saved.map(({ kind }) => kind)).toEqual(['new', 'duplicate']);
    });

    it.each(['', ' ', 'a b', 'k'.repeat(201), 'caf\u00e9'])('is refused when it is %j', async (key) => {
      const { status, body } = await ask(announcement, { 'Idempotency-Key': key });
      expect(status).toBe(400);
      expect(body.error).toEqual({
        code: 'C003',
        message: 'Idempotency-Key: expected 1 to 200 visible ASCII characters',
      });
    });
  });

  describe('is refused, and nothing is published:', () => {
    let before: string;
    const ends = async () => JSON.stringify(await admin.fetchTopicOffsets(requestTopic));
    beforeAll(async () => {
      before = await ends();
    });
    afterAll(async () => expect(await ends()).toBe(before));

    it.each(['none', 'ops', 'notification'])('with scope %s', async (scope) => {
      const { status, body } = await ask(announcement, { scope });
      expect(status).toBe(403);
      expect(body.error.code).toBe('C002');
    });

    it('without a token', async () => {
      const { body } = await request(node.url).post(path).send(announcement).expect(401);
      expect(body.error.code).toBe('C001');
    });

    const { params } = announcement;
    it.each<[string, object | string]>([
      ['to: expected {"userId": …} or {"topic": …}', {}],
      ['to: expected', { ...announcement, to: { userId: 'u', topic: 't' } }],
      ['to: expected', { ...announcement, to: { userId: 'u'.repeat(65) } }],
      ['to: expected', { ...announcement, to: { userId: '' } }],
      ['type: ', { ...announcement, type: undefined }],
      ['type: ', { ...announcement, type: 5 }],
      ['template: expected one of announcement, auth_code', { ...announcement, template: 'nope' }],
      ['template: expected one of', { ...announcement, template: '__proto__' }],
      ['params', { ...announcement, params: undefined }],
      ['title: ', { ...announcement, params: { message: 'm' } }],
      ['code: ', { ...announcement, template: 'auth_code', params: { code: '1', minutes: 3 } }],
      ['code: ', { ...announcement, template: 'auth_code', params: { minutes: 3 } }],
      ['link: ', { ...announcement, template: 'campaign', params }],
      ['params.titel: expected no such field', { ...announcement, params: { ...params, titel: 'x' } }],
      ['channels: 0: ', { ...announcement, channels: ['pigeon'] }],
      ['priority: ', { ...announcement, priority: 'urgent' }],
      ['link: expected a path', { ...announcement, link: 'javascript:alert(1)' }],
      ['sendAt: expected a time', { ...announcement, sendAt: 'tomorrow' }],
      ['reference: type: ', { ...announcement, reference: { type: '', id: '1' } }],
      ['reference.kind: expected no such field', { ...announcement, reference: { type: 'a', id: '1', kind: 'x' } }],
      ['title: expected at most 200 characters', { ...announcement, params: { title: 't'.repeat(201), message: 'm' } }],
      ['message: expected at most 1000', { ...announcement, params: { title: 't', message: 'm'.repeat(1_001) } }],
      ['link: expected at most 500 characters', { ...announcement, link: `/${'l'.repeat(500)}` }],
      ['requestId: expected no such field', { ...announcement, requestId: 'mine' }],
      ['userId: expected no such field', { ...announcement, userId: 'user-1' }],
      ['critical: expected no such field', { ...announcement, critical: true }],
      ['requestId: expected no such field', '{"request\\u0049d":"mine"}'],
      ['body: ', '[]'],
      ['body: expected a JSON object', '{"to"'],
      ['body: ', ''],
    ])('with C003 %j', async (message, body) => {
      const answer = await ask(body);
      expect(answer.status).toBe(400);
      expect(answer.body).toEqual({
        success: false,
        error: { code: 'C003', message: expect.stringContaining(message) },
      });
      expect(answer.body.error.message).not.toContain(requestTopic);
    });

    it('of an unknown type: N003', async () => {
      const { status, body } = await ask({ ...announcement, type: 'ORDER_EATEN' });
      expect(status).toBe(400);
      expect(body.error).toEqual({
        code: 'N003',
        message: expect.stringContaining('type: expected one of ORDER_CREATED'),
      });
    });

    it('in another encoding, as another type, too large, or with a query', async () => {
      const latin = Buffer.from(JSON.stringify({ ...announcement, params: { title: 'é', message: 'm' } }), 'latin1');
      const authorization = `Bearer ${await token('shop', { scope: 'notify' })}`;
      const raw = (type: string, body: Buffer) =>
        fetch(node.url + path, {
          method: 'POST',
          headers: { authorization, 'Content-Type': type },
          body: new Uint8Array(body),
        });
      const notUtf8 = await raw('application/json', latin);
      expect(notUtf8.status).toBe(400);
      expect(await notUtf8.json()).toMatchObject({ error: { code: 'C003', message: 'value: expected UTF-8' } });
      expect((await raw('text/plain', Buffer.from(JSON.stringify(announcement)))).status).toBe(415);
      expect((await ask({ ...announcement, params: { title: 't'.repeat(70_000) } })).status).toBe(413);
      await request(node.url)
        .post(`${path}?dryRun=1`)
        .set('Authorization', authorization)
        .send(announcement)
        .expect(400);
    });
  });

  it('is documented from the catalogue', async () => {
    const { body } = await request(node.url).get('/docs-json').expect(200);
    const { post } = body.paths[path];
    expect(Object.keys(post.requestBody.content['application/json'].schema.properties)).toEqual(
      expect.arrayContaining([
        'to',
        'type',
        'template',
        'params',
        'channels',
        'priority',
        'link',
        'reference',
        'sendAt',
      ]),
    );
    expect(Object.keys(post.responses)).toEqual(
      expect.arrayContaining(['202', '400', '401', '403', '413', '415', '503']),
    );
    expect(post.responses).not.toHaveProperty('200');
    expect(post.parameters).toEqual([expect.objectContaining({ name: 'Idempotency-Key', in: 'header' })]);
  });

  describe('while Kafka', () => {
    const state = async (at: ApiNode) =>
      request(at.url)
        .get('/api/v1/notifications/state')
        .auth(await token('user-1'), { type: 'bearer' });

    it('hangs: C005 within 5 s, and what waits is bounded', async () => {
      process.kill(stack.kafka.pid!, 'SIGSTOP');
      try {
        const answers = await within(5_500, () => Promise.all(Array.from({ length: 210 }, () => ask(announcement))));
        expect(answers.map(({ status }) => status)).toEqual(Array(210).fill(503));
        const atOnce = answers.filter(({ body }) => body.error.message.includes('too many'));
        expect(atOnce).toHaveLength(10);
        expect((await state(node)).status).toBe(200);
      } finally {
        process.kill(stack.kafka.pid!, 'SIGCONT');
      }
    }, 30_000);

    it('is killed: C005 within 5 s, nothing is published later, and everything else goes on', async () => {
      await stack.kafka.kill();
      expect((await state(node)).status).toBe(200);
      await request(node.url).get('/health/ready').expect(200);
      const fresh = await startNode(stack);
      expect((await state(fresh)).status).toBe(200);
      await stopNode(fresh);

      const answers = await within(5_000, () =>
        Promise.all([1, 2, 3].map(() => ask(announcement, { 'Idempotency-Key': 'k' }))),
      );
      for (const { status, body } of answers) {
        expect(status).toBe(503);
        expect(body).toEqual(unavailable);
      }
      const { text } = await request(node.url).get('/metrics');
      expect(text).toMatch(/allim_api_notification_requests_total\{outcome="unavailable"\} [1-9]/);

      await stack.kafka.start();
      const again = await ask(announcement, { 'Idempotency-Key': 'k' });
      expect(again.status).toBe(202);
      expect(await recordsOf(again.body.data.requestId)).toHaveLength(1);
    }, 60_000);
  });
});

/** What the consumer saves of it. */
function notification(planned: Planned, origin: { topic: string; partition: number; offset: string }) {
  const { to, type, link, reference, identity, paramsJson } = planned;
  const userId = 'userId' in to ? to.userId : '';
  return {
    identity: identityOf(userId, type, identity),
    userId,
    type,
    ...render(planned, 'ko'),
    link,
    reference,
    params: paramsJson,
    origin,
  };
}
