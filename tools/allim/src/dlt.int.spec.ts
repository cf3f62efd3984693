import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { freePort, workspace } from '@allim/stack';
import { waitFor } from '@allim/testing';
import { jwtVerify } from 'jose';
import { asking, type Job, NotAnswered, operator } from './dlt-api.js';
import { sampleJob } from './sample-job.js';

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
  fields: null,
  jobs: [],
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
  expect(payload).toMatchObject({ sub: userInfo().username, scope: 'ops:read ops:payload ops:replay' });
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

describe('a replay', () => {
  const planned = sampleJob({ state: 'planned', total: 2 });
  const running = sampleJob({ total: 2, published: 1 });
  const done = sampleJob({ state: 'done', total: 2, published: 2 });
  const words = ['dlt', 'replay', '3', '12', '--reason', 'fixed'];

  /** Ops with one job, which is answered look by look, the last one for ever. */
  function jobs(...looks: Job[]): Answer {
    return (response, one) => {
      const path = one.url.replace('/api/v1/ops', '');
      if (path.startsWith('/dead-letters/')) return data(letter(Number(path.split('/').at(-1))))(response, one);
      if (path.includes('/letters')) {
        const items = [3, 12].map((number) => ({ number, state: 'pending', reason: null }));
        return data({ items, next: null })(response, one);
      }
      if (path === '/replay-jobs') return json(202, { success: true, data: planned })(response, one);
      if (path.endsWith('/start')) return data(running)(response, one);
      if (path.endsWith('/cancel')) return data({ ...planned, state: 'cancelled' })(response, one);
      data(looks.length > 1 ? looks.shift()! : looks[0]!)(response, one);
    };
  }
  const moves = () => asked.filter(({ method }) => method === 'POST').map(({ url, body }) => [url, body]);

  it('goes through without a terminal: the plan is for people, the result is on stdout', async () => {
    const { code, stdout, stderr } = await allim([...words, '--yes', '--rate', '200'], jobs(planned, running, done));
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Job 7 is done: 2 of 2 letters replayed.\n' });
    expect(stderr).toMatch(/^Job 7 replays 2 letters\n/);
    expect(stderr).toMatch(/^ {4}12 {2}open /m);
    expect(stderr.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
    expect(moves()).toEqual([
      ['/api/v1/ops/replay-jobs', { numbers: [3, 12], rate: 200, force: false }],
      ['/api/v1/ops/replay-jobs/7/start', { reason: 'fixed' }],
    ]);
  });

  it('is not begun where nobody can be asked', async () => {
    const { code, stderr } = await allim(words, jobs(planned));
    expect({ code, stderr }).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('expected --yes, or --dry-run'),
    });
    expect(asked).toEqual([]);
  });

  it('is shown by a dry run, on stdout', async () => {
    const { code, stdout, stderr } = await allim(['dlt', 'replay', '3', '12', '--dry-run'], jobs(planned));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Job 7 replays 2 letters\n[\s\S]*dlt job start 7 --reason …\n$/);
    expect(moves()).toHaveLength(1);
  });

  it('takes an edited payload from a file', async () => {
    const file = join(state, 'order.json');
    const edit = ['dlt', 'replay', '3', '--edit', file, '--dry-run', '--json'];
    await writeFile(file, '\ufeff{"orderNumber": "주문-1"}\n');
    expect(JSON.parse((await allim(edit, jobs(planned))).stdout)).toEqual(planned);
    expect(moves()[0]![1]).toEqual({ numbers: [3], value: '{"orderNumber": "주문-1"}\n', force: false });
    asked = [];
    await writeFile(file, Buffer.from([0x7b, 0xff]));
    expect(await allim(edit, jobs(planned))).toEqual({
      ...{ code: 1, stdout: '', stderr: `allim: ${file}: expected text in UTF-8.\n` },
    });
    expect(asked).toEqual([]);
    const wrong = refusal(400, 'C003', 'value: expected JSON');
    await writeFile(file, '{');
    expect(await allim(edit, wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('value: expected JSON.'),
    });
  });

  it('does not end with the program', async () => {
    answers = [jobs(planned, running)];
    const child = spawn(process.execPath, [main, ...words, '--yes'], { env: environment() });
    const complaint = text(child.stderr);
    const exit = once(child, 'exit');
    await waitFor(() => asked.filter(({ url, method }) => method === 'GET' && url.endsWith('/7')).length >= 3, {
      what: 'a look at the running job',
    });
    child.kill('SIGINT');
    expect(await exit).toEqual([1, null]);
    expect(await complaint).toContain('allim: job 7 goes on.\n  pause it: npm run allim -- dlt job pause 7\n');
    expect(moves()).toHaveLength(2);
  });

  describe('on a terminal', () => {
    /** Runs it on a terminal of 72 columns; `answer` may look at what is there, and returns what is typed. */
    async function onTerminal(more: string[], given: Answer, answer: (shown: string) => string | undefined) {
      answers = [given];
      const program = [process.execPath, main, ...words, ...more].map((word) => `'${word}'`).join(' ');
      const child = spawn('script', ['-qec', `stty cols 72; exec ${program}`, '/dev/null'], {
        env: environment({ TERM: 'xterm', NO_COLOR: '' }),
        stdio: ['pipe', 'pipe', 'inherit'],
      });
      let shown = '';
      child.stdout.setEncoding('utf8').on('data', (part) => {
        shown += part;
        const typed = answer(shown);
        if (typed) child.stdin.write(typed);
      });
      const [code] = await once(child, 'close');
      return { code, shown };
    }
    /** Types once, when it is asked. */
    const answering = (typed: string) => {
      let isAnswered = false;
      return (shown: string) => {
        if (isAnswered || !shown.includes('[y/N] ')) return undefined;
        isAnswered = true;
        return typed;
      };
    };

    it('asks, and draws a bar', async () => {
      const { code, shown } = await onTerminal([], jobs(planned, running, running, done), answering('y\n'));
      expect(code).toBe(0);
      expect(shown).toContain('Replay 2 letters? [y/N] ');
      expect(shown).toContain('\r\x1b[K[###############---------------]   50%  1/2  1 s left');
      expect(shown.endsWith('\r\x1b[KJob 7 is done: 2 of 2 letters replayed.\r\n')).toBe(true);
    });

    it.each([
      ['n', 'n\n'],
      ['nothing', '\n'],
      ['Ctrl-C', '\x03'],
      ['Ctrl-D', '\x04'],
    ])('replays nothing when it is answered with %s', async (_, typed) => {
      const { code, shown } = await onTerminal([], jobs(planned, done), answering(typed));
      expect(code).toBe(1);
      expect(shown).toMatch(/\nallim: nothing was replayed\.\r\n$/);
      expect(moves().map(([path]) => path)).toEqual(['/api/v1/ops/replay-jobs', '/api/v1/ops/replay-jobs/7/cancel']);
    });

    it('leaves the job alone at Ctrl-C', async () => {
      let isTyped = false;
      const { code, shown } = await onTerminal(['--yes'], jobs(planned, running), (seen) => {
        if (isTyped || !seen.includes('50%')) return undefined;
        isTyped = true;
        return '\x03';
      });
      expect(code).toBe(1);
      expect(shown).toContain('\r\x1b[Kallim: job 7 goes on.');
      expect(moves()).toHaveLength(2);
    });
  });
});

