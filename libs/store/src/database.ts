import { setTimeout as sleep } from 'node:timers/promises';
import { type PoolConnection } from 'mysql2';
import { DataSource } from 'typeorm';
import { DatabaseDown, judge, TryAgain } from './errors.js';
import { migrations } from './migrations/index.js';

export type Database = DataSource;

/** A row or parameter as the driver takes it. */
export type Value = string | number | Buffer | null;

/** A statement that takes longer will not come back: a server that hangs, a network that swallows packets. */
const statementDeadlineMs = 30_000;

/** Times a transaction that met another one is taken again before the database counts as down. */
const conflictLimit = 20;

/**
 * Opens the database with a pool of at most `connections`. While the server is away: waits for it as long as it takes,
 * telling `onWaiting` once a second, or without that throws a DatabaseDown.
 */
export async function openDatabase(options: {
  url: string;
  connections: number;
  onWaiting?: (error: DatabaseDown) => void;
}): Promise<Database> {
  for (;;) {
    try {
      return await open(options);
    } catch (error) {
      if (!options.onWaiting || !(error instanceof DatabaseDown)) throw error;
      options.onWaiting(error);
      await sleep(1_000);
    }
  }
}

async function open(options: { url: string; connections: number }): Promise<Database> {
  const database = new DataSource({
    type: 'mysql',
    url: options.url,
    poolSize: options.connections,
    connectTimeout: 5_000,
    charset: 'utf8mb4',
    timezone: 'Z',
    // Without FOUND_ROWS an insert that meets a known key and changes nothing counts 0 rows, so that we know what is ours.
    flags: ['-FOUND_ROWS'],
    migrations,
    migrationsTableName: 'migration',
  });
  try {
    await database.initialize();
  } catch (error) {
    throw judge(error);
  }
  pool(database).on('connection', (connection) => {
    for (const statement of sessionStatements) connection.query(statement);
  });
  return database;
}

/**
 * Sessions are alike wherever the server stands: UTC (the driver's `timezone` alone does not set the session's zone),
 * strict (nothing is cut or replaced silently), and reading what is committed now: a lost race for an identity must see
 * the winner when the transaction is taken again.
 */
const sessionStatements = [
  "SET time_zone = '+00:00'",
  "SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
  'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  'SET innodb_lock_wait_timeout = 10', // below the statement's deadline
];

interface Pool {
  on(event: 'connection', listener: (connection: PoolConnection) => void): void;
  getConnection(done: (error: Error | null, connection: PoolConnection) => void): void;
}

/** TypeORM's own pool of mysql2: the hot path needs prepared statements, which TypeORM's query() does not offer. */
function pool(database: Database): Pool {
  return (database.driver as unknown as { pool: Pool }).pool;
}

/** What a statement that writes reports. */
export interface Written {
  affectedRows: number;
}

/** One connection, in the caller's hands until the work it was taken for ends. */
export class Session {
  constructor(private readonly connection: PoolConnection) {}

  /** A statement of the text protocol: BEGIN, COMMIT, and statements whose shape varies. */
  query<Result = Written>(sql: string, values: readonly Value[] = [], timeout = statementDeadlineMs): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.connection.query({ sql, values: [...values], timeout }, (error, result) =>
        error ? reject(judge(error)) : resolve(result as Result),
      );
    });
  }

  /** A prepared statement, kept by the server: for few fixed shapes only. */
  execute<Result = Written>(sql: string, values: readonly Value[] = []): Promise<Result> {
    return new Promise((resolve, reject) => {
      this.connection.execute({ sql, values: [...values], timeout: statementDeadlineMs }, (error, result) =>
        error ? reject(judge(error)) : resolve(result as Result),
      );
    });
  }
}

/** Runs reads, or a single write, on one connection. Throws a DatabaseDown while the server is away. */
export async function withSession<Result>(
  database: Database,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  const connection = await take(database);
  try {
    const result = await work(new Session(connection));
    connection.release();
    return result;
  } catch (error) {
    // After a time-out its answers would belong to other questions.
    if (error instanceof DatabaseDown) connection.destroy();
    else connection.release();
    throw error;
  }
}

/**
 * Runs `work` in a transaction, and again from its start when another transaction was in the way (deadlock, lock
 * time-out, TryAgain thrown by `work`). When the connection is cut on COMMIT nobody knows whether it was done: the
 * DatabaseDown says so, and the caller's next try must find out by its own keys.
 */
export async function inTransaction<Result>(
  database: Database,
  work: (session: Session) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withSession(database, (session) => once(session, work));
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      if (attempt >= conflictLimit)
        throw new DatabaseDown(`${attempt} attempts met other transactions: ${error.message}`, { cause: error });
    }
  }
}

async function once<Result>(session: Session, work: (session: Session) => Promise<Result>): Promise<Result> {
  await session.query('START TRANSACTION');
  try {
    const result = await work(session);
    await session.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that is lost is not asked any more: the server rolls back what it left.
    if (!(error instanceof DatabaseDown)) await session.query('ROLLBACK');
    throw error;
  }
}

function take(database: Database): Promise<PoolConnection> {
  return new Promise((resolve, reject) => {
    pool(database).getConnection((error, connection) => (error ? reject(judge(error)) : resolve(connection)));
  });
}

/** For `/health/ready`: throws a DatabaseDown while the database does not answer. */
export async function pingDatabase(database: Database): Promise<void> {
  await withSession(database, (session) => session.query('SELECT 1'));
}
