import { command } from './command.js';
import type { Log } from './log.js';
import type { Addresses } from './stack.js';
import { workspace } from './workspace.js';

/** Services of docker/compose.yaml, by the address they have. */
const services = { kafkaBrokers: 'kafka', databaseUrl: 'mysql', redisUrl: 'redis' } as const;
export type Role = keyof typeof services;
const named = (roles: Role[]) => roles.map((role) => services[role]);

const compose = (...args: string[]) => command('docker', 'compose', '-f', `${workspace}docker/compose.yaml`, ...args);

/** Whether a Docker engine answers and has Compose; the `docker` command alone is neither. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await command('docker', 'info');
    await command('docker', 'compose', 'version');
    return true;
  } catch {
    return false;
  }
}

/** The containers of docker/compose.yaml, healthy. Their data lives in named volumes. */
export async function startContainers(roles: Role[], log: Log): Promise<Addresses> {
  log(`starting ${named(roles).join(', ')} with Docker`);
  try {
    await compose('up', '--detach', '--wait', ...named(roles));
  } catch (error) {
    const hint = 'If a port is taken, choose others: KAFKA_PORT, MYSQL_PORT, REDIS_PORT.';
    throw new Error(`${error instanceof Error ? error.message : error}\n${hint}`);
  }
  const { KAFKA_PORT = '19092', MYSQL_PORT = '13306', REDIS_PORT = '16379' } = process.env;
  return {
    kafkaBrokers: `127.0.0.1:${KAFKA_PORT}`,
    databaseUrl: `mysql://root@127.0.0.1:${MYSQL_PORT}/allim`,
    redisUrl: `redis://127.0.0.1:${REDIS_PORT}`,
  };
}

export const stopContainers = (roles: Role[]) => compose('stop', '--timeout', '5', ...named(roles));

/** Removes the containers with their data. */
export const eraseContainers = () => compose('down', '--volumes', '--timeout', '5');
