import { type NotificationResponse } from '@allim/contracts';
import { useStack, waitFor } from '@allim/testing';
import { type JWTPayload } from 'jose';
import request from 'supertest';
import {
  type ApiNode,
  Consumer,
  connect,
  disconnectAll,
  startNode,
  stopNode,
  stopNodes,
  token,
} from './testing/api-nodes.js';

const stack = useStack({ kafka: false });
const path = '/api/v1/notifications';
let node: ApiNode;
let consumer: Consumer;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  node = await startNode(stack, { AUTH_GATEWAY_SECRET: 'the gateway and we know this secret only' });
});
afterEach(disconnectAll);
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
});

let users = 0;

async function signedIn(count = 0) {
  const userId = `reader-${++users}`;
  if (count > 0) await consumer.save(userId, count);
  const authorization = `Bearer ${await token(userId)}`;
  return {
    userId,
    get: (at: string) =>
      request(node.url)
        .get(path + at)
        .set('Authorization', authorization),
    put: (at: string) =>
      request(node.url)
        .put(path + at)
        .set('Authorization', authorization),
    delete: (at: string) =>
      request(node.url)
        .delete(path + at)
        .set('Authorization', authorization),
  };
}

const ids = (items: NotificationResponse[]) => items.map(({ id }) => id);

describe('reading', () => {
  it('answers pages by number, newest first', async () => {
    const me = await signedIn(5);
    const { body } = await me.get('?page=2&size=2').expect(200);
    expect({ ...body.data, items: ids(body.data.items) }).toEqual({
      items: [3, 2],
      page: 2,
      size: 2,
      totalElements: 5,
      totalPages: 3,
    });
    expect(body.success).toBe(true);
    expect(body.data.items[0]).toEqual({
      id: 3,
      userId: me.userId,
      type: 'ORDER_CREATED',
      title: expect.any(String),
      message: 'It is on its way.',
      link: expect.any(String),
      status: 'UNREAD',
      referenceId: expect.any(String),
      referenceType: 'order',
      createdAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      readAt: null,
    });
  });

  it('answers pages by cursor', async () => {
    const me = await signedIn(5);
    const older = (await me.get('?before=5&size=2').expect(200)).body.data;
    expect({ ...older, items: ids(older.items) }).toEqual({ items: [4, 3], nextBefore: 3, hasMore: true });
    const newer = (await me.get('?after=3&size=2').expect(200)).body.data;
    expect({ ...newer, items: ids(newer.items) }).toEqual({ items: [4, 5], nextAfter: 5, hasMore: false });
    expect((await me.get('?after=5').expect(200)).body.data).toEqual({ items: [], nextAfter: 5, hasMore: false });
  });

  it('counts, marks and clears', async () => {
    const me = await signedIn(3);
    expect((await me.put('/2/read').expect(200)).body.data).toMatchObject({
      id: 2,
      status: 'READ',
      readAt: expect.any(String),
    });
    const again = await me.put('/2/read').expect(200);
    expect(again.body.data.status).toBe('READ');
    expect((await me.get('/unread/count').expect(200)).body).toEqual({ success: true, data: 2 });
    expect(ids((await me.get('/unread').expect(200)).body.data.items)).toEqual([3, 1]);
    expect((await me.put('/seen').expect(200)).body).toEqual({ success: true, data: { unseen: 0 } });
    expect((await me.get('/state').expect(200)).body.data).toEqual({ lastId: 3, unread: 2, unseen: 0 });
    expect((await me.get('/subscriptions').expect(200)).body).toEqual({ success: true, data: [] });
    expect((await me.put('/read-all').expect(200)).body).toEqual({ success: true, data: 2 });
    expect((await me.put('/read-all').expect(200)).body).toEqual({ success: true, data: 0 });
  });

  it('removes once', async () => {
    const me = await signedIn(1);
    expect((await me.delete('/1').expect(200)).body).toEqual({ success: true });
    expect((await me.delete('/1').expect(404)).body.error.code).toBe('N001');
  });

  it("does not find another user's", async () => {
    await signedIn(3);
    const me = await signedIn();
    expect((await me.put('/1/read').expect(404)).body.error.code).toBe('N001');
    expect((await me.get('').expect(200)).body.data.items).toEqual([]);
  });

  it('tells all sockets of the user what has changed', async () => {
    const me = await signedIn(2);
    const client = connect(node, { token: await token(me.userId) });
    await waitFor(() => client.isCaughtUp, { what: 'the client to be caught up' });
    await me.put('/1/read').expect(200);
    await waitFor(() => expect(client.last('inbox')).toEqual({ lastId: 2, unread: 1, unseen: 2 }) ?? true, {
      what: 'the state',
    });
  });
});

