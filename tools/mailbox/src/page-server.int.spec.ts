import { readdir, readFile } from 'node:fs/promises';
import { createTransport, type SendMailOptions } from 'nodemailer';
import {
  type FcmServer,
  type PageServer,
  type SmtpServer,
  startFcmServer,
  startPage,
  startSmtpServer,
} from './index.js';

let smtp: SmtpServer;
let fcm: FcmServer;
let page: PageServer;
beforeEach(async () => {
  smtp = await startSmtpServer();
  fcm = await startFcmServer();
  page = await startPage({ smtp, fcm });
});
afterEach(async () => {
  await page.stop();
  await smtp.stop();
  await fcm.stop();
});

const get = (path: string, options?: RequestInit) => fetch(page.url + path, options);
// biome-ignore lint/suspicious/noExplicitAny: what comes is what the test is about
const json = async (path: string): Promise<any> => (await get(path)).json();

function send(mail: SendMailOptions = {}) {
  const transport = createTransport({ host: '127.0.0.1', port: smtp.port, ignoreTLS: true });
  return transport.sendMail({ from: 'allim@example.com', to: 'kim@example.com', subject: 'Hello', ...mail });
}

function push(message: object) {
  return fetch(`${fcm.url}/v1/projects/p/messages:send`, {
    method: 'POST',
    headers: { Authorization: 'Bearer x' },
    body: JSON.stringify({ message }),
  });
}

const hostile = '<img src=x onerror=alert(1)>"\'</script><script>alert(2)</script>{{constructor}}';

describe('the JSON API', () => {
  it('lists mails newest first, without their bodies, narrowed as asked', async () => {
    await send({ subject: 'First', text: 'the text', html: '<p>the page</p>' });
    await send({ subject: 'Second', to: 'lee@example.com', text: 'x' });
    const { mails, ...counts } = await json('/api/mails');
    expect(counts).toEqual({ kept: 2, received: 2 });
    expect(mails).toMatchObject([
      { id: '2', subject: 'Second', hasHtml: false },
      { id: '1', subject: 'First', hasHtml: true, envelope: { to: ['kim@example.com'] } },
    ]);
    expect(JSON.stringify(mails)).not.toMatch('the text|the page');
    const subjects = async (query: string) =>
      (await json(`/api/mails?${query}`)).mails.map(({ subject }: { subject: string }) => subject);
    expect(await subjects('to=lee')).toEqual(['Second']);
    expect(await subjects('subject=fir')).toEqual(['First']);
    expect(await subjects('limit=1')).toEqual(['Second']);
    expect(await subjects(`since=${Date.now() + 1000}`)).toEqual([]);
    expect(await subjects(`since=${mails[1].receivedAt}`)).toHaveLength(2);
  });

  it('answers one mail, and its source byte by byte', async () => {
    await send({ subject: 'First', text: 'the text', html: '<p>the page</p>' });
    expect(await json('/api/mails/1')).toMatchObject({
      text: 'the text\n',
      html: '<p>the page</p>\n',
      subject: 'First',
    });
    const source = await get('/api/mails/1/source');
    expect(source.headers.get('Content-Type')).toBe('text/plain; charset=utf-8');
    expect(Buffer.from(await source.arrayBuffer())).toEqual(smtp.kept.get('1')?.source);
  });

  it('lists pushes and answers one', async () => {
    await push({ token: 'device-1', notification: { title: 'First' }, data: { id: '7' } });
    await push({ token: 'device-2', notification: { title: 'Second' } });
    expect(await json('/api/pushes?to=device-1')).toMatchObject({
      pushes: [{ id: '1', title: 'First', data: { id: '7' } }],
      kept: 2,
      received: 2,
    });
    expect((await json('/api/pushes?subject=second&limit=1')).pushes).toMatchObject([{ id: '2' }]);
    expect(await json('/api/pushes/2')).toMatchObject({ token: 'device-2' });
  });

  it('answers mails and pushes together, newest first, to one address or token or to all', async () => {
    const deliveryId = '0199a3c4-5d6e-7f80-9a1b-2c3d4e5f6071';
    const headers = { 'List-Unsubscribe': '<https://api.example.com/u/1>', 'X-Same': ['a', 'b'] };
    await send({
      messageId: `<${deliveryId}@example.com>`,
      to: 'Kim@example.com',
      text: 'x',
      html: '<p>x</p>',
      headers,
    });
    await push({ token: 'device-1', notification: { title: 'First', body: 'the body' }, data: { deliveryId } });
    await send({ messageId: '<1@example.com>', to: 'akim@example.com', subject: 'Hello again' });
    const all = await json('/messages');
    expect(all).toEqual([
      expect.objectContaining({
        to: 'akim@example.com',
        subject: 'Hello again',
        text: null,
        html: null,
        deliveryId: null,
      }),
      {
        channel: 'push',
        to: 'device-1',
        subject: 'First',
        text: 'the body',
        html: null,
        headers: {},
        at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        deliveryId,
      },
      {
        channel: 'email',
        to: 'Kim@example.com',
        subject: 'Hello',
        text: 'x\n',
        html: '<p>x</p>\n',
        headers: expect.objectContaining({ 'list-unsubscribe': '<https://api.example.com/u/1>', 'x-same': 'a\nb' }),
        at: expect.any(String),
        deliveryId,
      },
    ]);
    expect(await json('/messages?to=kim@example.com')).toEqual([all[2]]);
    expect(await json('/messages?to=device-1')).toEqual([all[1]]);
    expect(await json('/messages?limit=1')).toEqual([all[0]]);
    expect(await json('/messages?to=nobody')).toEqual([]);
    expect((await get('/messages?to=a&to=b')).status).toBe(400);
  });

  it('says that it is ready', async () => {
    expect((await get('/health/ready')).status).toBe(200);
  });

  it('clears', async () => {
    await send();
    await push({ token: 'device-1' });
    expect((await get('/api/mails', { method: 'DELETE' })).status).toBe(204);
    expect(await json('/api/mails')).toMatchObject({ mails: [], kept: 0, received: 1 });
    expect(await json('/api/pushes')).toMatchObject({ kept: 1 });
    expect((await get('/api/pushes', { method: 'DELETE' })).status).toBe(204);
    expect(await json('/api/pushes')).toMatchObject({ pushes: [], kept: 0 });
  });

  it.each(['limit=0', 'limit=x', 'limit=10001', 'since=yesterday', 'to=a&to=b'])('refuses ?%s', async (query) => {
    for (const list of ['mails', 'pushes']) {
      const response = await get(`/api/${list}?${query}`);
      expect([response.status, await response.json()]).toEqual([400, { error: expect.any(String) }]);
    }
  });

  it.each([
    '/api/mails/1',
    '/api/mails/1/source',
    '/api/mails/1/html',
    '/api/pushes/1',
    '/api/nothing',
    '/%00',
    '/../src/main.ts',
  ])('has no %s', async (path) => {
    expect((await get(path)).status).toBeGreaterThanOrEqual(400);
    expect((await get(path)).status).toBeLessThan(500);
  });
});

