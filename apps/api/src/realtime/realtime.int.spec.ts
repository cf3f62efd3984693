import { useStack, waitFor } from '@allim/testing';
import {
  type ApiNode,
  type Client,
  Consumer,
  connect,
  disconnectAll,
  startNode,
  stopNode,
  stopNodes,
  token,
} from '../testing/api-nodes.js';

const stack = useStack({ kafka: false });
let one: ApiNode;
let two: ApiNode;
let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  one = await startNode(stack);
  two = await startNode(stack);
});
afterEach(disconnectAll);
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
});

let users = 0;
const someone = () => `user-${++users}`;

async function online(node: ApiNode, userId: string, lastId?: number): Promise<Client> {
  const client = connect(node, { token: await token(userId), lastId });
  await waitFor(() => client.isCaughtUp, { what: 'the client to be caught up' });
  return client;
}

const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

/** A further notification, so that everything before it has passed. */
async function afterOneMore(userId: string, clients: Client[]): Promise<void> {
  const [message] = await consumer.notify(userId);
  for (const client of clients)
    await waitFor(() => client.ids.at(-1) === message!.notification.id, { what: `id ${message!.notification.id}` });
}

describe('live notifications', () => {
  it('reach clients on either node exactly once', async () => {
    const userId = someone();
    const clients = [await online(one, userId), await online(one, userId), await online(two, userId)];
    for (let i = 0; i < 20; i++) await consumer.notify(userId, 5);
    await afterOneMore(userId, clients);
    for (const client of clients) expect(client.ids).toEqual(upTo(101));
  });

  it('reach nobody else', async () => {
    const [mine, other] = [someone(), someone()];
    const [client, stranger] = [await online(one, mine), await online(one, other)];
    await consumer.notify(mine, 3);
    await afterOneMore(mine, [client]);
    await afterOneMore(other, [stranger]);
    expect(stranger.ids).toEqual([1]);
  });

  it('come once when their hint is repeated', async () => {
    const userId = someone();
    const client = await online(one, userId);
    const messages = await consumer.notify(userId, 4);
    await consumer.hint(messages);
    await consumer.hint(messages.slice(1, 2));
    await afterOneMore(userId, [client]);
    expect(client.ids).toEqual(upTo(5));
  });

  it('come in order when their hints do not', async () => {
    const userId = someone();
    const client = await online(two, userId);
    const messages = await consumer.save(userId, 9);
    for (const message of messages.toReversed()) await consumer.hint([message]);
    await waitFor(() => client.ids.length === 9, { what: 'nine notifications' });
    expect(client.ids).toEqual(upTo(9));
  });

  it('come from the database when their hint was lost', async () => {
    const userId = someone();
    const client = await online(one, userId);
    await consumer.save(userId, 3);
    await consumer.notify(userId, 2);
    await waitFor(() => client.ids.length === 5, { what: 'five notifications' });
    expect(client.ids).toEqual(upTo(5));
  });

  it('come when a position tells of lost hints', async () => {
    const userId = someone();
    const client = await online(one, userId);
    await consumer.save(userId, 3);
    await consumer.hint([], [{ userId, lastId: 3, unread: 3, unseen: 3 }]);
    await waitFor(() => client.ids.length === 3, { what: 'three notifications' });
    expect(client.ids).toEqual(upTo(3));
  });

  it('pass over the holes of deleted ones', async () => {
    const userId = someone();
    const client = await online(one, userId);
    await consumer.save(userId, 3);
    await consumer.inbox.remove(userId, 2);
    await consumer.notify(userId);
    await afterOneMore(userId, [client]);
    expect(client.ids).toEqual([1, 3, 4, 5]);
  });

  it('are found by the sweep when all hints were lost', async () => {
    const node = await startNode(stack, { CATCH_UP_SWEEP_MS: '100' });
    const userId = someone();
    const client = await online(node, userId);
    await consumer.save(userId, 3);
    await waitFor(() => client.ids.length === 3, { what: 'three notifications' });
    expect(client.ids).toEqual(upTo(3));
    await stopNode(node);
  });

  it('survive bad messages on our channels', async () => {
    const userId = someone();
    const client = await online(one, userId);
    for (const message of [
      'x',
      'u\t',
      `u${userId}\t{`,
      `u${userId}\t{}`,
      `u${userId}\tnull`,
      `p${userId}\t{"lastId":"x"}`,
    ])
      await consumer.publish('allim:hints', message);
    for (const message of [
      Buffer.from([0xc1]),
      Buffer.from([0x93, 1, 0xc0, 0xc0]),
      Buffer.from('{"type":1}'),
      Buffer.from('{'),
    ]) {
      await consumer.publish('allim:socket.io#/#', message);
      await consumer.publish('allim:socket.io-request#/#', message);
      await consumer.publish('allim:socket.io-response#/#', message);
    }
    await consumer.publish('allim:revocations', '{');
    await consumer.notify(userId);
    await afterOneMore(userId, [client]);
    expect(client.ids).toEqual([1, 2]);
  });
});

describe('connecting', () => {
  it('tells the state, then that there is nothing to catch up', async () => {
    const userId = someone();
    await consumer.save(userId, 3);
    const client = await online(one, userId);
    expect(client.told).toEqual([
      { event: 'inbox', payload: { lastId: 3, unread: 3, unseen: 3 } },
      { event: 'caughtUp', payload: { recovered: true, lastId: 3 } },
    ]);
  });

  it('catches up from lastId, in order, while new ones arrive', async () => {
    const userId = someone();
    await consumer.save(userId, 250);
    const client = connect(one, { token: await token(userId), lastId: 7 });
    for (let i = 0; i < 10; i++) await consumer.notify(userId, 2);
    await waitFor(() => client.isCaughtUp, { what: 'the client to be caught up' });
    await afterOneMore(userId, [client]);
    expect(client.ids).toEqual(upTo(271, 8));
    expect(client.last('caughtUp')).toMatchObject({ recovered: true });
  });

  it('catches up texts of the greatest length without taking the client for a slow one', async () => {
    const userId = someone();
    await consumer.save(userId, 400, '가'.repeat(1000));
    const client = await online(one, userId, 0);
    expect(client.ids).toEqual(upTo(400));
    expect(client.ended).toEqual([]);
  });

  it('says when the gap is too large, and goes on live', async () => {
    const userId = someone();
    await consumer.save(userId, 502);
    const client = await online(one, userId, 1);
    expect(client.last('caughtUp')).toEqual({ recovered: false, lastId: 502 });
    await afterOneMore(userId, [client]);
    expect(client.ids).toEqual([503]);
  });

  it('catches up exactly the limit', async () => {
    const userId = someone();
    await consumer.save(userId, 502);
    const client = await online(one, userId, 2);
    expect(client.ids).toEqual(upTo(502, 3));
    expect(client.last('caughtUp')).toEqual({ recovered: true, lastId: 502 });
  });

  it('does not believe a client that is ahead of its inbox', async () => {
    const userId = someone();
    await consumer.save(userId, 2);
    const client = await online(one, userId, 99);
    expect(client.last('caughtUp')).toEqual({ recovered: false, lastId: 2 });
    await afterOneMore(userId, [client]);
    expect(client.ids).toEqual([3]);
  });

  it('greets somebody who never got anything', async () => {
    const client = await online(one, someone(), 0);
    expect(client.last('inbox')).toEqual({ lastId: 0, unread: 0, unseen: 0 });
  });
});