describe('bad requests', () => {
  it.each([
    ['?page=0', 'page: expected a whole number from 1 to 9007199254740991'],
    ['?page=1.5', 'page'],
    ['?page=', 'page'],
    ['?page=0x10', 'page'],
    ['?size=0', 'size: expected a whole number from 1 to 100'],
    ['?size=101', 'size'],
    ['?size=%2010', 'size'],
    ['?size=1&size=2', 'size'],
    ['?before=0', 'before'],
    ['?after=-1', 'after'],
    ['?before=9&after=1', 'after: expected either before or after'],
    ['?page=1&after=1', 'page: expected either page or a cursor'],
    ['?page=9007199254740993', 'page: expected a whole number from 1 to 9007199254740991'],
    ['?sort=id', 'sort: expected no such field'],
    ['/unread?limit=5', 'limit'],
    ['/state?x=1', 'x'],
    ['/unread/count?x=1', 'x'],
  ])('GET %s: C003 names %s', async (query, named) => {
    const { body } = await (await signedIn()).get(query).expect(400);
    expect(body).toEqual({ success: false, error: { code: 'C003', message: expect.stringContaining(named) } });
  });

  it.each(['0', '-1', '1.5', 'abc', '1e3', '99999999999999999999', '%20'])(
    'PUT /%s/read: C003 names the id',
    async (id) => {
      const { body } = await (await signedIn()).put(`/${id}/read`).expect(400);
      expect(body.error).toEqual({ code: 'C003', message: 'id: expected a whole number from 1 to 9007199254740991' });
    },
  );

  it('takes no body where none is expected', async () => {
    const { body } = await (await signedIn()).put('/read-all').send({ all: true }).expect(400);
    expect(body.error).toEqual({ code: 'C003', message: 'body: expected none' });
  });

  it('answers an unknown path in the envelope', async () => {
    const { body } = await request(node.url).get('/api/v1/nothing').expect(404);
    expect(body.error.code).toBe('C003');
    await (await signedIn(1)).get('/1').expect(404);
  });

  it('answers a path that cannot be decoded', async () => {
    const { body } = await (await signedIn()).put('/%ZZ/read').expect(400);
    expect(body.error.code).toBe('C003');
  });
});

describe('who is calling', () => {
  const state = (headers: Record<string, string>) => request(node.url).get(`${path}/state`).set(headers);

  it('refuses without a token, and does not look at the query before', async () => {
    const { body, headers } = await request(node.url).get(`${path}?page=0`).expect(401);
    expect(body.error.code).toBe('C001');
    expect(headers['www-authenticate']).toBe('Bearer');
  });

  it('takes X-User-Id with the secret of the gateway only', async () => {
    await state({ 'X-User-Id': 'user-1' }).expect(401);
    await state({ 'X-User-Id': 'user-1', 'X-Gateway-Secret': 'wrong' }).expect(401);
    await state({ 'X-User-Id': 'user-1', Authorization: `Bearer ${await token('user-1')}` }).expect(401);
    await state({ 'X-User-Id': 'user-1', 'X-Gateway-Secret': 'the gateway and we know this secret only' }).expect(200);
  });

  it('bounds how often one user asks', async () => {
    const slow = await startNode(stack, { REQUESTS_PER_SECOND: '1', REQUEST_BURST: '2' });
    const authorization = `Bearer ${await token('eager')}`;
    const ask = () => request(slow.url).get(`${path}/state`).set('Authorization', authorization);
    await ask().expect(200);
    await ask().expect(200);
    const { body, headers } = await ask().expect(429);
    expect(body.error.code).toBe('C004');
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
    await stopNode(slow);
  });
});

