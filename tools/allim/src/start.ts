import { existsSync } from 'node:fs';
import { isFree, workspace } from '@allim/stack';
import { migrate } from '@allim/store';
import { type AppProcess, runApp } from './app-process.js';
import type { App, Command } from './command-line.js';
import { removeEnvironment, writeEnvironment } from './environment-file.js';
import { playFeed } from './feed.js';
import { ask, hold } from './hold.js';
import { asEnvironment, checkEnvironment, environmentFile, jwtSecret, portSetting } from './settings.js';
import { emptyStack, keepStack } from './stack-command.js';

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
  const programs = programsOf(options.apps);
  for (const { app, main, port, portName } of programs) {
    if (!existsSync(main)) throw new Error(`apps/${app} is not built: run \`npm run build\` first.`);
    const other = programs.find((program) => program.port === port && program.portName !== portName);
    if (other) throw new Error(`Port ${port} is wanted twice: choose another ${portName} or ${other.portName}.`);
    if (await isFree(port)) continue;
    throw new Error(`Port ${port} is taken: stop what uses it, or choose another one with ${portName}=….`);
  }

  if (options.fresh) await emptyStack();
  const stack = await keepStack('start');
  cleanup.defer(() => stack.stop());
  const applied = await migrate(stack.databaseUrl);
  if (applied.length > 0) say(`migrated: ${applied.join(', ')}`);

  const secret = await jwtSecret();
  const ports = programs.filter(({ app }) => app === 'api').map(({ port }) => port);
  const environment = {
    ...asEnvironment(stack),
    NODE_ENV: 'development',
    AUTH_JWT_SECRET: secret,
    WEBSOCKET_ALLOWED_ORIGINS: ports
      .flatMap((port) => [`http://localhost:${port}`, `http://127.0.0.1:${port}`])
      .join(','),
  };
  const running: AppProcess[] = [];
  cleanup.defer(async () => void (await Promise.all(running.map((program) => program.stop()))));
  say(`starting ${programs.map(({ name }) => name).join(', ')}`);
  for (const { main, name, port } of programs)
    running.push(runApp({ main, name, port, environment, say, onGiveUp: giveUp }));
  await Promise.all(running.map((program) => program.ready()));

  const [url, url2] = ports.map((port) => `http://localhost:${port}`);
  cleanup.defer(() => removeEnvironment(environmentFile));
  await writeEnvironment(environmentFile, {
    ...asEnvironment(stack),
    API_URL: url,
    API_URL_2: url2,
    AUTH_JWT_SECRET: secret,
  });
  announce(url, url2);
  if (options.feed && options.apps.includes('consumer')) await feed(stack.kafkaBrokers, cleanup);
}

function programsOf(apps: App[]) {
  const all = [
    { app: 'consumer', name: 'consumer', portName: 'CONSUMER_PORT', port: portSetting('CONSUMER_PORT', 8086) },
    { app: 'api', name: 'api', portName: 'API_PORT', port: portSetting('API_PORT', 8084) },
    // Two of them, so that delivery over several instances is what everybody sees.
    { app: 'api', name: 'api-2', portName: 'API_PORT_2', port: portSetting('API_PORT_2', 8184) },
  ] as const;
  return all
    .filter(({ app }) => apps.includes(app))
    .map((program) => ({ ...program, main: `${workspace}apps/${program.app}/dist/main.js` }));
}

function announce(url: string | undefined, url2: string | undefined) {
  const example = { followId: 'f-1', followeeId: 'user-1', followerId: 'user-2', followerName: '이서연' };
  const inbox = url && [`  inbox         ${url}/`, `  second node   ${url2}/`, `  API           ${url}/docs`];
  const lines = [
    'Allim is ready.',
    ...(inbox ?? []),
    `  publish       npm run allim -- publish blog.user.followed '${JSON.stringify(example)}'`,
    '  a token       npm run allim -- token --user user-1',
    `  addresses     ${environmentFile}`,
    'Ctrl-C stops all of it.',
  ];
  console.log(`\n${lines.join('\n')}\n`);
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
