import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { type Addresses, state } from '@allim/stack';
import { type Environment, readEnvironment } from './environment-file.js';
import { ask } from './hold.js';

export const environmentFile = `${state}/env`;
const secretFile = `${state}/auth-jwt-secret`;

/** The names that programs know the servers by. */
export const asEnvironment = ({ kafkaBrokers, databaseUrl, redisUrl }: Addresses) => ({
  KAFKA_BROKERS: kafkaBrokers,
  DATABASE_URL: databaseUrl,
  REDIS_URL: redisUrl,
});

/** One setting of the running system: from our environment, else from what `npm start` or `stack up` runs here. */
export async function setting(name: keyof Environment): Promise<string> {
  const stack = await ask<Addresses>('stack');
  const system = await ask('start'); // without it, the file is left over from one that was killed
  const known = { ...(stack && asEnvironment(stack)), ...(system && (await readEnvironment(environmentFile))) };
  const value = process.env[name] || known[name as keyof typeof known];
  if (value) return value;
  throw new Error(`${name} is not known: run \`npm start\` in another terminal, or set ${name}.`);
}

/** Signs the tokens of this workspace. Made once, so that a token outlives a restart. */
export async function jwtSecret(): Promise<string> {
  if (process.env.AUTH_JWT_SECRET) return process.env.AUTH_JWT_SECRET;
  await mkdir(state, { recursive: true });
  const secret = randomBytes(48).toString('base64url');
  try {
    await writeFile(secretFile, secret, { mode: 0o600, flag: 'wx' });
    return secret;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return await readFile(secretFile, 'utf8');
  }
}

/** @param standard used unless the environment variable `name` says otherwise */
export function portSetting(name: string, standard: number): number {
  const port = Number(process.env[name] || standard);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Error(`${name}: expected a port number from 1 to 65535.`);
}
