import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Channel } from '@allim/contracts';
import { freePort, imageEnvironment, spawnWatched, workspace } from '@allim/stack';
import { type Site } from './site.js';
import { VoidRun } from './void-run.js';

/** Where results lie. */
export const benchFolder = `${workspace}.stack/bench`;
/** What the programs of the latest run had to say. */
export const logFolder = `${benchFolder}/logs`;
const readyDeadlineMs = 30_000;

/** Any process of a run. */
export interface Measured extends AsyncDisposable {
  readonly pid: number;
  /** Resident memory in bytes, now and at its peak. */
  memory(): { now: number; peak: number };
  /** Seconds of processor time so far. */
  cpuSeconds(): number;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
}

/** One of our apps. */
export interface App extends Measured {
  url: string;
  /** @throws a VoidRun when it has ended by itself */
  mustLive(): void;
}

/** Tokens of a run are signed with it. */
export const jwtSecret = 'benchmark-secret-of-at-least-32-bytes';

/** Starts `apps/<name>/dist/main.js` with its defaults and these settings; does not wait for anything. */
export async function startApp(
  site: Site,
  name: 'consumer' | 'api' | 'ops' | `channel-${Channel}`,
  settings: Record<string, string> = {},
): Promise<App> {
  const port = await freePort();
  mkdirSync(logFolder, { recursive: true });
  const logFile = `${logFolder}/${name}-${port}.log`;
  const log = openSync(logFile, 'w');
  const child = spawnWatched(process.execPath, [`${workspace}apps/${name}/dist/main.js`], {
    output: log,
    environment: {
      ...imageEnvironment,
      KAFKA_BROKERS: site.kafkaBrokers,
      DATABASE_URL: site.databaseUrl,
      REDIS_URL: site.redisUrl,
      AUTH_JWT_SECRET: jwtSecret,
      LOG_LEVEL: 'warn',
      NODE_ENV: 'production',
      PORT: `${port}`,
      ...settings,
    },
  });
  closeSync(log);
  await once(child, 'spawn');
  return {
    ...measured(child, 'SIGTERM'),
    url: `http://127.0.0.1:${port}`,
    mustLive() {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new VoidRun(`${name} has ended by itself: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    },
  };
}

/** Resolves when `/health/ready` answers 200. */
export async function whenReady(app: App): Promise<App> {
  const deadline = Date.now() + readyDeadlineMs;
  while (Date.now() < deadline) {
    app.mustLive();
    const answer = await fetch(`${app.url}/health/ready`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return app;
    await pause(50);
  }
  throw new VoidRun(`${app.url} is not ready after ${readyDeadlineMs / 1000} s`);
}

/** A program of our own in another process: reached by questions, ends with us. */
export interface Helper extends Measured {
  ask<Answer>(question: string, input?: unknown): Promise<Answer>;
}

/** Starts `programs/<name>.ts`, which calls `answerQuestions`. */
export async function startHelper(name: string): Promise<Helper> {
  const child = fork(fileURLToPath(new URL(`programs/${name}.js`, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(child, 'spawn');
  return {
    ...measured(child, 'SIGKILL'),
    ask<Answer>(question: string, input?: unknown) {
      return new Promise<Answer>((resolve, reject) => {
        const ended = () => reject(new VoidRun(`${name} has ended by itself`));
        child.once('exit', ended);
        child.once('message', (message: { answer?: Answer; error?: string }) => {
          child.off('exit', ended);
          if (message.error === undefined) resolve(message.answer as Answer);
          else reject(new VoidRun(`${name}: ${message.error}`));
        });
        child.send({ question, input });
      });
    },
  };
}

function measured(child: ChildProcess, end: NodeJS.Signals): Measured {
  const pid = child.pid as number;
  const status = (key: string) =>
    Number(new RegExp(`${key}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
  const gone = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  };
  return {
    pid,
    memory: () => ({ now: status('VmRSS'), peak: status('VmHWM') }),
    cpuSeconds() {
      const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in ticks of 10 ms
    },
    kill: () => gone('SIGKILL'),
    [Symbol.asyncDispose]: () => gone(end),
  };
}
