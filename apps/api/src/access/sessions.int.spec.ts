import { useStack, waitFor } from '@allim/testing';
import request from 'supertest';
import {
  type ApiNode,
  type Client,
  Consumer,
  connect,
  disconnectAll,
  startNode,
  stopNodes,
  token,
} from '../testing/api-nodes.js';

const stack = useStack({ kafka: false });
let one: ApiNode;
let two: ApiNode;
let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  const settings = {
    AUTH_ISSUER: 'https://login.example',
    AUTH_AUDIENCE: 'allim',
    AUTH_GATEWAY_SECRET: 'the gateway and we know this secret only',
    WEBSOCKET_ALLOWED_ORIGINS: 'https://shop.example',
    SEND_QUEUE_PACKETS: '200',
  };
  one = await startNode(stack, settings);
  two = await startNode(stack, settings);
});
afterEach(disconnectAll);
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
});

const ours = { iss: 'https://login.example', aud: 'allim' };

async function online(node: ApiNode, userId: string, claims = {}, options = {}): Promise<Client> {
  const client = connect(node, { token: await token(userId, { ...ours, ...claims }) }, options);
  await waitFor(() => client.isCaughtUp, { what: 'the client to be caught up' });
  return client;
}

async function refused(auth: Record<string, unknown>, options = {}): Promise<string | undefined> {
  const client = connect(one, auth, options);
  await waitFor(() => client.refusals.length > 0, { what: 'the refusal' });
  expect(client.socket.connected).toBe(false);
  return client.refusals[0]?.data?.code;
}

const metrics = async (node: ApiNode) => (await request(node.url).get('/metrics')).text;
const unsigned = (payload: object) =>
  `${[{ alg: 'none', typ: 'JWT' }, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')}.`;

describe('letting sockets in', () => {
  it.each([
    ['no token', async () => ({})],
    ['an empty token', async () => ({ token: '' })],
    ['garbage', async () => ({ token: 'x.y.z' })],
    ['a number', async () => ({ token: 7 })],
    ['an expired token', async () => ({ token: await token('user-1', { ...ours, exp: 1_000_000_000 }) })],
    ['a token without an end', async () => ({ token: await token('user-1', { ...ours, exp: undefined }) })],
    ['an unsigned token', async () => ({ token: unsigned({ ...ours, sub: 'user-1', exp: 4_000_000_000 }) })],
    ['another issuer', async () => ({ token: await token('user-1', { ...ours, iss: 'https://evil.example' }) })],
    ['another audience', async () => ({ token: await token('user-1', { ...ours, aud: 'shop' }) })],
    ['a bad lastId', async () => ({ token: await token('user-1', ours), lastId: -1 })],
  ])('refuses %s, and counts it', async (_name, auth) => {
    expect(await refused(await auth())).toMatch(/^C00[13]$/);
    expect(await metrics(one)).toMatch(/allim_api_refused_connections_total\{reason="credentials"\} [1-9]/);
  });

  it('refuses a foreign origin on the websocket transport', async () => {
    const auth = { token: await token('user-1', ours) };
    expect(await refused(auth, { extraHeaders: { Origin: 'https://evil.example' } })).toBeUndefined();
    expect(await metrics(one)).toMatch(/allim_api_refused_connections_total\{reason="origin"\} 1/);
  });

  it.each(['https://shop.example', 'own'])('lets in the origin %s', async (origin) => {
    await online(one, 'user-1', {}, { extraHeaders: { Origin: origin === 'own' ? one.url : origin } });
  });

  it('takes the word of the gateway, and of nobody else', async () => {
    const gateway = { 'X-User-Id': 'user-1', 'X-Gateway-Secret': 'the gateway and we know this secret only' };
    const client = connect(one, {}, { extraHeaders: gateway });
    await waitFor(() => client.isCaughtUp, { what: 'the client to be caught up' });
    expect(await refused({}, { extraHeaders: { 'X-User-Id': 'user-1' } })).toBe('C001');
  });

  it('refuses the 21st socket of a user, and keeps the twenty', async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => online(one, 'many-tabs')));
    expect(await refused({ token: await token('many-tabs', ours) })).toBe('C004');
    expect(clients.every((client) => client.socket.connected)).toBe(true);
    clients[0]!.socket.disconnect();
    await waitFor(async () => /^allim_api_sockets 19$/m.test(await metrics(one)), { what: 'the socket to be gone' });
    await online(one, 'many-tabs');
  });

  it('has no polling transport', async () => {
    await request(one.url).get('/ws/notifications/?EIO=4&transport=polling').expect(400);
  });
});

