import { rm } from 'node:fs/promises';
import { dockerAnswers, eraseContainers, type Role, startContainers, stopContainers } from './docker.js';
import { type Log, logToStderr } from './log.js';
import { type Addresses, startStack } from './stack.js';
import { state } from './workspace.js';

/** Where the native servers keep their data between two starts. */
const data = `${state}/data`;

/** Servers for daily work, whose data survives. */
export interface PersistentStack extends Addresses {
  /** Stops what we started; servers given by the environment are left alone. */
  stop(): Promise<void>;
}

/**
 * Opens the servers for daily work. Each one is, in this order: the address given by the environment (`KAFKA_BROKERS`,
 * `DATABASE_URL`, `REDIS_URL`), a container of docker/compose.yaml when a Docker engine answers, or a child process with
 * its data under `.stack/data`.
 */
export async function openStack(log: Log = logToStderr): Promise<PersistentStack> {
  const given = givenAddresses();
  const roles = (['kafkaBrokers', 'databaseUrl', 'redisUrl'] as const).filter((role) => given[role] === undefined);
  const ours =
    roles.length === 0 ? nothing : (await dockerAnswers()) ? await inDocker(roles, log) : await native(roles, log);
  return { ...ours, ...given };
}

/** Removes the data of the servers for daily work, which must not be running as child processes. */
export async function eraseStack(): Promise<void> {
  if (Object.values(givenAddresses()).some(Boolean)) {
    throw new Error(
      'The servers are given by the environment: their data is not ours to remove. Unset KAFKA_BROKERS, DATABASE_URL and REDIS_URL.',
    );
  }
  if (await dockerAnswers()) await eraseContainers();
  await rm(data, { recursive: true, force: true });
}

const nothing = { kafkaBrokers: '', databaseUrl: '', redisUrl: '', stop: async () => {} };

/** Only those that are set: an empty variable counts as not set. */
function givenAddresses(): Partial<Addresses> {
  const { KAFKA_BROKERS, DATABASE_URL, REDIS_URL } = process.env;
  return {
    ...(KAFKA_BROKERS && { kafkaBrokers: KAFKA_BROKERS }),
    ...(DATABASE_URL && { databaseUrl: DATABASE_URL }),
    ...(REDIS_URL && { redisUrl: REDIS_URL }),
  };
}

async function inDocker(roles: Role[], log: Log): Promise<PersistentStack> {
  const addresses = await startContainers(roles, log);
  return { ...addresses, stop: async () => void (await stopContainers(roles)) };
}

function native(roles: Role[], log: Log): Promise<PersistentStack> {
  return startStack({
    directory: data,
    kafka: roles.includes('kafkaBrokers'),
    database: roles.includes('databaseUrl'),
    redis: roles.includes('redisUrl'),
    log,
  });
}
