import { loadSettings } from '@allim/platform';
import { SignJWT } from 'jose';
import { settings } from '../config.js';
import { startOps } from '../ops.js';

export const secret = 'a secret for the specs of this very program';

/** An operator's access token; for five minutes and signed as ours unless it is said otherwise. */
export const token = (scope = 'ops:read ops:payload ops:replay', { by = secret, until = '5 minutes' } = {}) =>
  new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject('operator-1')
    .setIssuedAt()
    .setExpirationTime(until)
    .sign(new TextEncoder().encode(by));

const running = new Set<Awaited<ReturnType<typeof startOps>>>();

/** Starts a node that looks for topics all the time; answers its URL. */
export async function startNode(
  { kafkaBrokers, databaseUrl }: { kafkaBrokers: string; databaseUrl: string },
  overrides: Record<string, string> = {},
): Promise<string> {
  const ops = await startOps(
    loadSettings(settings, {
      ...{ NODE_ENV: 'test', LOG_LEVEL: 'error', PORT: '0', AUTH_JWT_SECRET: secret },
      ...{ KAFKA_BROKERS: kafkaBrokers, DATABASE_URL: databaseUrl },
      ...{ DEAD_LETTER_LOOK_MS: '100', REQUEST_BURST: '10000' },
      ...overrides,
    }),
  );
  running.add(ops);
  return `http://127.0.0.1:${ops.port}`;
}

/** Stops every node that a spec of this file has started. */
export async function stopNodes(): Promise<void> {
  for (const ops of running) {
    running.delete(ops);
    for (const { run } of ops.stop) await run();
  }
}
