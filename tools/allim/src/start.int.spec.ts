import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, workspace } from '@allim/stack';

const state = await mkdtemp(join(tmpdir(), 'allim-start-'));
afterAll(() => rm(state, { recursive: true, force: true }));

/** Starts a system that cannot come up; answers what it says of it. */
async function refusal(environment: NodeJS.ProcessEnv): Promise<string> {
  const [API_PORT, API_PORT_2, CONSUMER_PORT] = await Promise.all([freePort(), freePort(), freePort()]);
  const env = { ...process.env, ALLIM_STATE: state, API_PORT: `${API_PORT}`, API_PORT_2: `${API_PORT_2}` };
  const start = promisify(execFile)(process.execPath, [`${workspace}tools/allim/dist/main.js`, 'start'], {
    env: { ...env, CONSUMER_PORT: `${CONSUMER_PORT}`, ...environment },
  });
  return await start.then(
    () => 'nothing',
    ({ code, stdout, stderr }) => `${code} ${stdout}${stderr}`,
  );
}

it('names a port that is taken, or wanted twice', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, resolve));
  const port = `${(taken.address() as { port: number }).port}`;
  expect(await refusal({ API_PORT: port })).toBe(
    `1 allim: Port ${port} is taken: stop what uses it, or choose another one with API_PORT=….\n`,
  );
  await new Promise((resolve) => taken.close(resolve));
  expect(await refusal({ API_PORT: port, API_PORT_2: port })).toBe(
    `1 allim: Port ${port} is wanted twice: choose another API_PORT or API_PORT_2.\n`,
  );
});

it('names a wrong setting before any server is started', async () => {
  expect(await refusal({ AUTH_JWT_SECRET: 'short' })).toBe('1 allim: AUTH_JWT_SECRET: expected at least 32 bytes.\n');
});
