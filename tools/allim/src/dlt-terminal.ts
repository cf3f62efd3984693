import { createInterface } from 'node:readline/promises';
import { setTimeout as elapsed } from 'node:timers/promises';
import { type Screen, screenOf } from './dlt-table.js';

/** Where a person is told, beside the result, and asked. What it is given is visible already. */
export interface Terminal {
  /** Whether somebody is there to answer. */
  canAsk: boolean;
  /** Whether a line can be written over; otherwise there is no status. */
  isLive: boolean;
  screen(): Screen;
  say(text: string): void;
  /** In the place of the last status; undefined: none. */
  status(line: string | undefined): void;
  /** Anything but yes is no, so are Ctrl-C and Ctrl-D. */
  confirm(question: string): Promise<boolean>;
  /** By Ctrl-C. */
  interrupted: AbortSignal;
  /** Milliseconds. */
  now(): number;
  /** Ends early when interrupted. */
  pause(ms: number): Promise<void>;
}

const eraseLine = '\r\x1b[K';

/** The terminal of this process: stdin and stderr, so that stdout has the result alone. Ctrl-C is ours from now on, once. */
export function terminalOf({ stdin, stderr, env }: NodeJS.Process): Terminal {
  const interrupt = new AbortController();
  process.once('SIGINT', () => interrupt.abort()); // a second one ends the process, as ever
  const isLive = stderr.isTTY === true && env.TERM !== 'dumb';
  let hasStatus = false;
  const status = (line: string | undefined) => {
    if (!isLive || (line === undefined && !hasStatus)) return;
    stderr.write(eraseLine + (line ?? ''));
    hasStatus = line !== undefined;
  };
  return {
    canAsk: stdin.isTTY === true && stderr.isTTY === true,
    isLive,
    screen: () => screenOf(stderr, env),
    say: (text) => {
      status(undefined);
      stderr.write(`${text}\n`);
    },
    status,
    confirm: async (question) => {
      const reader = createInterface({ input: stdin, output: stderr });
      try {
        const answer = await reader.question(`${question} [y/N] `, { signal: interrupt.signal });
        return /^\s*y(es)?\s*$/i.test(answer);
      } catch (error) {
        if ((error as Error).name !== 'AbortError') throw error;
        stderr.write('\n'); // the question has none behind it
        return false;
      } finally {
        reader.close();
      }
    },
    interrupted: interrupt.signal,
    now: () => performance.now(),
    pause: async (ms) => {
      await elapsed(ms, undefined, { signal: interrupt.signal }).catch(() => {});
    },
  };
}
