import { useStack, waitFor } from '@allim/testing';
import request from 'supertest';
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
let nodes: ApiNode[];
let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  nodes = [await startNode(stack), await startNode(stack)];
});
afterEach(disconnectAll);
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
});

const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

async function online(node: ApiNode, userId: string, options = {}): Promise<Client> {
  const client = connect(node, { token: await token(userId) }, options);
  await waitFor(() => client.isCaughtUp, { what: 'the client to be caught up' });
  return client;
}

const put = async (node: ApiNode, userId: string, path: string) =>
  request(node.url)
    .put(`/api/v1/notifications${path}`)
    .auth(await token(userId), { type: 'bearer' });

describe('while Redis is away', () => {
  it('sockets stay, this node goes on telling, and everything is caught up afterwards', async () => {
    const userId = 'patient';
    const clients = await Promise.all([nodes[0]!, nodes[0]!, nodes[1]!].map((node) => online(node, userId)));
    await consumer.notify(userId, 2);
    for (const client of clients) await waitFor(() => client.ids.length === 2, { what: 'what came before' });

    await stack.redis.kill();
    await consumer.save(userId, 150);
    expect((await put(nodes[0]!, userId, '/1/read')).status).toBe(200);
    await waitFor(() => clients[1]!.last('inbox'), { what: 'the state in a tab on the same node' });
    await waitFor(
      async () => /allim_redis_publish_failures_total [1-9]/.test((await request(nodes[0]!.url).get('/metrics')).text),
      {
        what: 'the failure to be counted',
      },
    );
    await waitFor(async () => (await request(nodes[0]!.url).get('/health/ready')).status === 503, {
      what: 'not ready',
    });
    await request(nodes[0]!.url).get('/health/live').expect(200);
    const operator = await token('operator', { scope: 'ops' });
    const revoked = await request(nodes[0]!.url)
      .post('/api/v1/sessions/revoke')
      .auth(operator, { type: 'bearer' })
      .send({ userId: 'somebody' });
    expect(revoked.body.error.code).toBe('C005');
    const newcomer = await online(nodes[1]!, userId);

    await stack.redis.start();
    for (const client of clients) await waitFor(() => client.ids.length === 152, { what: 'what was missed' });
    await consumer.notify(userId);
    for (const client of clients) await waitFor(() => client.ids.at(-1) === 153, { what: 'what is new' });
    for (const client of clients) {
      expect(client.ids).toEqual(upTo(153));
      expect(client.ended).toEqual([]);
    }
    await waitFor(() => newcomer.ids.length === 1, { what: 'what is new' });
    expect(newcomer.ids).toEqual([153]);
    // The tab on the other node had missed that one was read.
    expect(clients[2]!.last('notification')).toMatchObject({ unread: 152 });
  });

  it('nodes go on refusing who was revoked, and teach it to a Redis that has forgotten', async () => {
    const claims = { iat: Math.floor(Date.now() / 1000) - 10 };
    const old = await token('revoked', claims);
    const operator = await token('operator', { scope: 'ops' });
    await request(nodes[0]!.url)
      .post('/api/v1/sessions/revoke')
      .auth(operator, { type: 'bearer' })
      .send({ userId: 'revoked' })
      .expect(200);
    const ask = (node: ApiNode) => request(node.url).get('/api/v1/notifications/state').auth(old, { type: 'bearer' });
    await waitFor(async () => (await ask(nodes[1]!)).status === 401, { what: 'the other node to know' });
    await stack.redis.kill();
    for (const node of nodes) await ask(node).expect(401);
    await stack.redis.start();
    await consumer.forget('allim:revocations');
    await stack.redis.kill();
    await stack.redis.start();
    await waitFor(async () => (await request(nodes[0]!.url).get('/health/ready')).status === 200, {
      what: 'Redis to be back',
    });
    await waitFor(() => consumer.knows('allim:revocations'), { what: 'Redis to know again' });
    const fresh = await startNode(stack);
    await ask(fresh).expect(401);
    await stopNode(fresh);
  });

  it('a Redis that hangs is left, and its sockets catch up when it is back', async () => {
    const client = await online(nodes[0]!, 'hanging');
    const redis = async () => (await request(nodes[0]!.url).get('/health/ready')).body.checks.redis;
    process.kill(stack.redis.pid!, 'SIGSTOP');
    try {
      await consumer.save('hanging', 3);
      await waitFor(async () => /^no answer/.test(await redis()), { what: 'not ready' });
      expect((await put(nodes[0]!, 'hanging', '/1/read')).status).toBe(200);
      await waitFor(async () => !/^no answer/.test(await redis()), { what: 'the connection to be cut' });
    } finally {
      process.kill(stack.redis.pid!, 'SIGCONT');
    }
    await waitFor(() => client.ids.length === 3, { what: 'what was missed' });
    expect(client.ids).toEqual(upTo(3));
  });

  it('a node that has never reached Redis starts, but lets nobody in', async () => {
    await stack.redis.kill();
    const node = await startNode(stack);
    const answer = await put(node, 'anyone', '/seen');
    expect(answer.status).toBe(503);
    expect(answer.body.error.code).toBe('C005');
    await stack.redis.start();
    await waitFor(async () => (await put(node, 'anyone', '/seen')).status === 200, { what: 'to be let in' });
    const client = await online(node, 'anyone');
    await consumer.notify('anyone');
    await waitFor(() => client.ids.length === 1, { what: 'the notification' });
    await stopNode(node);
  });
});

describe('while the database is away', () => {
  it('what is missing waits, and arrives in order', async () => {
    const client = await online(nodes[0]!, 'waiting');
    const messages = await consumer.save('waiting', 5);
    await stack.database.kill();
    await consumer.hint(messages.slice(3));
    const answer = await request(nodes[0]!.url)
      .get('/api/v1/notifications/state')
      .auth(await token('waiting'), { type: 'bearer' });
    expect(answer.status).toBe(503);
    expect(answer.body.error).toEqual({ code: 'C005', message: 'the database is away; try again' });
    expect(await client.ask('sync', { afterId: 0 })).toMatchObject({ success: false, error: { code: 'C005' } });
    const newcomer = connect(nodes[0]!, { token: await token('waiting'), lastId: 0 });
    await waitFor(() => newcomer.socket.connected, { what: 'the newcomer' });
    expect(client.ids).toEqual([]);
    await stack.database.start();
    for (const one of [client, newcomer]) await waitFor(() => one.ids.length === 5, { what: 'what was missing' });
    for (const one of [client, newcomer]) expect(one.ids).toEqual(upTo(5));
  });
});

describe('stopping a node', () => {
  it('sends its clients elsewhere: they come back by themselves and miss nothing', async () => {
    const node = await startNode(stack);
    const client = await online(node, 'mover', { reconnection: true });
    await consumer.notify('mover');
    await waitFor(() => client.ids.length === 1, { what: 'the first' });
    await stopNode(node);
    await waitFor(() => client.ended.length > 0, { what: 'the disconnect' });
    expect(client.ended).toEqual(['transport close']); // after "io server disconnect" a client would stay away
    expect(client.socket.active).toBe(true);
  });
});
