import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, openSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Addresses, eraseStack, openStack, type PersistentStack, state } from '@allim/stack';
import type { StackAction } from './command-line.js';
import { ask, dismiss, type Holder, hold } from './hold.js';
import { asEnvironment } from './settings.js';

/** What the keeper of the servers says about itself: addresses once they are up, and who can stop them. */
type Kept = Partial<Addresses> & { by: 'start' | 'stack' };

const keeperLog = `${state}/stack.log`;

/**
 * The servers for daily work: those that are being kept already, or else opened and kept by this process.
 *
 * @returns `stop` leaves servers alone that another process keeps
 */
export async function keepStack(by: Kept['by']): Promise<PersistentStack> {
  let addresses: Partial<Addresses> = {};
  const release = await hold('stack', () => ({ by, ...addresses }));
  if (!release) return { ...(await keptAddresses()), stop: async () => {} };
  try {
    const stack = await openStack();
    addresses = { kafkaBrokers: stack.kafkaBrokers, databaseUrl: stack.databaseUrl, redisUrl: stack.redisUrl };
    return { ...stack, stop: () => stack.stop().finally(release) };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Empties the servers. @throws when they are running */
export async function emptyStack(): Promise<void> {
  const kept = await ask<Kept>('stack');
  if (kept) throw new Error(`The servers are running (process ${kept.pid}): ${howToStop(kept)} first.`);
  await eraseStack();
}

/** @returns what to print */
export async function stackCommand(action: StackAction): Promise<string> {
  const kept = await ask<Kept>('stack');
  switch (action) {
    case 'keep':
      return await keep();
    case 'up':
      if (!kept) await startKeeper();
      return lines(await keptAddresses());
    case 'down':
    case 'reset':
      if (kept?.by === 'start') throw new Error(`The servers belong to a running system: ${howToStop(kept)}.`);
      if (kept) await dismiss('stack', kept);
      if (action === 'reset') await eraseStack();
      return action === 'reset' ? 'The servers are down and empty.' : 'The servers are down.';
    case 'status':
      if (!kept) return 'The servers are down.';
      return `The servers are ${kept.kafkaBrokers ? 'up' : 'starting'} (process ${kept.pid}, to stop them: ${howToStop(kept)}).\n${lines(kept)}`;
  }
}

/** Keeps the servers until it is told to stop; runs in the background. */
async function keep(): Promise<string> {
  const told = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  const alive = setInterval(() => {}, 60_000); // the servers themselves do not keep a process running
  const stack = await keepStack('stack');
  await told;
  await stack.stop();
  clearInterval(alive);
  return 'The servers are down.';
}

async function startKeeper(): Promise<void> {
  mkdirSync(state, { recursive: true });
  const log = openSync(keeperLog, 'w');
  const main = fileURLToPath(new URL('main.js', import.meta.url));
  const keeper = spawn(process.execPath, [main, 'stack', 'keep'], { detached: true, stdio: ['ignore', log, log] });
  keeper.unref();
  console.error(`stack: starting Kafka, database and Redis in the background; what goes on stands in ${keeperLog}`);
  while (keeper.exitCode === null && keeper.signalCode === null) {
    if ((await ask<Kept>('stack'))?.kafkaBrokers) return;
    await pause(100);
  }
  throw new Error(`The servers did not come up: see ${keeperLog}`);
}

async function keptAddresses(): Promise<Addresses> {
  const kept = await ask<Kept>('stack');
  const { kafkaBrokers, databaseUrl, redisUrl } = kept ?? {};
  if (kafkaBrokers && databaseUrl && redisUrl) return { kafkaBrokers, databaseUrl, redisUrl };
  throw new Error('The servers are just being started or stopped by another process: try again in a moment.');
}

const howToStop = ({ by, pid }: Kept & Holder) =>
  by === 'start'
    ? `stop \`npm start\` with Ctrl-C in its terminal (or: kill ${pid})`
    : 'run `npm run allim -- stack down`';

const lines = (addresses: Partial<Addresses>) =>
  Object.entries(asEnvironment(addresses as Addresses))
    .flatMap(([name, value]) => (value ? [`${name}=${value}`] : []))
    .join('\n');
