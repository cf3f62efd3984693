import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, workspace } from '@allim/stack';
import { jwtVerify } from 'jose';
import { asking, operator } from './dlt-api.js';

const main = `${workspace}tools/allim/dist/main.js`;
const secret = 'a secret of at least thirty-two bytes';
const failedAt = '2026-02-06T07:00:00.000Z';
const counts = { open: 2, replaying: 0, replayed: 0, parked: 0, discarded: 1 };
const inText = (shown: string) => ({ as: 'text', shown, bytes: Buffer.byteLength(shown), isCut: false });

const letter = (number: number) => ({
  number,
  topic: 'shopping.order.created',
  partition: 1,
  offset: `${number}`,
  consumerGroup: 'allim-consumer',
  key: inText('user-1\x1b[2J'),
  errorClass: 'bad-json',
  errorType: 'SyntaxError',
  message: `주문 ${number}\u202e을 읽을 수 없습니다`,
  group: 'a'.repeat(32),
  state: 'open',
  failures: 1,
  attempts: 1,
  replays: 0,
  valueBytes: 9,
  firstFailedAt: failedAt,
  failedAt,
});
const whole = {
  ...letter(7),
  recordTimestamp: failedAt,
  letter: { topic: 'shopping.order.created.DLT', partition: 1, offset: '3' },
  stack: 'SyntaxError: \x1b[31mno\x1b[0m',
  isMasked: false,
  value: inText('{"a":\x1b}'),
  headers: [{ name: 'h', value: inText('\x07') }],
};

interface Asked {
  method: string;
  url: string;
  token: string;
  body: unknown;
}
type Answer = (response: ServerResponse, asked: Asked) => void;

const json =
  (status: number, answer: object, headers: Record<string, string> = {}): Answer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(answer));
  };
const data = (answer: object) => json(200, { success: true, data: answer });
const refusal = (status: number, code: string, message: string, headers = {}) =>
  json(status, { success: false, error: { code, message } }, headers);

let server: Server;
let url: string;
let asked: Asked[];
let answers: Answer[];
let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'allim-dlt-'));
  server = createServer(async (request: IncomingMessage, response) => {
    const body = await text(request);
    const one = {
      method: request.method!,
      url: request.url!,
      token: request.headers.authorization!.replace('Bearer ', ''),
      body: body === '' ? undefined : JSON.parse(body),
    };
    asked.push(one);
    (answers.length > 1 ? answers.shift()! : answers[0]!)(response, one);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await rm(state, { recursive: true, force: true });
});

const environment = (more: NodeJS.ProcessEnv = {}) => ({
  ...process.env,
  ALLIM_STATE: state,
  OPS_URL: url,
  OPS_TOKEN: '',
  AUTH_JWT_SECRET: secret,
  ...more,
});

/** What the program says, and how it ends. */
async function allim(words: string[], ...given: Answer[]) {
  return await allimWith({}, words, ...given);
}
async function allimWith(more: NodeJS.ProcessEnv, words: string[], ...given: Answer[]) {
  answers = given.length > 0 ? given : [refusal(500, 'C500', 'nothing should be asked')];
  return await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [main, ...words], { env: environment(more) }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}

it('asks in the name of the system’s user, with the scopes of an operator', async () => {
  await allim(['dlt', 'topics'], data({ items: [] }));
  const { payload } = await jwtVerify(asked[0]!.token, new TextEncoder().encode(secret), { algorithms: ['HS256'] });
  expect(payload).toMatchObject({ sub: userInfo().username, scope: 'ops ops:payload ops:replay' });
});

it('asks with the token it is given', async () => {
  await allimWith({ OPS_TOKEN: 'given.to.us' }, ['dlt', 'topics'], data({ items: [] }));
  expect(asked[0]!.token).toBe('given.to.us');
});

it('prints nothing but the table', async () => {
  const items = [{ topic: 'shopping.order.created', counts, failedAt }];
  const { code, stdout, stderr } = await allim(['dlt', 'topics'], data({ items }));
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(
    /^TOPIC {19}OPEN {2}REPLAYING {2}REPLAYED {2}PARKED {2}DISCARDED {2}FAILED \(UTC\) +AGO\nshopping\.order\.created +2 +0 +0 +0 +1 {2}2026-02-06 07:00:00 +\d+ \w+\n$/,
  );
  expect(asked[0]).toMatchObject({ method: 'GET', url: '/api/v1/ops/dead-letters/topics' });
});

