import { setTimeout as sleep } from 'node:timers/promises';
import { createPool, type Pool, type PoolConnection } from 'mysql2';
import { DatabaseDown, judge, TryAgain } from './errors.js';

/** A pool of connections, each of them alike. */
export class Database {
  constructor(private readonly pool: Pool) {}

  /** Waits for a connection that is free. Throws a DatabaseDown. */
  take(): Promise<PoolConnection> {
    return new Promise((resolve, reject) => {
      this.pool.getConnection((error, connection) => (error ? reject(judge(error)) : resolve(connection)));
    });
  }

  /** Ends the connections, once what they were asked is answered. */
  destroy(): Promise<void> {
    return new Promise((resolve, reject) => {
      this.pool.end((error) => (error ? reject(error) : resolve()));
    });
  }
}

/** A value of a row, or of a parameter. */
export type Value = string | number | Buffer | null;

/** A parameter of the text protocol: a value, or a list of them (`a, b`). Rows: `deferRows`. */
type Parameter = Value | readonly Value[];

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
  const pool = createPool({
    uri: options.url,
    connectionLimit: options.connections,
    connectTimeout: 5_000,
    charset: 'utf8mb4',
    timezone: 'Z',
    // A BIGINT comes as a text.
    supportBigNumbers: true,
    bigNumberStrings: true,
    // What a transaction defers goes in one packet (decision 0018).
    multipleStatements: true,
    // An object among the values is one text, never `key` = value.
    stringifyObjects: true,
    // Without FOUND_ROWS an insert that meets a known key and changes nothing counts 0 rows, so that we know what is ours.
    flags: ['-FOUND_ROWS'],
    // By default the driver makes room for 16,000 of each connection, half a megabyte; there are a dozen.
    maxPreparedStatements: 100,
  });
  pool.on('connection', prepare);
  const database = new Database(pool);
  try {
    (await database.take()).release();
    return database;
  } catch (error) {
    await database.destroy();
    throw error;
  }
}

/**
 * Sessions are alike wherever the server stands: UTC (the driver's `timezone` alone does not set the session's zone),
 * strict (nothing is cut or replaced silently), and reading what is committed now: a lost race for an identity must see
 * the winner when the transaction is taken again. Queued before whatever the connection is taken for; one that refuses
 * is not used.
 */
function prepare(connection: PoolConnection): void {
  const statements = [
    // The wait for a lock must end before the statement's deadline does.
    "SET time_zone = '+00:00', sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = 10",
    'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED',
  ];
  for (const sql of statements) connection.query(sql, (error) => error && connection.destroy());
}

/** What a statement that writes reports. */
export interface Written {
  affectedRows: number;
}

/** One connection, in the caller's hands until the work it was taken for ends. */
export class Session {
  constructor(private readonly connection: PoolConnection) {}

  /** A statement of the text protocol: BEGIN, COMMIT, and statements of many rows or keys, which it takes in one. */
  query<Result = Written>(
    sql: string,
    values: readonly Parameter[] = [],
    deadlineMs = statementDeadlineMs,
  ): Promise<Result> {
    return this.send(this.format(sql, values), deadlineMs);
  }

  /** Several reads in one packet; answers the rows of each. */
  all(statements: readonly [sql: string, values: readonly Parameter[]][]): Promise<unknown[]> {
    return this.sendAll(statements.map(([sql, values]) => this.format(sql, values)));
  }

  protected async sendAll(texts: string[], deadlineMs?: number): Promise<unknown[]> {
    const results = await this.send<unknown>(texts.join(';'), deadlineMs);
    return texts.length > 1 ? (results as unknown[]) : [results];
  }

  protected format(sql: string, values: readonly Parameter[]): string {
    return this.connection.format(sql, values as Parameter[]);
  }

  protected send<Result>(text: string, deadlineMs = statementDeadlineMs): Promise<Result> {
    // null: without it the driver looks through the whole text for placeholders.
    return this.answer((done) => this.connection.query(text, null, done), deadlineMs);
  }

  /** A prepared statement, kept by the server: for few fixed shapes only. */
  execute<Result = Written>(sql: string, values: readonly Value[] = []): Promise<Result> {
    return this.answer((done) => this.connection.execute(sql, [...values], done), statementDeadlineMs);
  }