describe('ending sessions', () => {
  it('ends a socket within 5 s of the end of its token', async () => {
    const client = await online(one, 'short', { exp: Math.floor(Date.now() / 1000) + 2 });
    await waitFor(() => client.ended.length > 0, { what: 'the disconnect', timeoutMs: 7_000 });
    expect(client.ended).toEqual(['io server disconnect']);
  });

  it('ends revoked ones within 2 s on every node, and refuses their tokens there', async () => {
    const claims = { iat: Math.floor(Date.now() / 1000) - 10 };
    const clients = [await online(one, 'thief', claims), await online(two, 'thief', claims)];
    const bystander = await online(two, 'owner', claims);
    const operator = await token('operator', { ...ours, scope: 'ops' });
    await request(one.url)
      .post('/api/v1/sessions/revoke')
      .auth(operator, { type: 'bearer' })
      .send({ userId: 'thief' })
      .expect(200);
    for (const client of clients)
      await waitFor(() => client.ended.length > 0, { what: 'the disconnect', timeoutMs: 2_000 });
    expect(bystander.socket.connected).toBe(true);
    const old = await token('thief', { ...ours, ...claims });
    for (const node of [one, two]) {
      await request(node.url).get('/api/v1/notifications/state').auth(old, { type: 'bearer' }).expect(401);
      const again = connect(node, { token: old });
      await waitFor(() => again.refusals.length > 0, { what: 'the refusal' });
      expect(again.refusals[0]?.data?.code).toBe('C001');
    }
  });

  it('ends one session only', async () => {
    const [stolen, kept] = [
      await online(two, 'user-2', { sid: 'phone' }),
      await online(two, 'user-2', { sid: 'desk' }),
    ];
    const operator = await token('operator', { ...ours, scope: 'ops' });
    await request(one.url)
      .post('/api/v1/sessions/revoke')
      .auth(operator, { type: 'bearer' })
      .send({ userId: 'user-2', sessionId: 'phone' })
      .expect(200);
    await waitFor(() => stolen.ended.length > 0, { what: 'the disconnect', timeoutMs: 2_000 });
    expect(kept.socket.connected).toBe(true);
  });
});

