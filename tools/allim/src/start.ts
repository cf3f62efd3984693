import { migrate } from '@allim/store/migrate';
import { type AppProcess, runApp } from './app-process.js';
import type { App, Command } from './command-line.js';
import { removeEnvironment, writeEnvironment } from './environment-file.js';
import { playFeed } from './feed.js';
import { ask, hold } from './hold.js';
import { checkPrograms, healthPort, type Program, programsOf } from './programs.js';
import { introduceSamplePeople } from './sample-people.js';
import { asEnvironment, checkEnvironment, environmentFile, jwtSecret, unsubscribeSecret } from './settings.js';
import { emptyStack, keepStack } from './stack-command.js';
import { token } from './token.js';

type StartOptions = Extract<Command, { name: 'start' }>;

/** All has to be gone within 15 s; then we leave, and the watchdogs take along whatever still runs. */
const stopDeadlineMs = 14_000;

const say = (line: string) => console.log(`allim    | ${line}`);

/**
 * Runs the whole system until Ctrl-C or SIGTERM: servers, migrations, apps, and a feed of sample events.
 *
 * @returns when everything is stopped
 * @throws what kept it from starting or made it give up; everything is stopped then, too
 */
export async function start(options: StartOptions): Promise<void> {
  const cleanup = new AsyncDisposableStack();
  const end = Promise.withResolvers<void>();
  // npm passes Ctrl-C on although the terminal has already sent it: the second one must not cut the stopping short.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => end.resolve());
  // Still under way when we are told to stop: its next step finds the clean-up done and fails, which nobody needs to hear.
  bringUp(options, cleanup, end.reject).catch(end.reject);
  try {
    await end.promise;
    say('stopping');
  } finally {
    setTimeout(() => process.exit(1), stopDeadlineMs).unref();
    await cleanup.disposeAsync();
  }
}

async function bringUp(options: StartOptions, cleanup: AsyncDisposableStack, giveUp: (error: Error) => void) {
  const release = await hold('start', () => ({}));
  if (!release) {
    const pid = (await ask('start'))?.pid;
    throw new Error(
      `The system already runs here: stop it with Ctrl-C in its terminal (or: kill ${pid}), then try again.`,
    );
  }
  cleanup.defer(release);
  checkEnvironment();
  await removeEnvironment(environmentFile); // of a predecessor that was killed
  checkProviders(options.apps);
  const programs = programsOf(options.apps);
  await checkPrograms(programs);

  if (options.fresh) await emptyStack();
  const stack = await keepStack('start');
  cleanup.defer(() => stack.stop());
  const applied = await migrate(stack.databaseUrl);
  if (applied.length > 0) say(`migrated: ${applied.join(', ')}`);

  const secret = await jwtSecret();
  const urls = urlsOf(programs);
  const environment = {
    ...asEnvironment(stack),
    NODE_ENV: 'development',
    AUTH_JWT_SECRET: secret,
    WEBSOCKET_ALLOWED_ORIGINS: [urls.API_URL, urls.API_URL_2]
      .filter((url) => url !== undefined)
      .flatMap((url) => [url, url.replace('localhost', '127.0.0.1')])
      .join(','),
    CHANNEL_METRICS: channelMetrics(programs),
    ...(await outsideWorld(urls)),
  };
  const running = new Map<Program, AppProcess>();
  const stop = async (wanted: (program: Program) => boolean) => {
    await Promise.all([...running].map(([program, one]) => wanted(program) && one.stop()));
  };
  cleanup.defer(async () => {
    await stop(({ app }) => app !== 'mailbox'); // what is being sent is still taken
    await stop(({ app }) => app === 'mailbox');
  });
  say(`starting ${programs.map(({ name }) => name).join(', ')}`);
  for (const program of programs) {
    const { main, name, ports } = program;
    const given = { ...environment, ...Object.fromEntries([...ports].map(([setting, port]) => [setting, `${port}`])) };
    const port = healthPort(program);
    running.set(program, runApp({ main, name, port, environment: given, say, onGiveUp: giveUp }));
  }
  await Promise.all([...running.values()].map((program) => program.ready()));

  cleanup.defer(() => removeEnvironment(environmentFile));
  await writeEnvironment(environmentFile, { ...asEnvironment(stack), ...urls, AUTH_JWT_SECRET: secret });
  if (urls.API_URL) await introducePeople(urls.API_URL, secret);
  announce(urls);
  if (options.feed && options.apps.includes('consumer')) await feed(stack.kafkaBrokers, cleanup);
}

