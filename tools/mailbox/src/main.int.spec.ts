import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { createTransport } from 'nodemailer';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

// What runs here is what is started.
beforeAll(() => {
  execFileSync(here('../../../node_modules/.bin/tsc'), ['-b', here('..')]);
});

const start = (ports: Record<string, string>) =>
  spawn(process.execPath, [here('../dist/main.js')], {
    env: { ...process.env, SMTP_PORT: '0', FCM_PORT: '0', MAILBOX_PORT: '0', ...ports },
  });

it('starts all three, shows on its page what came in, and ends on SIGTERM', async () => {
  const program = start({});
  const ended = once(program, 'close');
  const lines = createInterface(program.stdout);
  const [line] = (await once(lines, 'line')) as [string];
  const { msg, port, smtpPort, fcmPort } = JSON.parse(line);
  expect(msg).toBe('ready');

  await createTransport({ host: '127.0.0.1', port: smtpPort, ignoreTLS: true }).sendMail({
    from: 'allim@example.com',
    to: 'kim@example.com',
    subject: 'Hello',
  });
  await fetch(`http://127.0.0.1:${fcmPort}/v1/projects/p/messages:send`, {
    method: 'POST',
    headers: { Authorization: 'Bearer x' },
    body: JSON.stringify({ message: { token: 'device-1' } }),
  });
  const answer = async (path: string) => (await fetch(`http://127.0.0.1:${port}${path}`)).json();
  expect(await answer('/api/mails')).toMatchObject({ mails: [{ subject: 'Hello' }] });
  expect(await answer('/api/pushes')).toMatchObject({ pushes: [{ token: 'device-1' }] });

  // A page that listens does not hold it up.
  const listening = await fetch(`http://127.0.0.1:${port}/api/changes`);
  expect(listening.status).toBe(200);
  program.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});

it('ends with one readable message when a setting is wrong', async () => {
  const program = start({ SMTP_PORT: 'x' });
  const [complaint] = await Promise.all([once(program.stderr, 'data'), once(program, 'close')]);
  expect(String(complaint)).toBe('wrong settings:\n  SMTP_PORT: expected a whole number from 0 to 65535\n');
  expect(program.exitCode).toBe(2);
});