describe('what a client may say', () => {
  it.each([
    ['sync', [{}], 'afterId'],
    ['sync', [{ afterId: '1' }], 'afterId'],
    ['sync', [{ afterId: -1 }], 'afterId'],
    ['sync', [{ afterId: 0, userId: 'user-2' }], 'userId'],
    ['sync', [], 'payload'],
    ['sync', [null], 'expected object'],
    ['read', [{ id: 0 }], 'id'],
    ['read', [{ id: 1.5 }], 'id'],
    ['read', [{ id: 1 }, { id: 2 }], 'payload'],
    ['readAll', [{}], 'payload'],
    ['seen', [1], 'payload'],
    ['subscribe', [{ topic: 'user:user-2' }], 'topic'],
    ['subscribe', [{ topic: '' }], 'topic'],
    ['unsubscribe', ['timedeal'], 'expected object'],
    ['join', [{ room: 'user:user-2' }], 'event'],
    ['error', [{}], 'event'],
    ['__proto__', [{}], 'event'],
  ])('%s %j: C003 names %s', async (event, payload, named) => {
    const client = await online(one, 'user-1');
    expect(await client.ask(event, ...payload)).toEqual({
      success: false,
      error: { code: 'C003', message: expect.stringContaining(named) },
    });
  });

  it('answers what REST answers', async () => {
    await consumer.save('asker', 3);
    await consumer.inbox.remove('asker', 2);
    const [client, tab] = [await online(one, 'asker'), await online(two, 'asker')];
    expect(await client.ask('sync', { afterId: 0 })).toMatchObject({
      success: true,
      data: { notifications: [{ id: 1 }, { id: 3 }], completeTo: 3 },
    });
    expect(await client.ask('read', { id: 3 })).toMatchObject({ success: true, data: { id: 3, status: 'READ' } });
    expect(await client.ask('read', { id: 2 })).toMatchObject({ success: false, error: { code: 'N001' } });
    expect(await client.ask('readAll')).toEqual({ success: true, data: 1 });
    expect(await client.ask('seen')).toEqual({ success: true, data: { unseen: 0 } });
    await waitFor(() => expect(tab.last('inbox')).toEqual({ lastId: 3, unread: 0, unseen: 0 }) ?? true, {
      what: 'the state on the other node',
    });
  });

  it('keeps subscriptions, for all tabs of the user and for the next time', async () => {
    const deal = { topic: 'timedeal', type: 'TIMEDEAL_STARTED', title: 'Deal', message: 'Now', link: null };
    const [client, tab, other] = [await online(one, 'fan'), await online(two, 'fan'), await online(one, 'user-3')];
    expect(await client.ask('subscribe', { topic: 'timedeal' })).toEqual({ success: true });
    const told = async (one: Client) => {
      await consumer.announce(deal);
      return one.last('announcement') !== undefined;
    };
    for (const one of [client, tab]) await waitFor(() => told(one), { what: 'the announcement' });
    const later = await online(two, 'fan');
    await waitFor(() => told(later), { what: 'the announcement on a new socket' });
    expect(later.last('announcement')).toEqual(deal);
    expect(other.last('announcement')).toBeUndefined();
    expect(await client.ask('unsubscribe', { topic: 'timedeal' })).toEqual({ success: true });
    const after = await online(one, 'fan');
    await consumer.announce(deal);
    await consumer.notify('fan');
    await waitFor(() => after.ids.length === 1, { what: 'what came after the announcement' });
    expect(after.last('announcement')).toBeUndefined();
  });

  it('survives what is no message', async () => {
    const bystander = await online(one, 'bystander');
    for (const frame of [
      '4',
      '42',
      '42[',
      '42{}',
      '42[1]',
      '451-["read",{"_placeholder":true,"num":0}]',
      '9',
      '42["error",1]',
      '40/other,',
      '43999[]',
      'x'.repeat(70_000),
    ]) {
      const client = await online(one, 'garbler');
      (client.socket.io.engine as unknown as { transport: { ws: WebSocket } }).transport.ws.send(frame);
      client.socket.disconnect();
    }
    const silent = await online(one, 'garbler');
    silent.socket.emit('sync', { afterId: 0 }); // without an acknowledgement
    silent.socket.emit('read', 7);
    await consumer.notify('bystander');
    await waitFor(() => bystander.ids.length === 1, { what: 'the notification' });
    expect(bystander.ended).toEqual([]);
  });

  it('disconnects a client that is too slow; it catches up when it is back', async () => {
    const slow = await online(one, 'slow');
    const { _socket: socket } = (
      slow.socket.io.engine as unknown as { transport: { ws: { _socket: { pause(): void; resume(): void } } } }
    ).transport.ws;
    socket.pause();
    await waitFor(
      async () => {
        await consumer.hint(await consumer.save('slow', 100, '가'.repeat(1000)));
        return /allim_api_disconnects_total\{reason="too_slow"\} 1/.test(await metrics(one));
      },
      { what: 'the slow client to be disconnected', timeoutMs: 30_000 },
    );
    socket.resume();
    await waitFor(() => slow.ended.length === 1, { what: 'the client to see it' });
    const last = slow.ids.at(-1) ?? 0;
    expect(slow.ids).toEqual(Array.from({ length: last }, (_, index) => index + 1));
  });
});