it('shows a job, and what it is told to do', async () => {
  const job = sampleJob({ published: 60, createdBy: 'eun\x1b[2J' });
  const { code, stdout } = await allim(['dlt', 'job', 'show', '7'], data(job));
  expect({ code, url: asked[0]!.url }).toEqual({ code: 0, url: '/api/v1/ops/replay-jobs/7' });
  expect(stdout).toContain('Replay job 7: running\n');
  expect(stdout).toContain('by eun\\x1b[2J');
  expect(await allim(['dlt', 'job', 'pause', '7'], data({ ...job, state: 'paused' }))).toEqual({
    ...{ code: 0, stdout: 'Job 7 is paused: 60 of 100 letters replayed.\n', stderr: '' },
  });
  expect(asked[1]).toMatchObject({ method: 'POST', url: '/api/v1/ops/replay-jobs/7/pause', body: {} });
});

it.each([
  [
    refusal(401, 'C001', 'the access token has expired'),
    1,
    'ops refuses the token (AUTH_JWT_SECRET): the access token has expired.',
  ],
  [
    refusal(403, 'C002', 'expected a token with scope "ops:read"'),
    1,
    'not allowed with this token (AUTH_JWT_SECRET): expected a token with scope "ops:read".',
  ],
  [refusal(404, 'D001', 'there is no dead letter 7'), 1, 'there is no dead letter 7.'],
  [refusal(404, 'D002', 'there is no replay job 7'), 1, 'there is no replay job 7.'],
  [refusal(409, 'D003', 'replay job 7 is done: expected running'), 1, 'replay job 7 is done: expected running.'],
  [refusal(503, 'C005', 'the database is away; try again'), 1, 'ops answered 503: the database is away; try again.'],
  [refusal(500, 'C500', 'its id is \x1b[2J'), 1, 'ops answered 500: its id is \\x1b[2J.'],
  [refusal(400, 'C003', 'key: expected less'), 2, 'key: expected less.\nTry: npm run allim -- --help'],
])('says in one sentence what is wrong (%#)', async (answer, code, sentence) => {
  expect(await allim(['dlt', 'show', '7'], answer)).toEqual({ code, stdout: '', stderr: `allim: ${sentence}\n` });
});

