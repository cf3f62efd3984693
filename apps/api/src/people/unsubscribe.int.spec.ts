import { type Unsubscription, unsubscribeLink, unsubscribeToken } from '@allim/catalogue';
import { contactDetails } from '@allim/contracts';
import { ContactStore, type Database, openDatabase, PreferenceStore } from '@allim/store';
import { useStack } from '@allim/testing';
import request from 'supertest';
import { type ApiNode, Consumer, startNode, stopNode, stopNodes } from '../testing/api-nodes.js';

const stack = useStack({ kafka: false });
const secret = 'the secret that signs the links of today';
const formerSecret = 'the secret that signed those of yesterday';
let node: ApiNode;
let consumer: Consumer;
let database: Database;

beforeAll(async () => {
  consumer = await Consumer.open(stack);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  node = await startNode(stack, { UNSUBSCRIBE_SECRET: `${secret}, ${formerSecret}` });
});
afterAll(async () => {
  await stopNodes();
  await consumer?.close();
  await database?.destroy();
});

let people = 0;

function somebody(changes: Partial<Unsubscription> = {}) {
  const what: Unsubscription = { userId: `reader-${++people}`, category: 'promotion', channel: 'email', ...changes };
  return { ...what, path: pathOf(what), rows: () => new PreferenceStore(database).get(what.userId) };
}
const pathOf = (what: Unsubscription, by = secret) => `/api/v1/unsubscribe/${unsubscribeToken(what, by)}`;
const refusal = (message: string) => ({
  success: false,
  error: { code: 'C003', message: expect.stringContaining(message) },
});

/** As a mail program does. */
const oneClick = (path: string) => request(node.url).post(path).type('form').send('List-Unsubscribe=One-Click');
/** As a browser does. */
const html = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

const stopped = { category: 'promotion', channel: 'email', wanted: false };

describe('one click', () => {
  it('stops this category on this channel, however often it comes, and nothing else', async () => {
    const me = somebody();
    await new ContactStore(database).put(me.userId, contactDetails.parse({}));
    const others = { category: 'order', channel: 'email', wanted: true } as const;
    await new PreferenceStore(database).put(me.userId, [others, { ...stopped, channel: 'email', wanted: true }]);
    for (let click = 0; click < 3; click++) {
      const { body, headers } = await oneClick(me.path).expect(200);
      expect(body).toEqual({ success: true, data: stopped });
      expect(headers).not.toHaveProperty('set-cookie');
    }
    expect(await me.rows()).toEqual([others, stopped]);
  });

  it('may come as multipart/form-data, with other fields, to the very link of a mail', async () => {
    const me = somebody({ userId: '읽는 사람/1 "é' });
    const body = new FormData();
    body.set('List-Unsubscribe', 'One-Click');
    body.set('anything', 'else');
    const answer = await fetch(unsubscribeLink(`${node.url}/`, me, secret), { method: 'POST', body });
    expect(answer.status).toBe(200);
    expect(await me.rows()).toEqual([stopped]);
  });

  it('may be signed by a secret that was replaced since', async () => {
    const me = somebody();
    await oneClick(pathOf(me, formerSecret)).expect(200);
    expect(await me.rows()).toEqual([stopped]);
  });

  it.each<[string, number, string | undefined, string | Buffer | undefined]>([
    ['body: expected List-Unsubscribe=One-Click', 400, undefined, undefined],
    ['List-Unsubscribe: expected List-Unsubscribe=One-Click', 400, 'application/x-www-form-urlencoded', 'a=b'],
    ['List-Unsubscribe: ', 400, 'application/x-www-form-urlencoded', 'List-Unsubscribe=Maybe'],
    ['Content-Type: expected application/x-www-form-urlencoded or multipart/form-data', 415, 'text/plain', 'x'],
    ['Content-Type: ', 415, 'application/json', '{"List-Unsubscribe":"One-Click"}'],
    ['body: expected a form', 400, 'multipart/form-data', 'List-Unsubscribe=One-Click'],
    ['body: expected a form', 400, 'multipart/form-data; boundary=x', '--y\r\n\r\n'],
    ['64 KB', 413, 'application/x-www-form-urlencoded', `List-Unsubscribe=One-Click&x=${'x'.repeat(70_000)}`],
  ])('is none with %j', async (message, status, type, body) => {
    const me = somebody();
    const headers: Record<string, string> = type === undefined ? {} : { 'Content-Type': type };
    const answer = await fetch(node.url + me.path, { method: 'POST', headers, body });
    expect([answer.status, await answer.json()]).toEqual([status, refusal(message)]);
    expect(await me.rows()).toEqual([]);
  });

  it('is not repeated without end', async () => {
    const me = somebody();
    const answers = await Promise.all(Array.from({ length: 40 }, () => oneClick(me.path)));
    const late = answers.filter(({ status }) => status === 429);
    expect(late.length).toBeGreaterThan(0);
    expect(late[0]!.headers['retry-after']).toBe('1');
    expect(late[0]!.body.error.code).toBe('C004');
    // Others are not held up by that.
    await oneClick(somebody().path).expect(200);
  });
});