describe('revoking sessions', () => {
  const revoke = async (body: unknown, scope?: string) =>
    request(node.url)
      .post('/api/v1/sessions/revoke')
      .set('Authorization', `Bearer ${await token('operator', scope ? { scope } : {})}`)
      .set('Content-Type', 'application/json')
      .send(typeof body === 'string' ? body : JSON.stringify(body));

  it('wants the scope ops', async () => {
    expect((await revoke({ userId: 'x' })).status).toBe(403);
    expect((await revoke({ userId: 'x' }, 'notify')).body.error.code).toBe('C002');
    expect((await revoke({ userId: 'x' }, 'notify ops')).body).toEqual({ success: true });
  });

  it.each([
    ['{', 400, 'body: expected a JSON object'],
    ['null', 400, 'body: expected a JSON object'],
    ['[]', 400, 'body: Invalid input: expected object'],
    ['{}', 400, 'userId'],
    ['{"userId":""}', 400, 'userId'],
    ['{"userId":"x","all":true}', 400, 'all: expected no such field'],
    [`{"userId":"${'x'.repeat(70_000)}"}`, 413, 'body: expected at most 64 KB'],
  ])('refuses %s', async (body, status, named) => {
    const answer = await revoke(body, 'ops');
    expect(answer.status).toBe(status);
    expect(answer.body.error).toEqual({ code: 'C003', message: expect.stringContaining(named) });
  });

  it('refuses another content type', async () => {
    const answer = await request(node.url)
      .post('/api/v1/sessions/revoke')
      .set('Authorization', `Bearer ${await token('operator', { scope: 'ops' })}`)
      .set('Content-Type', 'text/plain')
      .send('{"userId":"x"}');
    expect(answer.status).toBe(415);
    expect(answer.body.error.code).toBe('C003');
  });

  it('ends all tokens of the user, but no later one and nobody else', async () => {
    const older = { iat: Math.floor(Date.now() / 1000) - 5 };
    const ask = async (userId: string, claims: JWTPayload) =>
      (
        await request(node.url)
          .get(`${path}/state`)
          .set('Authorization', `Bearer ${await token(userId, claims)}`)
      ).status;
    expect(await ask('lost-phone', older)).toBe(200);
    await revoke({ userId: 'lost-phone' }, 'ops');
    expect(await ask('lost-phone', older)).toBe(401);
    expect(await ask('lost-phone', { iat: Math.floor(Date.now() / 1000) + 1 })).toBe(200);
    expect(await ask('somebody', older)).toBe(200);
  });

  it('ends one session', async () => {
    const ask = async (claims: JWTPayload) =>
      (
        await request(node.url)
          .get(`${path}/state`)
          .set('Authorization', `Bearer ${await token('two-phones', claims)}`)
      ).status;
    await revoke({ userId: 'two-phones', sessionId: 's1' }, 'ops');
    expect(await ask({ sid: 's1' })).toBe(401);
    expect(await ask({ jti: 's1' })).toBe(401);
    expect(await ask({ sid: 's2', jti: 's1' })).toBe(200);
  });
});

describe('the rest of the HTTP side', () => {
  it('serves OpenAPI from the schemas', async () => {
    const { body } = await request(node.url).get('/docs-json').expect(200);
    expect(Object.keys(body.paths)).toEqual(
      expect.arrayContaining([path, `${path}/{id}/read`, '/api/v1/sessions/revoke']),
    );
    expect(body.paths[path].get.parameters).toContainEqual(
      expect.objectContaining({
        name: 'size',
        in: 'query',
        schema: expect.objectContaining({ type: 'integer', minimum: 1, maximum: 100 }),
      }),
    );
    expect(Object.keys(body.paths['/api/v1/sessions/revoke'].post.responses)).toEqual(
      expect.arrayContaining(['200', '400', '401', '403', '413', '415']),
    );
    const page = await request(node.url).get('/docs').expect(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
  });

  it('serves the page and its modules under a strict policy', async () => {
    const { headers, text } = await request(node.url).get('/').expect(200);
    expect(text).toContain('<!doctype html>');
    expect(headers['content-security-policy']).not.toContain('unsafe');
    expect(headers['x-content-type-options']).toBe('nosniff');
    await request(node.url)
      .get('/modules/socket.io-client.js')
      .expect(200)
      .expect('content-type', /javascript/);
  });

  it('has no sample users but in development', async () => {
    await request(node.url).get('/dev/sample-users').expect(404);
    await request(node.url).post('/dev/token').send({ userId: 'user-1' }).expect(404);
    const development = await startNode(stack, { NODE_ENV: 'development' });
    const { body: users } = await request(development.url).get('/dev/sample-users').expect(200);
    expect(users).toHaveLength(5);
    const { body } = await request(development.url).post('/dev/token').send({ userId: 'user-1' }).expect(200);
    await request(development.url).get(`${path}/state`).set('Authorization', `Bearer ${body.token}`).expect(200);
    await request(development.url).post('/dev/token').send({ userId: 'root' }).expect(400);
    await stopNode(development);
  });

  it('allows pages of the origins that are set', async () => {
    const open = await startNode(stack, { WEBSOCKET_ALLOWED_ORIGINS: 'https://shop.example' });
    const ask = (origin: string) =>
      request(open.url).options(`${path}/state`).set({ Origin: origin, 'Access-Control-Request-Method': 'GET' });
    expect((await ask('https://shop.example')).headers['access-control-allow-origin']).toBe('https://shop.example');
    expect((await ask('https://evil.example')).headers['access-control-allow-origin']).toBeUndefined();
    await stopNode(open);
  });

  it('tells its health and its metrics', async () => {
    await request(node.url).get('/health/live').expect(200);
    expect((await request(node.url).get('/health/ready').expect(200)).body.checks).toEqual({
      database: 'ok',
      redis: 'ok',
    });
    const { text } = await request(node.url).get('/metrics').expect(200);
    expect(text).toMatch(
      /allim_http_request_duration_seconds_count\{method="GET",route="\/api\/v1\/notifications\/state",status="200"\} \d/,
    );
  });
});
