import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ensureKafkaJars, kafka } from './kafka.js';
import { type Log, logToStderr } from './log.js';
import { mariadb } from './mariadb.js';
import { ensurePrograms } from './packages.js';
import { freePort } from './ports.js';
import { redis } from './redis.js';
import type { Server } from './server.js';

/** Where the servers are. */
export interface Addresses {
  /** `host:port`, separated by commas */
  kafkaBrokers: string;
  /** `mysql://root@127.0.0.1:<port>/allim` */
  databaseUrl: string;
  redisUrl: string;
}

/** Real servers of our own, as child processes. */
export interface Stack extends Addresses {
  kafka: Server;
  database: Server;
  redis: Server;
  /** Stops all of them; removes the data unless a directory was given. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** data is kept here; without it, in a temporary folder that is removed by `stop` */
  directory?: string;
  /** `false` leaves a server out: it has its address, but isn't started */
  kafka?: boolean;
  database?: boolean;
  redis?: boolean;
  /** over the defaults of Kafka's server.properties */
  kafkaProperties?: Record<string, string>;
  /** default: free ports */
  ports?: { kafka?: number; database?: number; redis?: number };
  /** default: stderr */
  log?: Log;
}

/**
 * Starts real Kafka, MariaDB and Redis on 127.0.0.1 and resolves when each of them has answered a request.
 * Gets Kafka's jars with Maven and missing packages with apt-get (as root) the first time.
 *
 * @throws with the end of the server's log when one doesn't come up; none is left running then
 */
export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const { ports = {}, log = logToStderr } = options;
  const wanted = { kafka: options.kafka ?? true, database: options.database ?? true, redis: options.redis ?? true };
  if (wanted.kafka) await ensurePrograms(['java', 'mvn'], log);
  await ensurePrograms(
    [
      ...(wanted.database ? (['mariadbd', 'mariadb-install-db'] as const) : []),
      ...(wanted.redis ? (['redis-server'] as const) : []),
    ],
    log,
  );
  if (wanted.kafka) await ensureKafkaJars(log);

  const temporary = options.directory === undefined;
  const directory = options.directory ?? (await mkdtemp(join(tmpdir(), 'allim-')));
  const servers = {
    kafka: await kafka({
      directory: `${directory}/kafka`,
      temporary,
      port: ports.kafka ?? (await freePort()),
      properties: options.kafkaProperties ?? {},
    }),
    database: mariadb(`${directory}/mariadb`, temporary, ports.database ?? (await freePort())),
    redis: redis(`${directory}/redis`, temporary, ports.redis ?? (await freePort())),
  };
  const started = Object.entries(servers)
    .filter(([role]) => wanted[role as keyof typeof wanted])
    .map(([, server]) => server);

  async function stop() {
    await Promise.all(started.map((server) => (temporary ? server.kill() : server.stop())));
    if (temporary) await rm(directory, { recursive: true, force: true });
  }

  log(`starting ${started.map((server) => server.name).join(', ')}`);
  const outcomes = await Promise.allSettled(started.map((server) => server.start()));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failure) {
    await stop();
    throw failure.reason;
  }
  return {
    ...servers,
    kafkaBrokers: `127.0.0.1:${servers.kafka.port}`,
    databaseUrl: `mysql://root@127.0.0.1:${servers.database.port}/allim`,
    redisUrl: `redis://127.0.0.1:${servers.redis.port}`,
    stop,
  };
}
