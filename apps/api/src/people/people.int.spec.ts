import { categories } from '@allim/catalogue';
import { type Database, DeviceStore, openDatabase } from '@allim/store';
import { useStack } from '@allim/testing';
import request from 'supertest';
import { type ApiNode, Consumer, startNode, stopNodes, token } from '../testing/api-nodes.js';

// Kafka is down: nothing here may need it.
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

let users = 0;

async function signedIn(scope?: string) {
  const userId = `person-${++users}`;
  const authorization = `Bearer ${await token(userId, scope ? { scope } : {})}`;
  const call = (method: 'get' | 'put' | 'delete', path: string) =>
    request(node.url)[method](`/api/v1${path}`).set('Authorization', authorization);
  return {
    userId,
    get: (path: string) => call('get', path),
    put: (path: string, body: object) => call('put', path).send(body),
    /** Without a body. */
    bare: (path: string) => call('put', path),
    delete: (path: string) => call('delete', path),
  };
}

const refusal = (message: string) => ({
  success: false,
  error: { code: 'C003', message: expect.stringContaining(message) },
});

const unknown = {
  name: null,
  email: null,
  phone: null,
  language: 'ko',
  zone: 'Asia/Seoul',
  quiet: null,
  promotionConsent: false,
  nightConsent: false,
};
const minji = {
  name: '김민지 👩‍💻',
  email: 'minji@example.com',
  phone: '010-1234-5678',
  language: 'en',
  zone: 'Europe/Berlin',
  quiet: { from: '22:00', until: '07:30' },
  promotionConsent: true,
  nightConsent: false,
};

describe('the own contact', () => {
  it('has its defaults, and then what was put, and nothing of what was put before', async () => {
    const me = await signedIn();
    expect((await me.get('/contact').expect(200)).body).toEqual({ success: true, data: unknown });
    expect((await me.put('/contact', minji).expect(200)).body).toEqual({ success: true, data: minji });
    await me.put('/contact', minji).expect(200);
    expect((await me.get('/contact').expect(200)).body.data).toEqual(minji);
    const next = { ...unknown, email: 'other@example.com' };
    expect((await me.put('/contact', { email: 'other@example.com' }).expect(200)).body.data).toEqual(next);
    expect((await me.get('/contact').expect(200)).body.data).toEqual(next);
  });

  it('is nobody else’s', async () => {
    const me = await signedIn();
    await me.put('/contact', minji).expect(200);
    expect((await (await signedIn()).get('/contact').expect(200)).body.data).toEqual(unknown);
  });

  it.each<[string, object]>([
    ['name: expected a name that is not empty', { name: '' }],
    ['name: expected a name of at most 100 characters', { name: 'n'.repeat(101) }],
    ['name: expected no control characters', { name: 'Minji\r\nBcc: evil@example.com' }],
    ['email: expected an e-mail address', { email: 'minji' }],
    ['email: expected an e-mail address', { email: 'a@example.com\r\nBcc: b@example.com' }],
    ['email: expected an e-mail address', { email: 'a@example.com, b@example.com' }],
    ['email: expected an e-mail address', { email: `${'a'.repeat(60)}@${'b'.repeat(60)}.${'c'.repeat(190)}.com` }],
    ['phone: expected a phone number', { phone: 'call me' }],
    ['phone: expected a phone number', { phone: '0'.repeat(21) }],
    ['language: expected "ko" or "en"', { language: 'de' }],
    ['zone: expected an IANA time zone', { zone: 'Mars/Olympus' }],
    ['quiet.until: expected a time of day', { quiet: { from: '22:00' } }],
    ['quiet.from: expected a time of day', { quiet: { from: '24:00', until: '07:00' } }],
    ['quiet: expected two different times', { quiet: { from: '07:00', until: '07:00' } }],
    ['quiet.days: expected no such field', { quiet: { from: '22:00', until: '07:00', days: 'all' } }],
    ['promotionConsent: expected true or false', { promotionConsent: 'yes' }],
    ['mail: expected no such field', { mail: 'minji@example.com' }],
    ['body: ', []],
  ])('refuses with %j', async (message, body) => {
    const me = await signedIn();
    expect((await me.put('/contact', body).expect(400)).body).toEqual(refusal(message));
    expect((await me.get('/contact').expect(200)).body.data).toEqual(unknown);
  });

  it('wants a JSON body of at most 64 KB, and no query', async () => {
    const me = await signedIn();
    expect((await me.bare('/contact').expect(400)).body).toEqual(refusal('body: '));
    expect((await me.bare('/contact').type('text').send('{}').expect(415)).body).toEqual(refusal('Content-Type'));
    expect((await me.bare('/contact').type('json').send('{"name"').expect(400)).body).toEqual(
      refusal('body: expected a JSON object'),
    );
    expect((await me.put('/contact', { name: 'n'.repeat(70_000) }).expect(413)).body).toEqual(refusal('64 KB'));
    expect((await me.put('/contact?force=1', {}).expect(400)).body).toEqual(refusal('force'));
    expect((await me.get('/contact?x=1').expect(400)).body).toEqual(refusal('x'));
  });

  it('is read by its owner only', async () => {
    expect((await request(node.url).get('/api/v1/contact').expect(401)).body.error.code).toBe('C001');
    const { body } = await request(node.url).put('/api/v1/contact').send({ name: 'x' }).expect(401);
    expect(body.error.code).toBe('C001');
  });
});