it('tells what ops has decided from what it may be asked again', async () => {
  const ask = asking(
    url,
    operator('token', async () => secret),
    200,
  );
  const looked = () => ask('/replay-jobs/7');
  const page: Answer = (response) => response.writeHead(502).end('<html>');
  for (const answer of [refusal(503, 'C005', 'later'), refusal(500, 'C500', 'oops'), page, () => {}]) {
    answers = [answer];
    await expect(looked()).rejects.toThrow(NotAnswered);
  }
  for (const answer of [refusal(401, 'C001', 'no'), refusal(404, 'D002', 'no'), json(200, [])]) {
    answers = [answer];
    await expect(looked()).rejects.not.toThrow(NotAnswered);
  }
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
    expect(await offered('dlt', '')).toEqual([
      ...['topics', 'groups', 'list', 'show', 'discard', 'replay', 'job', 'audit'],
    ]);
    const jobActions = ['list', 'show', 'letters', 'follow', 'start', 'pause', 'resume', 'cancel'];
    expect(await offered('dlt', 'job', '')).toEqual(jobActions);
    expect(await offered('dlt', 'job', 'st')).toEqual(['start']);
    expect(await offered('dlt', 'job', 'start', '7', '--r')).toEqual(['--reason', '--rate']);
    expect(await offered('dlt', 'replay', '12', '--d')).toEqual(['--dry-run', '--detach']);
    expect(await offered('dlt', 'list', '--')).toEqual(['--json', '--filter', '--limit']);
    expect(await offered('dlt', 'list', '--json', '--l')).toEqual(['--limit']);
    expect(await offered('stack', 'up', '')).toEqual([]);
    expect(await offered('dlt', 'list', '--filter', 'st')).toEqual(['state=']);
    expect(await offered('dlt', 'list', '--filter', 'state', '=', 'p')).toEqual(['parked']);
    expect(await offered('dlt', 'replay', '--filter', 'state', '=', '')).toEqual(['open', 'parked']);
    expect(await offered('dlt', 'job', 'letters', '7', '--filter', 'state', '=', 'p')).toEqual([
      ...['pending', 'published'],
    ]);
    expect(await offered('dlt', 'replay', '12', '--edit', '')).toEqual([]); // bash itself knows the files
  });

  it('asks for the topics, and does not run what stands in their names', async () => {
    const topics = ['shopping.order.created', 'shopping.order.paid'];
    expect(await offered('dlt', 'list', '--filter', 'topic', '=')).toEqual(topics);
    expect(await offered('dlt', 'list', '--filter', 'topic', '=', 'shopping.order.p')).toEqual(topics.slice(1));
    expect(await offered('dlt', 'list', '--filter', 'state', '=', 'open,topic', '=', '')).toEqual(topics);
    await expect(rm(`${state}/run`)).rejects.toThrow('ENOENT');
  });
});
