import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type Addresses, state } from '@allim/stack';
import { type Environment, readEnvironment } from './environment-file.js';
import { ask } from './hold.js';

export const environmentFile = `${state}/env`;

/** The names that programs know the servers by. */
export const asEnvironment = ({ kafkaBrokers, databaseUrl, redisUrl }: Addresses) => ({
  KAFKA_BROKERS: kafkaBrokers,
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
});

/** What a value must look like: the libraries' own errors would name neither the setting nor the mistake. */
const shapes: { [name in keyof Environment | 'UNSUBSCRIBE_SECRET']?: Shape } = {
  KAFKA_BROKERS: {
    fits: (value) => /^[^\s:,]+:\d{1,5}(,[^\s:,]+:\d{1,5})*$/.test(value),
    expected: 'host:port[,host:port…]',
  },
  DATABASE_URL: {
    fits: (value) => /^mysql:\/\/[^/]+\/./.test(value),
    expected: 'mysql://user:password@host:port/database',
  },
  REDIS_URL: { fits: (value) => /^rediss?:\/\/[^/]/.test(value), expected: 'redis://[user:password@]host:port' },
  AUTH_JWT_SECRET: { fits: (value) => Buffer.byteLength(value) >= 32, expected: 'at least 32 bytes' },
  OPS_URL: { fits: (value) => /^https?:\/\/[^/@?#\s]+(\/[^@?#\s]*)?$/.test(value), expected: 'http://host:port' },
  UNSUBSCRIBE_SECRET: { fits: (value) => value.length >= 32, expected: 'at least 32 characters' },
};

interface Shape {
  fits: (value: string) => boolean;
  expected: string;
}

/** @throws with the setting's name and what was expected; never with its value, which may be a secret */
function checked(name: keyof typeof shapes, value: string): string {
  const shape = shapes[name];
  if (!shape || shape.fits(value)) return value;
  throw new Error(`${name}: expected ${shape.expected}.`);
}

/** @throws when one that the environment gives is wrong, as `setting` does */
export function checkEnvironment(): void {
  for (const name of Object.keys(shapes) as (keyof typeof shapes)[]) {
    if (process.env[name]) checked(name, process.env[name]);
  }
}

/**
 * One setting of the running system: from our environment, else from what `npm start` or `stack up` runs here.
 *
 * @throws with the setting's name and what was expected
 */
export async function setting(name: keyof Environment): Promise<string> {
  const stack = await ask<Addresses>('stack');
  const system = await ask('start'); // without it, the file is left over from one that was killed
  const known = { ...(stack && asEnvironment(stack)), ...(system && (await readEnvironment(environmentFile))) };
  const value = process.env[name] || known[name as keyof typeof known];
  if (value) return checked(name, value);
  throw new Error(`${name} is not known: run \`npm start\` in another terminal, or set ${name}.`);
}

/** Signs the tokens of this workspace. */
export const jwtSecret = (): Promise<string> => keptSecret('AUTH_JWT_SECRET', 'auth-jwt-secret');

/** Signs the links that stop promotions. */
export const unsubscribeSecret = (): Promise<string> => keptSecret('UNSUBSCRIBE_SECRET', 'unsubscribe-secret');

/** Given by the environment, or made once, so that what it has signed outlives a restart. */
async function keptSecret(name: string, file: string): Promise<string> {
  const given = process.env[name];
  if (given) return given;
  await mkdir(state, { recursive: true });
  const secret = randomBytes(48).toString('base64url');
  try {
    await writeFile(`${state}/${file}`, secret, { mode: 0o600, flag: 'wx' });
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(`${state}/${file}`, 'utf8');
  }
}

/** @param standard used unless the environment variable `name` says otherwise */
export function portSetting(name: string, standard: number): number {
  const port = Number(process.env[name] || standard);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${name}: expected a port number from 1 to 65535.`);
}
