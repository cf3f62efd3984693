import { ContactStore, type Database, InboxStore, openDatabase } from '@allim/store';
import { useStack, waitFor } from '@allim/testing';
import request from 'supertest';
import { type ApiNode, Consumer, connect, startNode, stopNodes, token } from '../testing/api-nodes.js';

const stack = useStack({ kafka: false });
let node: ApiNode;
let consumer: Consumer;
let database: Database;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  node = await startNode(stack);
});
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
  await database?.destroy();
});

const path = (userId: string, query = '') => `/api/v1/users/${encodeURIComponent(userId)}${query}`;
const erase = async (userId: string, scope = 'ops', query = '') =>
  request(node.url)
    .delete(path(userId, query))
    .set('Authorization', `Bearer ${await token('operator', { scope })}`);
const known = async (userId: string) => (await new ContactStore(database).get(userId)) !== null;

/** With an inbox, a contact, a device and a preference. */
async function somebody(userId: string): Promise<string> {
  const authorization = `Bearer ${await token(userId)}`;
  const put = (where: string, body: object) =>
    request(node.url).put(`/api/v1${where}`).set('Authorization', authorization).send(body).expect(200);
  await put('/contact', { email: 'minji@example.com' });
  await put(`/devices/token-${encodeURIComponent(userId)}`.replaceAll('%', ''), { platform: 'ios' });
  await put('/preferences', { preferences: [{ category: 'order', channel: 'push', wanted: false }] });
  await consumer.notify(userId, 3);
  return authorization;
}

describe('erasure', () => {
  it('forgets one person, says what it has removed, and is idempotent', async () => {
    const userId = '민지/1 %';
    await somebody(userId);
    await somebody('stays');
    const { status, body } = await erase(userId);
    expect(status).toBe(200);
    expect(body).toEqual({
      success: true,
      data: {
        removed: {
          contacts: 1,
          devices: 1,
          preferences: 1,
          subscriptions: 0,
          deliveries: 0,
          attempts: 0,
          reports: 0,
          notifications: 3,
          inboxes: 1,
          deadLetters: 0,
          ledgerEntries: 3,
        },
        next: null,
      },
    });
    expect(await known(userId)).toBe(false);
    expect(await new InboxStore(database).state(userId)).toEqual({ lastId: 0, unread: 0, unseen: 0 });
    expect(await known('stays')).toBe(true);
    expect((await new InboxStore(database).state('stays')).lastId).toBe(3);

    const again = await erase(userId);
    expect([again.status, again.body.data.removed.notifications, again.body.data.next]).toEqual([200, 0, null]);
  });

  it('ends the sessions of the person: an app still signed in brings nothing back', async () => {
    const userId = 'signed-in';
    const authorization = await somebody(userId);
    const client = connect(node, { token: await token(userId) });
    await waitFor(() => client.isCaughtUp, { what: 'the socket' });
    expect((await erase(userId)).status).toBe(200);
    await waitFor(() => client.ended.length > 0, { what: 'the end of the socket' });
    await request(node.url)
      .put('/api/v1/devices/token-signed-in')
      .set('Authorization', authorization)
      .send({ platform: 'ios' })
      .expect(401);
    expect(await known(userId)).toBe(false);
  });

  it.each(['notify', 'operations', 'none'])('is not for scope %s, not even of oneself', async (scope) => {
    await somebody('protected');
    const { status, body } = await erase('protected', scope);
    expect([status, body.error.code]).toEqual([403, 'C002']);
    await request(node.url)
      .delete(path('protected'))
      .set('Authorization', `Bearer ${await token('protected')}`)
      .expect(403);
    await request(node.url).delete(path('protected')).expect(401);
    expect(await known('protected')).toBe(true);
  });

  it('refuses ids and queries that are none', async () => {
    for (const [userId, query, message] of [
      ['u'.repeat(65), '', 'userId: expected a user id'],
      ['a\nb', '', 'userId: expected a user id'],
      ['user', '?from=7', 'from: expected what an erasure answered'],
      ['user', '?force=1', 'force: expected no such field'],
    ] as const) {
      const { status, body } = await erase(userId, 'ops', query);
      expect([status, body.error]).toEqual([400, { code: 'C003', message: expect.stringContaining(message) }]);
    }
    const { status } = await erase('user', 'ops', `?from=${'f'.repeat(32)}`);
    expect(status).toBe(200);
  });

  it('is documented', async () => {
    const { body } = await request(node.url).get('/docs-json').expect(200);
    const operation = body.paths['/api/v1/users/{userId}'].delete;
    expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['200', '400', '401', '403', '503']));
    expect(operation.parameters.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['userId', 'from']),
    );
  });
});
