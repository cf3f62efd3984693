import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { deadLetter, deadLetterTopic, kafkaClient } from '@allim/kafka';
import { createLogger } from '@allim/platform';
import {
  type Database,
  DeliveryStore,
  InboxStore,
  Intake,
  openDatabase,
  tokenHash,
  uuidBytes,
  withSession,
} from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import request from 'supertest';
import { startNode, stopNodes, token } from '../testing/ops-nodes.js';
import { type TimelineShown } from './timeline-shown.js';

type Client = ReturnType<typeof kafkaClient>;

const stack = useStack({ redis: false });
let url: string;
let admin: ReturnType<Client['admin']>;
let producer: ReturnType<Client['producer']>;
let database: Database;
let made = 0;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  const logger = createLogger('spec', 'fatal');
  const client = kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);
  admin = client.admin();
  producer = client.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
  url = await startNode(stack);
});
afterAll(async () => {
  await stopNodes();
  await Promise.all([admin?.disconnect(), producer?.disconnect(), database?.destroy()]);
});

async function get(query: string, scope = 'ops:read ops:payload') {
  return request(url)
    .get(`/api/v1/ops/timeline?${query}`)
    .set('Authorization', `Bearer ${await token(scope)}`);
}

async function timeline(query: string, scope?: string): Promise<TimelineShown> {
  const { status, body } = await get(query, scope);
  expect({ status, body }).toMatchObject({ status: 200 });
  return body.data;
}

interface Way {
  channel: 'email' | 'push';
  target?: Buffer;
}

/** Notifies somebody of an order; answers the ids of the deliveries, in the order of their ways. */
async function notify(userId: string, order: string, ...ways: Way[]): Promise<string[]> {
  const ids = ways.map(() => randomUUIDv7());
  await new Intake(database).save([
    {
      identity: randomBytes(16),
      userId,
      type: 'ORDER_CREATED',
      title: '주문이 접수되었습니다',
      message: `주문 ${order}`,
      link: `/shopping/orders/${order}`,
      reference: { type: 'order', id: order },
      params: '{}',
      origin: { topic: 'shopping.order.created', partition: 0, offset: `${made++}` },
      deliveries: ways.map(({ channel, target = Buffer.alloc(0) }, nth) => ({
        ...{ id: uuidBytes(ids[nth]!), channel, target, priority: 'high', category: 'order' },
        ...{ text: 'shopping.order.created', language: 'ko', state: 'queued', reason: null, dueAt: new Date(0) },
      })),
    },
  ]);
  return ids;
}

/** Sends a delivery, of which the provider says that it will never do; its letter is written, too. */
async function failForGood(id: string, userId: string): Promise<void> {
  const deliveries = new DeliveryStore(database);
  const holder = randomBytes(16);
  const [claimed] = await deliveries.claim([id], holder, 60_000);
  const attempted = { id, holder, attempt: claimed!.attempt, startedAt: new Date(), durationMs: 25, provider: 'smtp' };
  await deliveries.conclude(attempted, { kind: 'permanent', reason: '550 no such user' });
  await withSession(database, (session) =>
    session.query(
      `INSERT INTO delivery_report (delivery_id, provider, detail, received_at) VALUES (?, 'smtp', 'to hong@example.com', NOW(6))`,
      [uuidBytes(id)],
    ),
  );
  const topic = 'allim.delivery.email.high';
  const died = {
    ...{
      topic,
      partition: 0,
      offset: `${made++}`,
      headers: {},
      timestamp: '1770372000000',
      timestampType: 'CreateTime' as const,
    },
    key: Buffer.from(userId),
    value: Buffer.from(JSON.stringify({ deliveryId: id, channel: 'email' })),
  };
  const failure = {
    errorClass: 'undeliverable',
    error: new Error('550 no such user'),
    attempts: 1,
    failedAt: Date.now(),
  };
  const letter = deadLetter(died, { ...failure, group: 'allim-email-high' });
  await admin.createTopics({ topics: [{ topic: deadLetterTopic(topic) }] });
  await producer.send({ topic: deadLetterTopic(topic), messages: [{ ...letter, partition: 0 }], acks: -1 });
}

const numbers = ({ items }: TimelineShown) => items.map(({ userId, notificationId }) => [userId, notificationId]);

