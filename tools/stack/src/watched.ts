import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { path } from './command.js';

export interface WatchedOptions {
  /** a file descriptor for all it writes, or pipes */
  output: number | 'pipe';
  /** over our own environment */
  environment?: NodeJS.ProcessEnv;
  /** a folder that goes away with us, when we end without having stopped the program */
  temporary?: string;
}

// The shell becomes the program (exec), so its pid is the program's. The line before leaves a watchdog behind that reads a pipe from
// us: the pipe breaks when we are gone, also after a kill -9, and the watchdog takes the program (and the temporary folder)
// along. A line on the pipe is our "at ease".
const watched = `(read -r at_ease <&3 || { kill -9 $$; [ -z "$0" ] || { sleep 1; rm -rf "$0"; rmdir "\${0%/*}"; }; }) >/dev/null 2>&1 & exec "$@" 3<&-`;

/** Starts a program that never outlives this process, however that ends. */
export function spawnWatched(program: string, args: string[], options: WatchedOptions): ChildProcess {
  const { output, environment = {}, temporary = '' } = options;
  const child = spawn('sh', ['-c', watched, temporary, program, ...args], {
    stdio: ['ignore', output, output, 'pipe'],
    // A session of its own: Ctrl-C in the terminal reaches us only, and we stop things in order.
    detached: true,
    env: { ...process.env, ...environment, PATH: path },
  });
  const watchdog = child.stdio[3] as Socket;
  watchdog.unref();
  watchdog.on('error', () => {}); // the watchdog itself was killed: nothing is left to tell it
  child.once('exit', () => watchdog.end('at ease\n'));
  return child;
}
