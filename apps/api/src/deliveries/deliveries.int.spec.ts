import { randomBytes, randomUUIDv7 } from 'node:crypto';
import {
  type Database,
  DeliveryStore,
  Intake,
  type NewDelivery,
  openDatabase,
  tokenHash,
  uuidBytes,
  withSession,
} from '@allim/store';
import { useStack } from '@allim/testing';
import request from 'supertest';
import { type ApiNode, Consumer, startNode, stopNodes, token } from '../testing/api-nodes.js';

const stack = useStack({ kafka: false });
let node: ApiNode;
let consumer: Consumer;
let database: Database;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  database = await openDatabase({ url: stack.databaseUrl, connections: 4 });
  node = await startNode(stack);
});
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
  await database?.destroy();
});

async function ask(query: string, scope = 'ops') {
  return request(node.url)
    .get(`/api/v1/deliveries${query}`)
    .set('Authorization', `Bearer ${await token('operator', scope === 'none' ? {} : { scope })}`);
}

const idsOf = ({ body }: { body: { data: { items: { id: string }[] } } }) => body.data.items.map(({ id }) => id);

let made = 0;

/** A notification with the deliveries of these channels; answers their ids. */
async function notify(userId: string, order: string, ...deliveries: Partial<NewDelivery>[]): Promise<string[]> {
  const ids = deliveries.map(() => randomUUIDv7()).sort();
  await new Intake(database).save([
    {
      identity: randomBytes(16),
      userId,
      type: 'ORDER_CREATED',
      title: 'Order',
      message: 'It is on its way.',
      link: null,
      reference: { type: 'order', id: order },
      params: '{}',
      origin: { topic: 'shopping.order.created', partition: 0, offset: String(++made) },
      deliveries: deliveries.map((delivery, index) => ({
        id: uuidBytes(ids[index]!),
        channel: 'email',
        target: Buffer.alloc(0),
        priority: 'normal',
        category: 'order',
        text: 'shopping.order.created',
        language: 'ko',
        state: 'queued',
        reason: null,
        dueAt: new Date(Date.now() - 1_000),
        ...delivery,
      })),
    },
  ]);
  return ids;
}

describe('the timeline', () => {
  it("goes from an order's number to the provider's answer", async () => {
    const target = tokenHash('a-device');
    const [mail, push] = await notify(
      'minji',
      'ORD-1',
      { channel: 'email' },
      { channel: 'push', target, state: 'suppressed', reason: 'muted' },
    );
    await notify('minji', 'ORD-2', { channel: 'email' });
    const holder = randomBytes(16);
    const store = new DeliveryStore(database);
    const attempt = { id: mail!, holder, startedAt: new Date(), durationMs: 12, provider: 'smtp' };
    await store.claim([mail!], holder, 60_000);
    await store.conclude({ ...attempt, attempt: 1 }, { kind: 'temporary', reason: '451 later', dueAt: new Date() });
    await store.claim([mail!], holder, 60_000);
    await store.conclude({ ...attempt, attempt: 2 }, { kind: 'accepted', providerMessageId: '<1@mail>' });
    await withSession(database, (session) =>
      session.query(
        `INSERT INTO delivery_report (delivery_id, provider, provider_message_id, code, state, detail, received_at)
         VALUES (?, 'smtp', '<1@mail>', '5.1.1', 'undeliverable', 'no such box', UTC_TIMESTAMP(6))`,
        [uuidBytes(mail!)],
      ),
    );

    const { status, body } = await ask('?reference=ORD-1');
    expect(status).toBe(200);
    const moment = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const both = {
      userId: 'minji',
      notificationId: 1,
      type: 'ORDER_CREATED',
      reference: { type: 'order', id: 'ORD-1' },
      priority: 'normal',
      category: 'order',
      text: 'shopping.order.created',
      language: 'ko',
      dueAt: moment,
      createdAt: moment,
      updatedAt: moment,
    };
    expect(body).toEqual({
      success: true,
      data: {
        hasMore: false,
        items: [
          {
            ...both,
            id: push,
            channel: 'push',
            device: target.toString('hex'),
            state: 'suppressed',
            reason: 'muted',
            attemptCount: 0,
            provider: null,
            providerMessageId: null,
            attempts: [],
            reports: [],
          },
          {
            ...both,
            id: mail,
            channel: 'email',
            device: null,
            state: 'accepted',
            reason: null,
            attemptCount: 2,
            provider: 'smtp',
            providerMessageId: '<1@mail>',
            attempts: [
              {
                attempt: 1,
                provider: 'smtp',
                outcome: 'temporary',
                reason: '451 later',
                providerMessageId: null,
                startedAt: moment,
                durationMs: 12,
              },
              expect.objectContaining({ attempt: 2, outcome: 'accepted', providerMessageId: '<1@mail>' }),
            ],
            reports: [
              {
                provider: 'smtp',
                providerMessageId: '<1@mail>',
                code: '5.1.1',
                state: 'undeliverable',
                detail: 'no such box',
                receivedAt: moment,
              },
            ],
          },
        ],
      },
    });
  });

  it('is that of a user, or of one notification, the newest first', async () => {
    const first = await notify('junho', 'ORD-3', {}, { channel: 'sms' });
    const second = await notify('junho', 'ORD-4', {});
    await notify('junho-2', 'ORD-4', {});
    expect(idsOf(await ask('?userId=junho'))).toEqual([...second, ...first.toReversed()]);
    expect(idsOf(await ask('?userId=junho&notificationId=1'))).toEqual(first.toReversed());
    expect(idsOf(await ask('?userId=junho&notificationId=3'))).toEqual([]);
    expect(idsOf(await ask('?userId=nobody'))).toEqual([]);
    expect(idsOf(await ask('?reference=ORD-4'))).toHaveLength(2);
    expect(idsOf(await ask('?reference=ord-4'))).toEqual([]);
  });

  it('tells when there is more', async () => {
    const ids = await notify('many', 'ORD-5', {}, {}, {});
    const some = await ask('?userId=many&size=2');
    expect(some.body.data.hasMore).toBe(true);
    expect(idsOf(some)).toEqual(ids.toReversed().slice(0, 2));
    expect((await ask('?userId=many&size=3')).body.data.hasMore).toBe(false);
  });

  it('outlives the notification', async () => {
    await notify('tidy', 'ORD-6', {});
    await consumer.inbox.remove('tidy', 1);
    const { body } = await ask('?reference=ORD-6');
    expect(body.data.items).toEqual([
      expect.objectContaining({ userId: 'tidy', type: null, reference: { type: 'order', id: 'ORD-6' } }),
    ]);
  });
});

