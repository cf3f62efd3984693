import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { type Channel } from '@allim/contracts';
import { freePort, spawnWatched, workspace } from '@allim/stack';
import { logFolder } from './process.js';
import { type Site } from './site.js';
import { VoidRun } from './void-run.js';

/** A channel app of a run. */
export interface ChannelApp extends AsyncDisposable {
  /** @throws a VoidRun when it has ended by itself */
  mustLive(): void;
  /** Highest resident memory so far, in bytes. */
  peakMemory(): number;
  /** Seconds of processor time so far. */
  cpuSeconds(): number;
}

/** Starts `apps/channel-<channel>/dist/main.js` with its defaults and what `settings` say of its provider; waits for nothing. */
export async function startChannelApp(
  site: Site,
  channel: Channel,
  settings: Record<string, string>,
): Promise<ChannelApp> {
  const port = await freePort();
  mkdirSync(logFolder, { recursive: true });
  const logFile = `${logFolder}/channel-${channel}-${port}.log`;
  const log = openSync(logFile, 'w');
  const child = spawnWatched(process.execPath, [`${workspace}apps/channel-${channel}/dist/main.js`], {
    output: log,
    environment: {
      KAFKA_BROKERS: site.kafkaBrokers,
      DATABASE_URL: site.databaseUrl,
      REDIS_URL: site.redisUrl,
      LOG_LEVEL: 'warn',
      PORT: `${port}`,
      ...settings,
    },
  });
  closeSync(log);
  await once(child, 'spawn');
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  return {
    mustLive() {
      if (ended())
        throw new VoidRun(`channel-${channel} has ended by itself: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
    },
    peakMemory: () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) * 1024,
    cpuSeconds() {
      const fields = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
      return (Number(fields[11]) + Number(fields[12])) / 100; // user and system, in ticks of 10 ms
    },
    async [Symbol.asyncDispose]() {
      if (ended()) return;
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      await exit;
    },
  };
}
