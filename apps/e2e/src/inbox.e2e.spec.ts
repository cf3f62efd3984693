import { sampleEvents } from '@allim/catalogue';
import { waitFor } from '@allim/testing';
import kafkajs from 'kafkajs';
import { System } from './system.js';

let system: System;
beforeAll(async () => {
  system = await System.start();
}, 120_000);
afterAll(() => system?.stop());

const order = (orderNumber: string, userId: string) => ({ orderNumber, userId, totalAmount: 45000, itemCount: 2 });
const types = (rows: { type: string }[]) => rows.map((row) => row.type);
const items = (answer: { body: unknown }) =>
  (answer.body as { data: { items: { id: number; type: string }[] } }).data.items;
const outcome = async (of: string) => {
  const counts = await Promise.all(
    system.consumers.map((one) => one.metric('allim_consumer_events_total', { outcome: of })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

describe('the inbox', () => {
  it('tells of every kind of event, on either node, each once and in order', async () => {
    const [one, two] = [await system.client('kinds', system.apis[0]!), await system.client('kinds', system.apis[1]!)];
    const events = sampleEvents({ user: 'kinds', number: 1 });
    for (const { topic, key, value } of events) await system.publish(topic, key, Buffer.from(value));
    // A broadcast reaches subscribers only, and nobody here subscribes.
    const expected = events.length - events.filter(({ topic }) => topic === 'shopping.timedeal.started').length;
    await waitFor(() => one.got.length >= expected && two.got.length >= expected, {
      what: 'every event on both nodes',
    });
    expect(one.got.map(({ id }) => id)).toEqual(Array.from({ length: expected }, (_, index) => index + 1));
    expect(two.got).toEqual(one.got);
    expect(items(await system.rest('kinds', system.apis[0]!, 'GET', '/?size=100'))).toEqual(one.got.toReversed());
  });

  it('makes two of an order that is created and cancelled under the same number', async () => {
    const { got } = await system.client('buyer', system.apis[0]!);
    await system.publish('shopping.order.created', 'buyer', order('ORD-1', 'buyer'));
    await waitFor(() => got.length === 1, { what: 'the order' });
    await system.publish('shopping.order.cancelled', 'buyer', {
      ...order('ORD-1', 'buyer'),
      cancelReason: '단순 변심',
    });
    await waitFor(() => got.length === 2, { what: 'its cancellation' });
    expect(types(got)).toEqual(['ORDER_CREATED', 'ORDER_CANCELLED']);
    expect(got[0]).toMatchObject({
      title: '주문이 접수되었습니다',
      message: '2개 상품, 45,000원 결제 대기중',
      referenceId: 'ORD-1',
    });
  });

  it('makes one of an event that comes ten times, over partitions of two consumers', async () => {
    const { got } = await system.client('once', system.apis[1]!);
    const before = await outcome('duplicate');
    for (let n = 0; n < 10; n++) await system.publish('shopping.order.created', `key-${n}`, order('ORD-10', 'once'));
    await waitFor(async () => (await outcome('duplicate')) === before + 9, { what: 'nine duplicates to be absorbed' });
    expect(types(got)).toEqual(['ORDER_CREATED']);
    expect(items(await system.rest('once', system.apis[0]!, 'GET', '/'))).toHaveLength(1);
  });

  it('never brings back what its user has deleted', async () => {
    const { got } = await system.client('tidy', system.apis[0]!);
    await system.publish('shopping.order.created', 'tidy', order('ORD-20', 'tidy'));
    await waitFor(() => got.length === 1, { what: 'the notification' });
    expect((await system.rest('tidy', system.apis[1]!, 'DELETE', '/1')).status).toBe(200);
    const before = await outcome('duplicate');
    await system.publish('shopping.order.created', 'tidy', order('ORD-20', 'tidy'));
    await waitFor(async () => (await outcome('duplicate')) === before + 1, { what: 'the replay to be absorbed' });
    expect(items(await system.rest('tidy', system.apis[0]!, 'GET', '/'))).toEqual([]);
    expect(await system.rest('tidy', system.apis[0]!, 'DELETE', '/1')).toMatchObject({
      status: 404,
      body: { error: { code: 'N001' } },
    });
  });

  it('keeps what cannot be processed on the dead-letter topic, its bytes unchanged', async () => {
    const value = Buffer.from([0x7b, 0xff, 0xfe, 0x00, 0x7d]);
    const letters: kafkajs.KafkaMessage[] = [];
    const kafka = new kafkajs.Kafka({ brokers: [system.stack.kafkaBrokers], logLevel: kafkajs.logLevel.NOTHING });
    const reader = kafka.consumer({ groupId: 'letters', maxWaitTimeInMs: 100 });
    await reader.connect();
    await reader.subscribe({ topics: ['blog.post.liked.DLT'], fromBeginning: true });
    await reader.run({ eachMessage: async ({ message }) => void letters.push(message) });
    await system.publish('blog.post.liked', 'who', value);
    await waitFor(() => letters.length === 1, { what: 'the dead letter' });
    await reader.disconnect();
    expect(letters[0]!.value).toEqual(value);
    expect(letters[0]!.key?.toString()).toBe('who');
    expect(letters[0]!.headers).toMatchObject({
      'kafka_dlt-original-topic': Buffer.from('blog.post.liked'),
      'allim-error-class': Buffer.from('bad-encoding'),
    });
  });

  it('tells subscribers of a broadcast, and them only, once', async () => {
    const [subscriber, other] = [
      await system.client('fan', system.apis[0]!),
      await system.client('passer-by', system.apis[1]!),
    ];
    await subscriber.inbox.subscribe('timedeal');
    const deal = { timeDealId: 77, timeDealName: '한정 특가' };
    await system.publish('shopping.timedeal.started', '77', deal);
    await waitFor(() => subscriber.got.length === 1, { what: 'the broadcast' });
    const before = await outcome('duplicate');
    await system.publish('shopping.timedeal.started', '77', deal);
    await waitFor(async () => (await outcome('duplicate')) === before + 1, {
      what: 'the second broadcast to be absorbed',
    });
    expect(subscriber.got).toEqual([expect.objectContaining({ type: 'TIMEDEAL_STARTED', message: '한정 특가' })]);
    expect(other.got).toEqual([]);
  });

  it('goes on when a node and a consumer die, and makes good what was missed', async () => {
    const [first, second] = system.apis as [(typeof system.apis)[0], (typeof system.apis)[0]];
    const [moved, stayed] = [await system.client('mover', first), await system.client('mover', second)];
    await system.publish('blog.user.followed', 'mover', {
      followId: 1,
      followeeId: 'mover',
      followerId: 'x',
      followerName: '이서연',
    });
    await waitFor(() => moved.got.length === 1 && stayed.got.length === 1, { what: 'the first notification' });
    await Promise.all([first.end('SIGKILL'), system.consumers[0]!.end('SIGKILL')]);
    for (let n = 2; n <= 20; n++) {
      await system.publish('blog.user.followed', `mover-${n}`, {
        followId: n,
        followeeId: 'mover',
        followerId: 'x',
        followerName: '이서연',
      });
    }
    await waitFor(() => stayed.got.length === 20, { what: 'all on the node that lives', timeoutMs: 20_000 });
    await first.start();
    await waitFor(() => moved.got.length === 20, { what: 'all on the node that came back', timeoutMs: 20_000 });
    const ids = Array.from({ length: 20 }, (_, index) => index + 1);
    expect([moved, stayed].map(({ got }) => got.map(({ id }) => id))).toEqual([ids, ids]);
    await system.consumers[0]!.start();
  });

  it('refuses strangers', async () => {
    const url = `${system.apis[0]!.url}/api/v1/notifications/`;
    const refused = await fetch(url, { headers: { 'x-user-id': 'buyer' } });
    expect([refused.status, await refused.json()]).toEqual([
      401,
      { success: false, error: expect.objectContaining({ code: 'C001' }) },
    ]);
  });

  it('stops in time on SIGTERM, with nothing left to say', async () => {
    const began = Date.now();
    const programs = [...system.consumers, ...system.apis];
    expect(await Promise.all(programs.map((program) => program.end('SIGTERM')))).toEqual(programs.map(() => 0));
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});