describe('a look at deliveries is refused', () => {
  it.each(['none', 'notify'])('with scope %s', async (scope) => {
    const { status, body } = await ask('?userId=minji', scope);
    expect(status).toBe(403);
    expect(body.error.code).toBe('C002');
  });

  it('without a token', async () => {
    await request(node.url).get('/api/v1/deliveries?userId=minji').expect(401);
  });

  it.each([
    ['', 'userId: expected userId or reference'],
    ['?size=5', 'userId: expected userId or reference'],
    ['?notificationId=1', 'notificationId: expected together with userId'],
    ['?userId=u&reference=r', 'reference: expected either userId or reference'],
    ['?userId=', 'userId: expected a user id'],
    ['?userId=a&userId=b', 'userId: expected a user id'],
    [`?userId=${'u'.repeat(65)}`, 'userId: expected a user id'],
    ['?userId=a%00', 'userId: expected a user id'],
    ['?userId=u&notificationId=0', 'notificationId: expected a whole number from 1 to 4294967295'],
    ['?userId=u&notificationId=4294967296', 'notificationId: expected a whole number'],
    ['?reference=', 'reference: expected the id of a reference'],
    [`?reference=${'r'.repeat(201)}`, 'reference: expected the id of a reference'],
    ['?userId=u&size=101', 'size: expected a whole number from 1 to 100'],
    ['?userId=u&state=queued', 'state: expected no such field'],
  ])('with the query %s', async (query, message) => {
    const { status, body } = await ask(query);
    expect(status).toBe(400);
    expect(body.error).toEqual({ code: 'C003', message: expect.stringContaining(message) });
  });
});

it('is documented', async () => {
  const { body } = await request(node.url).get('/docs-json').expect(200);
  const { get } = body.paths['/api/v1/deliveries'];
  expect(get.parameters.map(({ name }: { name: string }) => name)).toEqual([
    'userId',
    'notificationId',
    'reference',
    'size',
  ]);
  const { items } = get.responses['200'].content['application/json'].schema.properties.data.properties.items;
  expect(Object.keys(items.properties)).toEqual(expect.arrayContaining(['state', 'attempts', 'reports']));
  expect(Object.keys(get.responses)).toContain('403');
});
