import { createServer } from 'node:net';

const given = new Set<number>();

/**
 * A free TCP port on 127.0.0.1, never the same twice in one process.
 *
 * It lies below the range from which Linux takes ports of outgoing connections (32768 and up): while a killed server is away,
 * one of its reconnecting clients could otherwise be given that very port, connect to itself and block the restart.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 100; tries++) {
    const port = 15_000 + Math.floor(Math.random() * 17_000);
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    return port;
  }
  throw new Error('No free TCP port between 15000 and 32000 on 127.0.0.1: stop some servers.');
}

/** Whether a server could listen on this port, be it on 127.0.0.1 or on all addresses. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '0.0.0.0', () => probe.close(() => resolve(true)));
  });
}