describe('a link that is not ours', () => {
  const forged = () => {
    const me = somebody();
    const [, token = ''] = /unsubscribe\/(.*)$/.exec(me.path) ?? [];
    const [what = '', signature = ''] = token.split('.');
    const victim = unsubscribeToken({ ...me, userId: 'victim' }, 'guessed by somebody who wants to do harm');
    return [
      victim,
      `${victim.split('.')[0]}.${signature}`,
      `${what}.${'A'.repeat(43)}`,
      what,
      `${what}.`,
      token.slice(0, -1),
      `${token}A`,
      'garbled',
      '%00',
      'x'.repeat(3_000),
    ];
  };

  it('takes nothing back, and says so', async () => {
    for (const token of forged()) {
      const path = `/api/v1/unsubscribe/${token}`;
      expect((await oneClick(path).expect(400)).body).toEqual(refusal('token: expected one of a link'));
      const page = await request(node.url).get(path).set('Accept', html).set('Accept-Language', 'en').expect(400);
      expect(page.text).toContain('This link does not work');
      expect(page.text).not.toContain('<form');
    }
    expect(await new PreferenceStore(database).get('victim')).toEqual([]);
  });

  it('is every link as long as there is no secret', async () => {
    const without = await startNode(stack);
    const me = somebody();
    await request(without.url).post(me.path).type('form').send('List-Unsubscribe=One-Click').expect(400);
    await stopNode(without);
    expect(await me.rows()).toEqual([]);
  });
});

describe('the page behind a link', () => {
  const open = (path: string, language: string) =>
    request(node.url).get(path).set('Accept', html).set('Accept-Language', language);

  it('says what would be taken back, and changes nothing, whoever opens it', async () => {
    const me = somebody();
    for (const method of ['get', 'head'] as const) await request(node.url)[method](me.path).expect(200);
    const { text, headers } = await open(me.path, 'en-US,en;q=0.9').expect(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(headers['cache-control']).toBe('no-store');
    expect(headers['content-security-policy']).toMatch(/default-src 'none'.*form-action 'self'/);
    expect(headers).not.toHaveProperty('set-cookie');
    expect(text).toContain('<html lang="en">');
    expect(text).toContain('<dd>Promotions</dd>');
    expect(text).toContain('<dd>E-mail</dd>');
    expect(text).toContain('<button name="List-Unsubscribe" value="One-Click">Unsubscribe</button>');
    expect(await me.rows()).toEqual([]);
  });

  it.each([
    ['ko-KR,ko;q=0.9,en;q=0.8', 'ko', '수신거부'],
    ['en,ko;q=0.5', 'en', 'Unsubscribe'],
    ['de', 'en', 'Unsubscribe'],
  ])('is for readers of %s in %s', async (accepted, language, button) => {
    const { text } = await open(somebody().path, accepted);
    expect(text).toContain(`<html lang="${language}">`);
    expect(text).toContain(`>${button}</button>`);
  });

  it('has a button that does it, and then says that it is done', async () => {
    const me = somebody();
    const { text, headers } = await oneClick(me.path).set('Accept', html).set('Accept-Language', 'ko').expect(200);
    expect(headers['content-type']).toMatch(/^text\/html/);
    expect(text).toContain('수신거부가 완료되었습니다');
    expect(text).not.toContain('<form');
    expect(await me.rows()).toEqual([stopped]);
  });

  it('says that it could not be done when it could not', async () => {
    const answer = await request(node.url).post(somebody().path).set('Accept', html).type('text').send('x').expect(415);
    expect(answer.text).toContain('<h1>');
  });
});

it('is documented, without a token', async () => {
  const { body } = await request(node.url).get('/docs-json').expect(200);
  const { get, post } = body.paths['/api/v1/unsubscribe/{token}'];
  expect(Object.keys(post.requestBody.content)).toEqual(['application/x-www-form-urlencoded', 'multipart/form-data']);
  expect(Object.keys(post.responses)).toEqual(expect.arrayContaining(['200', '400', '413', '415', '429', '503']));
  expect(post.responses).not.toHaveProperty('401');
  expect(post).not.toHaveProperty('security');
  expect(get.responses['200'].content).toHaveProperty('text/html');
});
