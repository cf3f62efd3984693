import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { isFree } from './ports.js';
import { spawnWatched } from './watched.js';

/** One real server as a child process. It never outlives the process that started it. */
export interface Server {
  readonly name: string;
  readonly port: number;
  /** undefined while it is not running */
  readonly pid: number | undefined;
  readonly running: boolean;
  /** Again on the same port and data; resolves when it answers. Does nothing while it runs. */
  start(): Promise<void>;
  /** SIGTERM, and SIGKILL after 5 s; resolves when the process is gone. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

/** What to run and how to know that it is up. */
export interface Program {
  name: string;
  port: number;
  /** its own folder: data, and `<name>.log` */
  directory: string;
  /** the folder goes away with the process that owns the server, even when that one is killed */
  temporary: boolean;
  command: string;
  args: string[];
  /** before each start; makes the data folder when there is none */
  prepare(): Promise<void>;
  /** a real request to the server; rejects while it isn't ready */
  answers(): Promise<void>;
}

const startDeadlineMs = 60_000;
const stopDeadlineMs = 5_000;

export function server(program: Program): Server {
  const { name, port, directory } = program;
  const logFile = `${directory}/${name}.log`;
  let child: ChildProcess | undefined;

  async function gone(signal: NodeJS.Signals) {
    if (!child) return;
    child.ref();
    const exit = once(child, 'exit');
    child.kill(signal);
    await exit;
  }

  async function run() {
    const log = openSync(logFile, 'a');
    const started = spawnWatched(program.command, program.args, {
      output: log,
      temporary: program.temporary ? directory : undefined,
    });
    closeSync(log);
    child = started;
    started.once('exit', () => {
      child = undefined;
    });
    await once(started, 'spawn');
  }

  async function untilItAnswers() {
    const deadline = Date.now() + startDeadlineMs;
    let reason = 'it has exited';
    while (child && Date.now() < deadline) {
      try {
        await program.answers();
        return child.unref(); // an owner that forgets to stop its servers shall end, and they with it, not hang
      } catch (error) {
        reason = `after ${startDeadlineMs / 1000} s: ${error instanceof Error ? error.message : error}`;
      }
      await pause(50);
    }
    if (!child) reason = 'it has exited';
    await gone('SIGKILL');
    throw new Error(`${name} does not answer on port ${port} (${reason}). The end of its log:\n${await tail(logFile)}`);
  }

  return {
    name,
    port,
    get pid() {
      return child?.pid;
    },
    get running() {
      return child !== undefined;
    },
    async start() {
      if (child) return;
      // Else its present owner would answer in our server's place.
      if (!(await isFree(port))) throw new Error(`${name} cannot start: port ${port} is taken. Stop what uses it.`);
      await mkdir(directory, { recursive: true });
      await program.prepare();
      await run();
      await untilItAnswers();
    },
    async stop() {
      const late = setTimeout(() => child?.kill('SIGKILL'), stopDeadlineMs);
      await gone('SIGTERM');
      clearTimeout(late);
    },
    kill: () => gone('SIGKILL'),
  };
}

async function tail(file: string, lines = 20): Promise<string> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-lines).join('\n');
}