it('asks for what the filter names, and for the next page', async () => {
  const pages = [data({ items: [letter(9), letter(8)], next: 8 }), data({ items: [letter(7)], next: null })];
  const filter = 'topic=shopping.order.created,text=a\\,b&c,since=2026-02-06 10:00';
  const { code, stdout, stderr } = await allim(['dlt', 'list', '--filter', filter, '--limit', '3'], ...pages);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(asked.map((one) => Object.fromEntries(new URL(one.url, url).searchParams))).toEqual([
    { topic: 'shopping.order.created', text: 'a,b&c', since: '2026-02-06T10:00:00.000Z', size: '3' },
    { topic: 'shopping.order.created', text: 'a,b&c', since: '2026-02-06T10:00:00.000Z', size: '1', before: '8' },
  ]);
  expect(stdout.split('\n').map((line) => line.trim().split(' ')[0])).toEqual(['NUMBER', '9', '8', '7', '']);
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it('prints the data of ops as JSON', async () => {
  const groups = { items: [{ id: 'a'.repeat(32), topic: 't', errorClass: 'c', pattern: 'p', counts, failedAt }] };
  const { stdout } = await allim(['dlt', 'groups', '--filter', 'state=open', '--json'], data(groups));
  expect(JSON.parse(stdout)).toEqual(groups);
  expect(asked[0]!.url).toBe('/api/v1/ops/dead-letters/groups?state=open&size=200');
  expect(JSON.parse((await allim(['dlt', 'show', '7', '--json'], data(whole))).stdout)).toEqual(whole);
});

it('shows a case without giving the terminal anything to act on', async () => {
  const { code, stdout } = await allim(['dlt', 'show', '7'], data(whole));
  expect(code).toBe(0);
  expect(asked[0]!.url).toBe('/api/v1/ops/dead-letters/7');
  expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  for (const part of ['user-1\\x1b[2J', '7\\u202e을', 'h: \\x07', '{"a":\\x1b}', '\\x1b[31mno\\x1b[0m'])
    expect(stdout).toContain(part);
});

it('discards with a reason', async () => {
  const words = ['dlt', 'discard', '1', '2', '--reason', '다시 보냈음'];
  expect(await allim(words, data({ discarded: [1, 2] }))).toEqual({ code: 0, stdout: 'Discarded: 1, 2\n', stderr: '' });
  expect(asked[0]).toMatchObject({
    method: 'POST',
    url: '/api/v1/ops/dead-letters/discard',
    body: { numbers: [1, 2], reason: '다시 보냈음' },
  });
  expect(await allim(words, data({ discarded: [1] }))).toEqual({
    code: 1,
    stdout: 'Discarded: 1\n',
    stderr: 'allim: not discarded, for only what is open or parked can be: 2\n',
  });
});

it.each([
  [
    refusal(401, 'C001', 'the access token has expired'),
    1,
    'ops refuses the token (AUTH_JWT_SECRET): the access token has expired.',
  ],
  [
    refusal(403, 'C002', 'expected a token with scope "ops"'),
    1,
    'not allowed with this token (AUTH_JWT_SECRET): expected a token with scope "ops".',
  ],
  [refusal(404, 'D001', 'there is no dead letter 7'), 1, 'there is no dead letter 7.'],
  [refusal(503, 'C005', 'the database is away; try again'), 1, 'ops answered 503: the database is away; try again.'],
  [refusal(500, 'C500', 'its id is \x1b[2J'), 1, 'ops answered 500: its id is \\x1b[2J.'],
  [refusal(400, 'C003', 'key: expected less'), 2, 'key: expected less.\nTry: npm run allim -- --help'],
])('says in one sentence what is wrong (%#)', async (answer, code, sentence) => {
  expect(await allim(['dlt', 'show', '7'], answer)).toEqual({ code, stdout: '', stderr: `allim: ${sentence}\n` });
});

it('says so when somebody else answers', async () => {
  const page: Answer = (response) => response.writeHead(404).end('<html>');
  const elsewhere: Answer = (response) => response.writeHead(302, { location: '/login' }).end();
  for (const answer of [page, elsewhere, json(200, {}), json(200, [])]) {
    const { code, stderr } = await allim(['dlt', 'show', '7'], answer);
    expect({ code, stderr }).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(
        /does not answer as ops does \(status \d+\): is it running, and is OPS_URL right\?\n$/,
      ),
    });
  }
});

it('says so when nobody is there', async () => {
  const OPS_URL = `http://127.0.0.1:${await freePort()}`;
  expect(await allimWith({ OPS_URL }, ['dlt', 'topics'])).toEqual({
    code: 1,
    stdout: '',
    stderr: `allim: ops does not answer at ${OPS_URL} (ECONNREFUSED): is it running, and is OPS_URL right?\n`,
  });
  expect((await allimWith({ OPS_URL: '' }, ['dlt', 'topics'])).stderr).toBe(
    'allim: OPS_URL is not known: run `npm start` in another terminal, or set OPS_URL.\n',
  );
});

