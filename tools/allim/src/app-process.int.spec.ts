import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@allim/stack';
import { waitFor } from '@allim/testing';
import { type AppProcess, runApp } from './app-process.js';

let folder: string;
let running: AppProcess | undefined;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'allim-app-'));
});
afterEach(() => running?.stop());
afterAll(() => rm(folder, { recursive: true }));

async function run(code: string) {
  const main = join(folder, 'main.mjs');
  await writeFile(main, code);
  const said: string[] = [];
  const gaveUp: Error[] = [];
  const port = await freePort();
  const environment = { GREETING: 'hello' };
  running = runApp({
    main,
    name: 'sample',
    port,
    environment,
    say: (line) => said.push(line),
    onGiveUp: (error) => gaveUp.push(error),
  });
  return { app: running, said, gaveUp, url: `http://127.0.0.1:${port}` };
}

const healthy = `
  import { createServer } from 'node:http';
  createServer(({ url }, response) => {
    if (url === '/end') process.exit(3);
    response.end(process.env.GREETING + ' ' + process.pid);
  }).listen(process.env.PORT);
`;

async function answer(url: string) {
  return (await fetch(url)).text();
}

it('gets its settings, is ready, and is gone after stop', async () => {
  const { app, said, url } = await run(healthy);
  await app.ready();
  const [greeting, pid] = (await answer(url)).split(' ');
  expect(greeting).toBe('hello');
  await app.stop();
  expect(() => process.kill(Number(pid), 0)).toThrow('ESRCH');
  expect(said).toEqual([]);
});

it('is started again when it ends by itself', async () => {
  const { app, said, gaveUp, url } = await run(healthy);
  await app.ready();
  const first = await answer(url);
  await expect(answer(`${url}/end`)).rejects.toThrow();
  const second = await waitFor(() => answer(url), { what: 'the app to be back' });
  expect(second).not.toBe(first);
  expect(said).toEqual(['sample has ended by itself (code 3); starting it again in 1 s']);
  expect(gaveUp).toEqual([]);
});

it('is given up when it ends again and again', async () => {
  const { said, gaveUp } = await run('process.exit(2)');
  await waitFor(() => gaveUp.length > 0, { what: 'giving up', timeoutMs: 20_000 });
  expect(said).toHaveLength(5);
  expect(gaveUp[0]?.message).toContain('sample has ended 6 times within a minute (code 2)');
});
