import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { text } from 'node:stream/consumers';
import { setTimeout as pause } from 'node:timers/promises';
import { state } from '@allim/stack';

export interface Holder {
  pid: number;
}

/**
 * Takes a role that only one process per system may have at a time (`start` runs the whole system, `stack` keeps the
 * servers), unless another one has it. It is a socket that answers who holds it: it goes away with its process, also after
 * a kill -9, so that nothing stale can stand in the way as a pid file would.
 *
 * @param about what {@link ask} answers
 * @returns how to give it back; undefined when another process holds it
 */
export async function hold(role: string, about: () => object): Promise<(() => Promise<void>) | undefined> {
  if (await ask(role)) return undefined;
  const address = addressOf(role);
  if (!isAbstract(address)) await rm(address, { force: true }); // nobody answers there any more
  const answer = () => JSON.stringify({ pid: process.pid, ...about() });
  const server = createServer((socket) => socket.on('error', () => {}).end(answer()));
  try {
    server.listen(address);
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') return undefined;
    throw error;
  }
  server.unref();
  return async () => {
    server.close();
    await once(server, 'close');
  };
}

/** @returns who holds the role and what it says about itself; undefined when nobody does */
export async function ask<About extends object = object>(role: string): Promise<(Holder & About) | undefined> {
  const socket = connect(addressOf(role));
  try {
    await once(socket, 'connect');
    return JSON.parse(await text(socket));
  } catch {
    return undefined;
  } finally {
    socket.destroy();
  }
}

/** Sends SIGTERM to the holder and waits until the role is free. */
export async function dismiss(role: string, { pid }: Holder): Promise<void> {
  process.kill(pid, 'SIGTERM');
  while (await ask(role)) await pause(50);
}

const isAbstract = (address: string) => address.startsWith('\0');

/** Linux has socket names that are no files and leave nothing behind. */
function addressOf(role: string): string {
  const place = createHash('sha256').update(state).digest('hex').slice(0, 12);
  const name = `allim-${role}-${process.getuid?.() ?? ''}-${place}`;
  return process.platform === 'linux' ? `\0${name}` : `${tmpdir()}/${name}`;
}