it('does not print a token that cannot be one', async () => {
  const { code, stderr } = await allimWith({ OPS_TOKEN: 'se cret' }, ['dlt', 'topics']);
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'allim: OPS_TOKEN: expected an access token, without blanks.\n',
  });
});

it.each([
  ['an answer', () => {}],
  ['the rest of an answer', (response: ServerResponse) => response.writeHead(200).write('{')],
])('does not wait for ever for %s', async (_, answer) => {
  answers = [answer];
  const ask = asking(
    `${url}/`,
    operator('token', async () => secret),
    200,
  );
  await expect(ask('/dead-letters/topics')).rejects.toThrow(`ops at ${url} has not answered within 0.2 s.`);
});

it('waits as long as ops says when it asks too often', async () => {
  const tooMany = refusal(429, 'C004', 'too many requests; try again in 1 s', { 'retry-after': '0.01' });
  answers = [tooMany, tooMany, data({ items: [] })];
  const ask = asking(
    url,
    operator('token', async () => secret),
  );
  expect(await ask('/dead-letters/topics')).toEqual({ items: [] });
  expect(asked).toHaveLength(3);
  answers = [tooMany];
  await expect(ask('/dead-letters/topics')).rejects.toThrow('ops answered 429: too many requests');
});

describe('what is printed into a pipe', () => {
  const items = Array.from({ length: 200 }, (_, index) => ({ ...letter(1_000 - index), message: 'm'.repeat(20_000) }));

  it('arrives whole, although its reader is slow', async () => {
    answers = [data({ items, next: null })];
    const words = [main, 'dlt', 'list', '--limit', '200', '--json'];
    const child = spawn(process.execPath, words, { env: environment(), stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    await once(child.stdout, 'readable'); // the pipe is full, and nobody reads
    expect(JSON.parse(await text(child.stdout)).items).toEqual(items);
    expect(await exit).toEqual([0, null]);
  });

  it('may be read in part', async () => {
    answers = [data({ items, next: null })];
    const words = [main, 'dlt', 'list', '--limit', '200', '--json'];
    const child = spawn(process.execPath, words, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const complaint = text(child.stderr);
    const exit = once(child, 'exit');
    await once(child.stdout, 'readable');
    child.stdout.destroy();
    expect([await exit, await complaint]).toEqual([[0, null], '']);
  });
});

describe('the completion of bash', () => {
  /** @returns what bash would offer for the last of these words, which it has split at = itself */
  async function offered(...words: string[]): Promise<string[]> {
    const { stdout: script } = await allim(['completion', 'bash']);
    const line = ['allim', ...words].map((word) => `'${word}'`).join(' ');
    const ask = `COMP_WORDS=(${line}) COMP_CWORD=${words.length}; _allim; printf '%s\\n' "\${COMPREPLY[@]}"`;
    answers = [
      data({
        items: ['shopping.order.created', 'shopping.order.paid', `x$(touch ${state}/run)`, 'a b *'].map((topic) => ({
          topic,
          counts,
          failedAt,
        })),
      }),
    ];
    const bash = spawn('bash', ['-c', `${script}\n${ask}`], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const [offers, complaints] = await Promise.all([text(bash.stdout), text(bash.stderr)]);
    expect(complaints).toBe('');
    return offers.split('\n').filter(Boolean);
  }

  it('knows commands, what follows them, and options', async () => {
    expect(await offered('st')).toEqual(['start', 'stack']);
    expect(await offered('dlt', '')).toEqual(['topics', 'groups', 'list', 'show', 'discard']);
    expect(await offered('dlt', 'list', '--')).toEqual(['--json', '--filter', '--limit']);
    expect(await offered('dlt', 'list', '--json', '--l')).toEqual(['--limit']);
    expect(await offered('stack', 'up', '')).toEqual([]);
    expect(await offered('dlt', 'list', '--filter', 'st')).toEqual(['state=']);
    expect(await offered('dlt', 'list', '--filter', 'state', '=', 'p')).toEqual(['parked']);
  });

  it('asks for the topics, and does not run what stands in their names', async () => {
    const topics = ['shopping.order.created', 'shopping.order.paid'];
    expect(await offered('dlt', 'list', '--filter', 'topic', '=')).toEqual(topics);
    expect(await offered('dlt', 'list', '--filter', 'topic', '=', 'shopping.order.p')).toEqual(topics.slice(1));
    expect(await offered('dlt', 'list', '--filter', 'state', '=', 'open,topic', '=', '')).toEqual(topics);
    await expect(rm(`${state}/run`)).rejects.toThrow('ENOENT');
  });
});
