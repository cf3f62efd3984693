import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, workspace } from '@allim/stack';

const state = await mkdtemp(join(tmpdir(), 'allim-start-'));
afterAll(() => rm(state, { recursive: true, force: true }));

const settings = [
  ...['API_PORT', 'API_PORT_2', 'CONSUMER_PORT', 'CHANNEL_EMAIL_PORT', 'CHANNEL_PUSH_PORT', 'OPS_PORT'],
  ...['MAILBOX_PORT', 'SMTP_PORT', 'FCM_PORT'],
];

/** Starts a system that cannot come up; answers what it says of it. */
async function refusal(environment: NodeJS.ProcessEnv, ...words: string[]): Promise<string> {
  const env: NodeJS.ProcessEnv = { ...process.env, ALLIM_STATE: state };
  for (const setting of settings) env[setting] = `${await freePort()}`;
  const start = promisify(execFile)(process.execPath, [`${workspace}tools/allim/dist/main.js`, 'start', ...words], {
    env: { ...env, ...environment },
  });
  return await start.then(
    () => 'nothing',
    ({ code, stdout, stderr }) => `${code} ${stdout}${stderr}`,
  );
}

it.each(settings)('names a port that is taken, or wanted twice: %s', async (setting) => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, resolve));
  const port = `${(taken.address() as { port: number }).port}`;
  expect(await refusal({ [setting]: port })).toBe(
    `1 allim: Port ${port} is taken: stop what uses it, or choose another one with ${setting}=….\n`,
  );
  await new Promise((resolve) => taken.close(resolve));
  const other = settings.find((one) => one !== setting)!;
  const both = await refusal({ [setting]: port, [other]: port });
  expect(both).toMatch(new RegExp(`^1 allim: Port ${port} is wanted twice: choose another \\w+ or \\w+\\.\n$`));
  for (const one of [setting, other]) expect(both).toContain(one);
});

it('names a wrong setting before any server is started', async () => {
  expect(await refusal({ AUTH_JWT_SECRET: 'short' })).toBe('1 allim: AUTH_JWT_SECRET: expected at least 32 bytes.\n');
});

it('says what a channel lacks that has nobody to send by', async () => {
  const none = { SMTP_URL: '', FCM_ENDPOINT: '', FCM_SERVICE_ACCOUNT: '', GOOGLE_APPLICATION_CREDENTIALS: '' };
  expect(await refusal(none, '--apps', 'channel-email')).toBe(
    '1 allim: channel-email has no mail server: start mailbox, too, or set SMTP_URL.\n',
  );
  expect(await refusal(none, '--apps', 'channel-push')).toMatch(/^1 allim: channel-push has no FCM: start mailbox/);
});