describe('the contact of somebody', () => {
  it('is put by who may notify', async () => {
    const service = await signedIn('notify');
    const them = await signedIn();
    const { body } = await service.put(`/contacts/${them.userId}`, minji).expect(200);
    expect(body).toEqual({ success: true, data: minji });
    expect((await them.get('/contact').expect(200)).body.data).toEqual(minji);
    expect((await service.get('/contact').expect(200)).body.data).toEqual(unknown);
  });

  it('takes any id a person may have', async () => {
    const userId = '민지/1 %';
    await (await signedIn('notify')).put(`/contacts/${encodeURIComponent(userId)}`, minji).expect(200);
    const { body } = await request(node.url)
      .get('/api/v1/contact')
      .set('Authorization', `Bearer ${await token(userId)}`);
    expect(body.data).toEqual(minji);
  });

  it.each([undefined, 'ops', 'notify-not'])('is not put with scope %s', async (scope) => {
    const them = await signedIn();
    const caller = await signedIn(scope);
    const { body } = await caller.put(`/contacts/${them.userId}`, minji).expect(403);
    expect(body.error.code).toBe('C002');
    await caller.put(`/contacts/${caller.userId}`, minji).expect(403);
    expect((await them.get('/contact')).body.data).toEqual(unknown);
  });

  it('refuses ids and bodies that are none', async () => {
    const service = await signedIn('notify');
    expect((await service.put(`/contacts/${'u'.repeat(65)}`, minji).expect(400)).body).toEqual(refusal('userId: '));
    expect((await service.put('/contacts/a%0Ab', minji).expect(400)).body).toEqual(refusal('userId: '));
    expect((await service.put('/contacts/person', { nickname: 'x' }).expect(400)).body).toEqual(refusal('nickname'));
    await service.get('/contacts/person').expect(404);
  });
});

describe('preferences', () => {
  const noPromotion = { category: 'promotion', channel: 'email', wanted: false };
  const orders = { category: 'order', channel: 'sms', wanted: true };

  it('are none, and then what was put, and nothing of what was put before', async () => {
    const me = await signedIn();
    expect((await me.get('/preferences').expect(200)).body).toEqual({ success: true, data: { preferences: [] } });
    const both = { preferences: [orders, noPromotion] };
    expect((await me.put('/preferences', { preferences: [noPromotion, orders] }).expect(200)).body).toEqual({
      success: true,
      data: both,
    });
    expect((await me.get('/preferences')).body.data).toEqual(both);
    await me.put('/preferences', { preferences: [{ ...orders, wanted: false }] }).expect(200);
    expect((await me.get('/preferences')).body.data).toEqual({ preferences: [{ ...orders, wanted: false }] });
    await me.put('/preferences', { preferences: [] }).expect(200);
    expect((await me.get('/preferences')).body.data).toEqual({ preferences: [] });
    expect((await (await signedIn()).get('/preferences')).body.data).toEqual({ preferences: [] });
  });

  it('are there for every category', async () => {
    const me = await signedIn();
    const all = categories.map((category) => ({ category, channel: 'push', wanted: false }));
    expect((await me.put('/preferences', { preferences: all }).expect(200)).body.data.preferences).toHaveLength(
      categories.length,
    );
  });

  it.each<[string, object]>([
    ['preferences: expected a list', {}],
    ['preferences.0.category: expected one of account', { preferences: [{ ...noPromotion, category: 'promotions' }] }],
    ['preferences.0.category: expected', { preferences: [{ ...noPromotion, category: 'A B' }] }],
    ['preferences.1.channel: expected a channel', { preferences: [orders, { ...noPromotion, channel: 'pigeon' }] }],
    ['preferences.0.wanted: expected true or false', { preferences: [{ ...noPromotion, wanted: 0 }] }],
    ['preferences.0.until: expected no such field', { preferences: [{ ...noPromotion, until: 'x' }] }],
    ['preferences: expected each category and channel once', { preferences: [orders, orders] }],
    ['preferences: expected at most 100', { preferences: Array(101).fill(orders) }],
    ['all: expected no such field', { preferences: [], all: true }],
  ])('refuse with %j', async (message, body) => {
    const me = await signedIn();
    await me.put('/preferences', { preferences: [orders] }).expect(200);
    expect((await me.put('/preferences', body).expect(400)).body).toEqual(refusal(message));
    expect((await me.get('/preferences')).body.data).toEqual({ preferences: [orders] });
  });

  it('are nobody else’s', async () => {
    await request(node.url).get('/api/v1/preferences').expect(401);
    await request(node.url).put('/api/v1/preferences').send({ preferences: [] }).expect(401);
  });
});

