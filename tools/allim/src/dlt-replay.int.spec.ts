import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { freePort, workspace } from '@allim/stack';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { type AppProcess, runApp } from './app-process.js';
import type { Deed, Job, JobLetter, LetterSummary } from './dlt-api.js';
import { publish } from './publish.js';
import { asEnvironment } from './settings.js';

const stack = useStack();
const topic = 'shopping.order.created';
const order = (number: string) => ({ orderNumber: number, userId: 'user-1', totalAmount: 45_000, itemCount: 2 });
let folder: string;
let environment: NodeJS.ProcessEnv;
const apps: AppProcess[] = [];

/** The command line as people have it, with ops and the consumer as they are run. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'allim-replay-'));
  await migrate(stack.databaseUrl);
  const url = await run('ops', { DEAD_LETTER_LOOK_MS: '200' });
  await run('consumer');
  environment = { ...settings(), OPS_URL: url, OPS_TOKEN: '', ALLIM_STATE: folder };
}, 120_000);
afterAll(async () => {
  await Promise.all(apps.map((app) => app.stop()));
  await rm(folder, { recursive: true, force: true });
}, 60_000);

const settings = () => ({
  ...process.env,
  ...asEnvironment(stack),
  AUTH_JWT_SECRET: 'a secret of at least thirty-two bytes',
  LOG_LEVEL: 'error',
});

async function run(name: string, more: NodeJS.ProcessEnv = {}): Promise<string> {
  const port = await freePort();
  const given = Promise.withResolvers<void>();
  const app = runApp({
    ...{ name, port, main: `${workspace}apps/${name}/dist/main.js`, environment: { ...settings(), ...more } },
    say: (line) => console.error(line),
    onGiveUp: given.reject,
  });
  apps.push(app);
  await Promise.race([app.ready(), given.promise]);
  return `http://127.0.0.1:${port}`;
}

async function allim(...words: string[]) {
  return await new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const program = [`${workspace}tools/allim/dist/main.js`, 'dlt', ...words];
    execFile(process.execPath, program, { env: environment }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });
}
async function data<Data>(...words: string[]): Promise<Data> {
  const { stdout, stderr } = await allim(...words, '--json');
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as Data;
}

/** So many orders that nobody can read, by one key; answers the numbers of their cases. */
async function broken(count: number, key: string): Promise<number[]> {
  const value = JSON.stringify({ ...order(key), totalAmount: 'much' });
  for (let made = 0; made < count; made++) await publish(stack.kafkaBrokers, topic, { key, value });
  const found = await waitFor(
    async () => {
      const { items } = await data<{ items: LetterSummary[] }>('list', '--filter', `key=${key},state=open`);
      return items.length === count && items;
    },
    { what: 'the dead letters to be indexed', timeoutMs: 30_000, everyMs: 200 },
  );
  return found.map(({ number }) => number).toSorted((a, b) => a - b);
}

it('replays an edited letter, and the letter is done', async () => {
  const [number] = await broken(1, 'edited');
  const file = join(folder, 'order.json');
  const words = ['replay', `${number}`, '--edit', file, '--reason', 'the amount was a text', '--yes'];

  await writeFile(file, JSON.stringify({ ...order('ORD-1'), totalAmount: 'more' }));
  const refused = await allim(...words);
  expect(refused).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(/^allim: value: .*totalAmount/) });

  await writeFile(file, JSON.stringify(order('ORD-1')));
  const { code, stdout, stderr } = await allim(...words);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^Job \d+ is done: 1 of 1 letter replayed\.\n$/),
  });
  expect(stderr).toMatch(/^Job \d+ replays 1 letter\n/);
  expect((await data<LetterSummary>('show', `${number}`)).state).toBe('replayed');
});

it('freezes a set by a filter, replays it when it is started, and counts what fails again', async () => {
  const numbers = await broken(3, 'again');
  const { job, state, total } = await data<Job>('replay', '--filter', `topic=${topic},key=again`, '--dry-run');
  expect({ state, total }).toEqual({ state: 'planned', total: 3 });
  expect((await data<{ items: JobLetter[] }>('job', 'letters', `${job}`)).items).toEqual(
    numbers.map((number) => ({ number, state: 'pending', reason: null })),
  );

  const started = await allim('job', 'start', `${job}`, '--reason', 'once more', '--rate', '0');
  expect(started).toMatchObject({ code: 0, stderr: `allim: follow it: npm run allim -- dlt job follow ${job}\n` });
  expect(await allim('job', 'follow', `${job}`)).toEqual({
    ...{ code: 1, stderr: '' },
    stdout: `Job ${job} is done: 3 of 3 letters replayed, 3 of them failed again.\n`,
  });
  const twice = await allim('job', 'start', `${job}`, '--reason', 'once more');
  expect(twice).toMatchObject({ code: 1, stderr: expect.stringMatching(`allim: replay job ${job} is done: .*\\.\n$`) });

  const { items } = await data<{ items: Deed[] }>('audit', '--limit', '2');
  expect(items).toMatchObject([
    { action: 'replay.start', actor: userInfo().username, reason: 'once more', subject: { job } },
    { action: 'replay.plan', actor: userInfo().username, subject: { job } },
  ]);
  for (const shown of [['job', 'show', `${job}`], ['job'], ['audit']]) expect((await allim(...shown)).code).toBe(0);
});

it('says which numbers it cannot replay', async () => {
  const { items } = await data<{ items: LetterSummary[] }>('list', '--filter', 'state=replayed');
  const { code, stdout, stderr } = await allim('replay', `${items[0]!.number}`, '--reason', 'r', '--yes');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('left out  1  being replayed, replayed or discarded; or parked');
  expect(stderr).toContain('allim: there is nothing to replay.\n');
});
