import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { imageEnvironment, spawnWatched } from '@allim/stack';
import { logLine } from './log-line.js';

/** One app as a child process, started again when it ends by itself. */
export interface AppProcess {
  readonly name: string;
  /** Resolves when `/health/ready` answers 200; rejects after 120 s. */
  ready(): Promise<void>;
  /** SIGTERM, and SIGKILL when it takes too long; resolves when the process is gone. */
  stop(): Promise<void>;
}

export interface AppOptions {
  /** path of its main.js */
  main: string;
  /** before its log lines: `api`, `api-2` */
  name: string;
  port: number;
  environment: NodeJS.ProcessEnv;
  say: (line: string) => void;
  /** it has ended by itself too often */
  onGiveUp: (error: Error) => void;
}

const readyDeadlineMs = 120_000;
/** What the app is told; it is killed a second later. Leaves the servers 5 of the 15 s in which all has to be gone. */
const shutdownDeadlineMs = 8_000;
const restartsPerMinute = 5;

export function runApp({ main, name, port, environment, say, onGiveUp }: AppOptions): AppProcess {
  const stopping = new AbortController();
  let child: ChildProcess;
  let ends: number[] = [];

  function run() {
    child = spawnWatched(process.execPath, [main], {
      output: 'pipe',
      environment: {
        ...imageEnvironment,
        ...environment,
        PORT: `${port}`,
        SHUTDOWN_DEADLINE_MS: `${shutdownDeadlineMs}`,
      },
    });
    for (const output of [child.stdout!, child.stderr!]) {
      createInterface(output).on('line', (line) => console.log(logLine(name, line, process.stdout.isTTY)));
    }
    child.once('exit', (code, signal) => void again(signal ?? `code ${code}`));
  }

  async function again(end: string) {
    if (stopping.signal.aborted) return;
    const now = Date.now();
    ends = [...ends.filter((at) => at > now - 60_000), now];
    if (ends.length > restartsPerMinute) {
      onGiveUp(new Error(`${name} has ended ${ends.length} times within a minute (${end}): see its log lines above.`));
      return;
    }
    say(`${name} has ended by itself (${end}); starting it again in 1 s`);
    await pause(1_000, undefined, { signal: stopping.signal }).then(run, () => {});
  }

  run();
  return {
    name,
    async ready() {
      const deadline = Date.now() + readyDeadlineMs;
      while (Date.now() < deadline && !stopping.signal.aborted) {
        const answer = await fetch(`http://127.0.0.1:${port}/health/ready`).catch(() => undefined);
        await answer?.body?.cancel();
        if (answer?.status === 200) return;
        await pause(100);
      }
      throw new Error(
        `${name} is not ready after ${readyDeadlineMs / 1000} s: see http://127.0.0.1:${port}/health/ready and its log lines above.`,
      );
    },
    async stop() {
      stopping.abort();
      if (child.exitCode !== null || child.signalCode !== null) return;
      const late = setTimeout(() => child.kill('SIGKILL'), shutdownDeadlineMs + 1_000);
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
      clearTimeout(late);
    },
  };
}