describe('the timeline', () => {
  it('shows what became of a person’s notifications, the newest first', async () => {
    const [mail, push] = await notify(
      'hong',
      'ORD-1',
      { channel: 'email' },
      { channel: 'push', target: tokenHash('t') },
    );
    await notify('hong', 'ORD-2');
    await failForGood(mail!, 'hong');
    const failed = async () => (await timeline('user=hong')).deadLetters.length === 1;
    await waitFor(failed, { what: 'the case', timeoutMs: 30_000 });
    expect(await timeline('user=hong')).toEqual({
      isMasked: false,
      isCut: false,
      items: [
        expect.objectContaining({ notificationId: 2, reference: { type: 'order', id: 'ORD-2' }, deliveries: [] }),
        {
          userId: 'hong',
          notificationId: 1,
          type: 'ORDER_CREATED',
          reference: { type: 'order', id: 'ORD-1' },
          createdAt: expect.stringMatching(/Z$/),
          readAt: null,
          isDeleted: false,
          texts: { title: '주문이 접수되었습니다', message: '주문 ORD-1', link: '/shopping/orders/ORD-1' },
          deliveries: [
            expect.objectContaining({
              ...{ id: mail, channel: 'email', device: null, state: 'undeliverable', reason: '550 no such user' },
              attempts: [
                expect.objectContaining({ attempt: 1, provider: 'smtp', outcome: 'permanent', durationMs: 25 }),
              ],
              reports: [expect.objectContaining({ detail: 'to hong@example.com' })],
            }),
            expect.objectContaining({
              ...{ id: push, channel: 'push', state: 'queued', attempts: [] },
              device: tokenHash('t').toString('hex').slice(0, 12),
            }),
          ],
        },
      ],
      deadLetters: [
        {
          number: expect.any(Number),
          topic: 'allim.delivery.email.high',
          errorClass: 'undeliverable',
          message: '550 no such user',
          state: 'open',
          failures: 1,
          failedAt: expect.stringMatching(/Z$/),
          deliveryId: mail,
        },
      ],
    });
    const [first] = (await timeline('user=hong&size=1')).items;
    expect(first?.notificationId).toBe(2);
    expect(await timeline('user=hong&size=1')).toMatchObject({ isCut: true });
    await new InboxStore(database).remove('hong', 1);
    expect((await timeline('user=hong')).items[1]).toMatchObject({
      ...{ notificationId: 1, isDeleted: true, type: null, texts: null },
      reference: { type: 'order', id: 'ORD-1' },
      deliveries: [{ id: mail }, { id: push }],
    });
  });

  it('finds by order and by delivery, with the cases of these deliveries alone', async () => {
    const [mail] = await notify('kim', 'ORD-7', { channel: 'email' });
    const [other] = await notify('kim', 'ORD-8', { channel: 'email' });
    await notify('lee', 'ORD-7', { channel: 'push' });
    await failForGood(mail!, 'kim');
    await failForGood(other!, 'kim');
    const failed = async () => (await timeline('user=kim')).deadLetters.length === 2;
    await waitFor(failed, { what: 'both cases', timeoutMs: 30_000 });
    const order = await timeline('order=ORD-7');
    expect(numbers(order)).toEqual([
      ['lee', 1],
      ['kim', 1],
    ]);
    expect(order.items[1]?.texts?.message).toBe('주문 ORD-7');
    expect(order.deadLetters).toEqual([expect.objectContaining({ deliveryId: mail })]);
    const one = await timeline(`delivery=${other?.toUpperCase()}`);
    expect(numbers(one)).toEqual([['kim', 2]]);
    expect(one.deadLetters).toEqual([expect.objectContaining({ deliveryId: other })]);
    for (const query of ['user=nobody', 'order=ORD-9', `delivery=${randomUUIDv7()}`])
      expect(await timeline(query)).toEqual({ isMasked: false, isCut: false, items: [], deadLetters: [] });
  });

  it('hides what people were told, and what providers wrote, from who may not see it', async () => {
    const [mail] = await notify('park', 'ORD-3', { channel: 'email' });
    await failForGood(mail!, 'park');
    const masked = await timeline('user=park', 'ops');
    expect(masked).toMatchObject({ isMasked: true, items: [{ texts: null, isDeleted: false }] });
    expect(masked.items[0]?.deliveries[0]?.reports).toEqual([
      expect.objectContaining({ provider: 'smtp', detail: null }),
    ]);
    expect(JSON.stringify(masked)).not.toMatch(/주문|example\.com|ORD-3\//);
  });

  it.each([
    ['', 'query: expected exactly one of user, order, delivery'],
    ['user=a&order=b', 'query: expected exactly one of user, order, delivery'],
    ['delivery=7', 'delivery: expected a UUID'],
    ['user=a&size=101', 'size: expected a whole number from 1 to 100'],
    ['users=a', 'users: expected no such field'],
  ])('refuses "%s"', async (query, message) => {
    const { status, body } = await get(query);
    expect(status).toBe(400);
    expect(body.error).toMatchObject({ code: 'C003', message: expect.stringContaining(message) });
  });
});