describe('what somebody sent', () => {
  it('is never a page of ours: it is JSON or plain text, and browsers are told not to guess', async () => {
    await send({ subject: hostile, from: { name: hostile, address: 'a@example.com' }, text: hostile });
    await push({ token: hostile, notification: { title: hostile }, data: { [hostile]: hostile } });
    expect((await json('/api/mails')).mails[0]).toMatchObject({ subject: hostile, from: { name: hostile } });
    expect((await json('/api/pushes')).pushes[0]).toMatchObject({ title: hostile, data: { [hostile]: hostile } });
    for (const path of ['/api/mails', '/api/mails/1', '/api/mails/1/source', '/api/pushes', '/api/pushes/1']) {
      const { headers } = await get(path);
      expect([path, headers.get('Content-Type'), headers.get('X-Content-Type-Options')]).toEqual([
        path,
        expect.stringMatching(/^(application\/json|text\/plain); charset=utf-8$/),
        'nosniff',
      ]);
      expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    }
  });

  it('is not echoed by what refuses it', async () => {
    const response = await get(`/api/mails?since=${encodeURIComponent(hostile)}`);
    expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(await response.text()).not.toContain('onerror');
  });

  it('as a page of its own has no scripts, no origin and fetches nothing', async () => {
    await send({
      html: `<!doctype html><html><head><base href="https://evil.example/"></head><body>${hostile}</body></html>`,
    });
    const response = await get('/api/mails/1/html');
    expect(response.headers.get('Content-Type')).toBe('text/html; charset=utf-8');
    const policy = (response.headers.get('Content-Security-Policy') ?? '').split('; ');
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'self'"]),
    );
    expect(policy.filter((rule) => rule.startsWith('sandbox'))).toEqual([
      'sandbox allow-popups allow-popups-to-escape-sandbox',
    ]);
    expect(policy.join()).not.toMatch(/script-src|connect-src|https?:/);
    expect(await response.text()).toMatch(/^<!doctype html><base target="_blank">/);
  });
});

describe('the page', () => {
  it('is served with a policy that allows its own files only, and no text as markup', async () => {
    const response = await get('/');
    expect(response.status).toBe(200);
    expect(response.headers.get('Content-Security-Policy')?.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "require-trusted-types-for 'script'",
      ]),
    );
    for (const file of ['/page.js', '/reader.js', '/texts.js', '/style.css', '/icon.svg', '/icons.svg']) {
      expect([file, (await get(file)).status]).toEqual([file, 200]);
    }
  });

  it('puts in everything as text', async () => {
    const folder = new URL('../public/', import.meta.url);
    const scripts = (await readdir(folder)).filter((name) => name.endsWith('.js'));
    expect(scripts).toHaveLength(3);
    for (const name of scripts) {
      expect(await readFile(new URL(name, folder), 'utf8')).not.toMatch(
        /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|setHTMLUnsafe|srcdoc|eval\(/,
      );
    }
    expect(await readFile(new URL('index.html', folder), 'utf8')).not.toMatch(/ on[a-z]+=|<script>|style=/);
  });

  it('hears of mails and pushes as they come, many at once as one', async () => {
    const stop = new AbortController();
    const response = await get('/api/changes', { signal: stop.signal });
    expect(response.headers.get('Content-Type')).toBe('text/event-stream');
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
    expect(await next()).toContain('event: changed');
    await Promise.all(Array.from({ length: 20 }, () => push({ token: 'a' })));
    expect(await next()).toBe('event: changed\ndata: {}\n\n');
    await send();
    expect(await next()).toBe('event: changed\ndata: {}\n\n');
    stop.abort();
  });
});