/** Where the programs are reached; nothing of those that do not run. */
function urlsOf(programs: Program[]) {
  const ports = new Map(programs.flatMap((program) => [...program.ports]));
  const url = (scheme: string, host: string, setting: string) =>
    ports.has(setting) ? `${scheme}://${host}:${ports.get(setting)}` : undefined;
  return {
    API_URL: url('http', 'localhost', 'API_PORT'),
    API_URL_2: url('http', 'localhost', 'API_PORT_2'),
    OPS_URL: url('http', 'localhost', 'OPS_PORT'),
    MAILBOX_URL: url('http', 'localhost', 'MAILBOX_PORT'),
    SMTP_URL: url('smtp', '127.0.0.1', 'SMTP_PORT'),
    FCM_ENDPOINT: url('http', '127.0.0.1', 'FCM_PORT'),
  };
}

/** Where ops finds what the channels say of themselves; empty: none of them runs. */
const channelMetrics = (programs: readonly Program[]): string =>
  programs
    .filter(({ app }) => app.startsWith('channel-'))
    .map((program) => `${program.app.slice('channel-'.length)}=http://127.0.0.1:${healthPort(program)}/metrics`)
    .join(',');

/** @throws when a channel would have nobody to send by; its own message would come when the servers are up */
function checkProviders(apps: readonly App[]): void {
  if (apps.includes('mailbox')) return;
  const { SMTP_URL, FCM_ENDPOINT, FCM_SERVICE_ACCOUNT, GOOGLE_APPLICATION_CREDENTIALS } = process.env;
  if (apps.includes('channel-email') && !SMTP_URL)
    throw new Error('channel-email has no mail server: start mailbox, too, or set SMTP_URL.');
  if (apps.includes('channel-push') && !FCM_ENDPOINT && !FCM_SERVICE_ACCOUNT && !GOOGLE_APPLICATION_CREDENTIALS)
    throw new Error(
      'channel-push has no FCM: start mailbox, too, or set FCM_ENDPOINT, FCM_SERVICE_ACCOUNT or GOOGLE_APPLICATION_CREDENTIALS.',
    );
}

/** What the channels need beside the servers. With the mailbox, nothing leaves this machine, whatever our environment says. */
async function outsideWorld({ API_URL, SMTP_URL, FCM_ENDPOINT }: ReturnType<typeof urlsOf>) {
  const { env } = process;
  return {
    UNSUBSCRIBE_SECRET: await unsubscribeSecret(),
    API_URL: API_URL ?? (env.API_URL || 'http://localhost:8084'),
    // The publisher's site is no part of this system: a name that is nobody's.
    PUBLIC_URL: env.PUBLIC_URL || 'https://portal.example.com',
    MAIL_FROM: env.MAIL_FROM || 'no-reply@portal.example.com',
    MAIL_IMPRINT: env.MAIL_IMPRINT || 'Portal Universe (예시) · 서울특별시 예시구 예시로 1 · 02-0000-0000',
    ...(SMTP_URL && { SMTP_URL, SMTP_TLS: 'off' }),
    ...(FCM_ENDPOINT && { FCM_ENDPOINT }),
  };
}

function announce({ API_URL, API_URL_2, OPS_URL, MAILBOX_URL }: ReturnType<typeof urlsOf>) {
  const example = { followId: 'f-1', followeeId: 'user-1', followerId: 'user-2', followerName: '이서연' };
  const inbox = API_URL && [
    `  inbox         ${API_URL}/`,
    `  second node   ${API_URL_2}/`,
    `  API           ${API_URL}/docs`,
  ];
  const lines = [
    'Allim is ready.',
    ...(inbox ?? []),
    ...(MAILBOX_URL ? [`  mailbox       ${MAILBOX_URL}/  (every mail and push)`] : []),
    ...(OPS_URL ? [`  operations    ${OPS_URL}`, '  dead letters  npm run allim -- dlt topics'] : []),
    `  publish       npm run allim -- publish blog.user.followed '${JSON.stringify(example)}'`,
    '  a token       npm run allim -- token --user user-1',
    `  addresses     ${environmentFile}`,
    'Ctrl-C stops all of it.',
  ];
  console.log(`\n${lines.join('\n')}\n`);
}

/** The sample people are a courtesy as the sample events are. */
async function introducePeople(apiUrl: string, secret: string) {
  try {
    await introduceSamplePeople(apiUrl, (user) => token({ user, scope: undefined, ttlS: 60 }, secret));
  } catch (error) {
    say(`the sample people are not known, and get no mails: ${error instanceof Error ? error.message : error}`);
  }
}

/** Sample events are a courtesy: what goes wrong with them stops nothing. */
async function feed(brokers: string, cleanup: AsyncDisposableStack) {
  const aborted = new AbortController();
  cleanup.defer(() => aborted.abort());
  say('playing sample events for user-1 … user-5 for about a minute');
  try {
    await playFeed(brokers, aborted.signal);
    if (!aborted.signal.aborted) say('all sample events are played');
  } catch (error) {
    say(`no more sample events: ${error instanceof Error ? error.message : error}`);
  }
}