describe('devices', () => {
  const device = { platform: 'android', appVersion: '4.2.0' };
  const ofUser = (userId: string) => new DeviceStore(database).ofUser(userId);
  let tokens = 0;
  const deviceToken = () => `fcm-${++tokens}:APA91b_${'x'.repeat(140)}`;
  const path = (text: string) => `/devices/${encodeURIComponent(text)}`;

  it('are registered once, however often, with what was said last', async () => {
    const me = await signedIn();
    const text = deviceToken();
    expect((await me.put(path(text), device).expect(200)).body).toEqual({ success: true, data: device });
    const { body } = await me.put(path(text), { platform: 'ios' }).expect(200);
    expect(body.data).toEqual({ platform: 'ios', appVersion: null });
    await me.put(path(deviceToken()), { platform: 'web' }).expect(200);
    const devices = await ofUser(me.userId);
    expect(devices.filter(({ token }) => token === text)).toEqual([
      expect.objectContaining({ platform: 'ios', appVersion: null }),
    ]);
    expect(devices).toHaveLength(2);
  });

  it('are taken away once and for all', async () => {
    const me = await signedIn();
    const text = deviceToken();
    await me.put(path(text), device).expect(200);
    expect((await me.delete(path(text)).expect(200)).body).toEqual({ success: true });
    expect((await me.delete(path(text)).expect(200)).body).toEqual({ success: true });
    expect(await ofUser(me.userId)).toEqual([]);
  });

  it('move to whoever registers the token, and are not taken away by whoever had it', async () => {
    const [before, now] = [await signedIn(), await signedIn()];
    const text = deviceToken();
    await before.put(path(text), device).expect(200);
    await now.put(path(text), device).expect(200);
    expect(await ofUser(before.userId)).toEqual([]);
    expect((await before.delete(path(text)).expect(200)).body).toEqual({ success: true });
    expect(await ofUser(now.userId)).toEqual([expect.objectContaining({ token: text })]);
  });

  it('take every character a token may have, and 4,096 of them', async () => {
    const me = await signedIn();
    const text = `aZ0_-:.+/=${'t'.repeat(4_086)}`;
    await me.put(path(text), device).expect(200);
    expect((await ofUser(me.userId)).map(({ token }) => token)).toEqual([text]);
  });

  it.each(['a b', 'a%00b', 'töken', '<script>', 't'.repeat(4_097)])(
    'refuse a token that cannot be one (%#)',
    async (text) => {
      const me = await signedIn();
      expect((await me.put(path(text), device).expect(400)).body).toEqual(refusal('token: expected a device token'));
      expect((await me.delete(path(text)).expect(400)).body).toEqual(refusal('token: expected a device token'));
    },
  );

  it.each<[string, object]>([
    ['platform: expected "android", "ios" or "web"', {}],
    ['platform: expected', { platform: 'symbian' }],
    ['appVersion: expected a version', { ...device, appVersion: '4.2 beta' }],
    ['appVersion: expected a version', { ...device, appVersion: '4'.repeat(41) }],
    ['userId: expected no such field', { ...device, userId: 'somebody' }],
  ])('refuse with %j', async (message, body) => {
    const me = await signedIn();
    expect((await me.put(path(deviceToken()), body).expect(400)).body).toEqual(refusal(message));
    expect(await ofUser(me.userId)).toEqual([]);
  });

  it('take no body where one is taken away, and nobody without a token', async () => {
    const me = await signedIn();
    expect((await me.delete(path('t')).send(device).expect(400)).body).toEqual(refusal('body: expected none'));
    await request(node.url).put('/api/v1/devices/t').send(device).expect(401);
    await request(node.url).delete('/api/v1/devices/t').expect(401);
  });
});

describe('bodies elsewhere', () => {
  it.each(['/notifications/1/read', '/notifications/read-all', '/notifications/seen'])(
    'are refused by PUT %s, whatever their type',
    async (path) => {
      const me = await signedIn();
      expect((await me.put(path, { all: true }).expect(400)).body).toEqual(refusal('body: expected none'));
      expect((await me.bare(path).type('text').send('x').expect(400)).body).toEqual(refusal('body: expected none'));
    },
  );
});

it('is documented from the schemas', async () => {
  const { body } = await request(node.url).get('/docs-json').expect(200);
  const put = body.paths['/api/v1/contact'].put;
  const fields = put.requestBody.content['application/json'].schema;
  expect(Object.keys(fields.properties)).toEqual(Object.keys(unknown));
  expect(fields.properties.name).toMatchObject({ nullable: true });
  expect(Object.keys(put.responses)).toEqual(expect.arrayContaining(['200', '400', '401', '413', '415', '503']));
  expect(Object.keys(body.paths['/api/v1/contacts/{userId}'].put.responses)).toContain('403');
  expect(Object.keys(body.paths['/api/v1/devices/{token}'])).toEqual(['put', 'delete']);
  expect(Object.keys(body.paths['/api/v1/preferences'])).toEqual(['get', 'put']);
});
