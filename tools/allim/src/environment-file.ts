import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** What `.stack/env` tells other programs while the system runs. */
export interface Environment {
  KAFKA_BROKERS: string;
  DATABASE_URL: string;
  REDIS_URL: string;
  AUTH_JWT_SECRET: string;
  API_URL: string;
  API_URL_2: string;
  OPS_URL: string;
  MAILBOX_URL: string;
  SMTP_URL: string;
  FCM_ENDPOINT: string;
}

/** Writes dotenv lines; undefined ones are left out. A reader finds all of it or nothing. For our eyes only: it holds a secret. */
export async function writeEnvironment(file: string, environment: Partial<Environment>): Promise<void> {
  const lines = Object.entries(environment).flatMap(([key, value]) =>
    value === undefined ? [] : [`${key}=${value}\n`],
  );
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, lines.join(''), { mode: 0o600 });
  await rename(unfinished, file);
}

/** @returns nothing but what stands in the file; {} when there is none */
export async function readEnvironment(file: string): Promise<Partial<Environment>> {
  const text = await readFile(file, 'utf8').catch((error) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n').filter((line) => line.includes('='));
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

export const removeEnvironment = (file: string): Promise<void> => rm(file, { force: true });
