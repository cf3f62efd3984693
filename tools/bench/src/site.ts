import { type Addresses, kafkaClient, type Stack, startStack } from '@allim/stack';
import { migrate } from '@allim/store/migrate';
import { Redis } from 'ioredis';
import { type Admin } from 'kafkajs';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { say } from './progress.js';

/** Fresh servers of one run, and our hands on them. */
export interface Site extends Addresses {
  stack: Stack;
  admin: Admin;
  database: Connection;
  /** The one number that a query answers; 0 for NULL. */
  number(sql: string, values?: unknown[]): Promise<number>;
}

/** Runs `work` on servers with no data but the schema; they are gone afterwards. */
export async function withSite<Result>(work: (site: Site) => Promise<Result>): Promise<Result> {
  await using cleanup = new AsyncDisposableStack();
  const stack = await startStack({ log: say });
  cleanup.defer(() => stack.stop());
  await migrate(stack.databaseUrl);
  const database = await createConnection({ uri: stack.databaseUrl, timezone: 'Z' });
  cleanup.defer(() => database.destroy());
  const admin = kafkaClient(stack.kafkaBrokers).admin();
  await admin.connect();
  cleanup.defer(() => admin.disconnect());
  const { kafkaBrokers, databaseUrl, redisUrl } = stack;
  return await work({
    kafkaBrokers,
    databaseUrl,
    redisUrl,
    stack,
    admin,
    database,
    async number(sql, values = []) {
      const [[row]] = await database.query<RowDataPacket[]>({ sql, rowsAsArray: true }, values);
      return Number(row?.[0] ?? 0);
    },
  });
}

/**
 * The same site on a broker of its own whose group coordinator does not gather commits (Kafka 4's default of 5 ms would
 * hold a consumer that commits after each record to about 100 records/s).
 */
export async function withReferenceBroker<Result>(site: Site, work: (site: Site) => Promise<Result>): Promise<Result> {
  await using cleanup = new AsyncDisposableStack();
  const broker = await startStack({
    database: false,
    redis: false,
    kafkaProperties: { 'group.coordinator.append.linger.ms': '0' },
    log: say,
  });
  cleanup.defer(() => broker.stop());
  const admin = kafkaClient(broker.kafkaBrokers).admin();
  await admin.connect();
  cleanup.defer(() => admin.disconnect());
  return await work({ ...site, kafkaBrokers: broker.kafkaBrokers, admin });
}

/** Counts what arrives on Redis; `pattern` as in PSUBSCRIBE. */
export async function countOnRedis(
  site: Site,
  pattern: string,
  count: (message: string) => number,
): Promise<{ count: () => number; [Symbol.dispose](): void }> {
  const redis = new Redis(site.redisUrl);
  let counted = 0;
  redis.on('pmessage', (_pattern, _channel, message) => {
    counted += count(message);
  });
  await redis.psubscribe(pattern);
  return { count: () => counted, [Symbol.dispose]: () => redis.disconnect() };
}