  /** The driver's own time-out begins after the statement is prepared and ends with the first packet: not soon, not late enough. */
  private answer<Result>(
    ask: (done: (error: Error | null, result: unknown) => void) => void,
    deadlineMs: number,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        this.connection.destroy();
        reject(new DatabaseDown(`no answer within ${deadlineMs} ms`));
      }, deadlineMs);
      ask((error, result) => {
        clearTimeout(late);
        if (error) reject(judge(error));
        else resolve(result as Result);
      });
    });
  }
}

/** Characters of one packet, about: well below what any server takes (`max_allowed_packet`), whatever a row holds. */
export const packetCharacters = 262_144;

type Check = ((written: Written) => void) | undefined;

/** A session that is in a transaction. */
export class Transaction extends Session {
  private deferred: string[] = [];
  /** One for each deferred statement; apart from them, whose texts are long and needed no more once they are sent. */
  private checks: Check[] = [];

  /**
   * A write whose answer nobody waits for: it goes out in one packet with the next query, COMMIT at the latest, and what
   * it fails with is that query's failure. `check` is told what it wrote, and may throw.
   */
  async defer(sql: string, values: readonly Parameter[] = [], check?: Check): Promise<void> {
    await this.deferText(this.format(sql, values), check);
  }

  /** A statement whose values stand in it already, escaped. */
  async deferText(text: string, check?: Check): Promise<void> {
    if (!this.fits(text)) await this.flush();
    this.deferred.push(text);
    this.checks.push(check);
  }

  /** For a transaction that is given up: ROLLBACK must not be kept from the server by what failed before. */
  forget(): void {
    this.deferred = [];
    this.checks = [];
  }

  override async query<Result = Written>(
    sql: string,
    values: readonly Parameter[] = [],
    deadlineMs?: number,
  ): Promise<Result> {
    const text = this.format(sql, values);
    if (!this.fits(text)) await this.flush();
    const [result] = await this.sendAll([text], deadlineMs);
    return result as Result;
  }

  override async execute<Result = Written>(sql: string, values: readonly Value[] = []): Promise<Result> {
    await this.flush();
    return super.execute(sql, values);
  }

  private fits(text: string): boolean {
    return this.deferred.reduce((sum, { length }) => sum + length, text.length) <= packetCharacters;
  }

  private async flush(): Promise<void> {
    if (this.deferred.length > 0) await this.sendAll([]);
  }

  /** With what is deferred before them; answers what the server said of `texts`. */
  protected override async sendAll(texts: string[], deadlineMs?: number): Promise<unknown[]> {
    const { checks, deferred } = this;
    this.forget();
    const results = await super.sendAll([...deferred.splice(0), ...texts], deadlineMs);
    for (const [index, check] of checks.entries()) check?.(results[index] as Written);
    return results.slice(checks.length);
  }
}

/** Runs reads, or a single write, on one connection. Throws a DatabaseDown while the server is away. */
export function withSession<Result>(database: Database, work: (session: Session) => Promise<Result>): Promise<Result> {
  return withConnection(database, (connection) => work(new Session(connection)));
}

async function withConnection<Result>(
  database: Database,
  work: (connection: PoolConnection) => Promise<Result>,
): Promise<Result> {
  const connection = await database.take();
  try {
    const result = await work(connection);
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
 * time-out, TryAgain thrown by `work`); attempts count from 1. When the connection is cut on COMMIT nobody knows whether it was done: the
 * DatabaseDown says so, and the caller's next try must find out by its own keys.
 */
export async function inTransaction<Result>(
  database: Database,
  work: (transaction: Transaction, attempt: number) => Promise<Result>,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await withConnection(database, (connection) =>
        once(new Transaction(connection), (transaction) => work(transaction, attempt)),
      );
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      if (attempt >= conflictLimit)
        throw new DatabaseDown(`${attempt} attempts met other transactions: ${error.message}`, { cause: error });
    }
  }
}

async function once<Result>(
  transaction: Transaction,
  work: (transaction: Transaction) => Promise<Result>,
): Promise<Result> {
  try {
    await transaction.defer('START TRANSACTION');
    const result = await work(transaction);
    await transaction.query('COMMIT');
    return result;
  } catch (error) {
    transaction.forget();
    // A connection that is lost is not asked any more: the server rolls back what it left.
    if (!(error instanceof DatabaseDown)) await transaction.query('ROLLBACK'); // a DatabaseDown, when it is lost by now
    throw error;
  }
}

/** For `/health/ready`: throws a DatabaseDown while the database does not answer, or lacks what the newest migration brings. */
export async function pingDatabase(database: Database): Promise<void> {
  await withSession(database, (session) => session.query('SELECT 1 FROM replay_item FORCE INDEX (case_id) LIMIT 1'));
}
