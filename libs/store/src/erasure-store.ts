import { type Clock, systemClock } from '@allim/platform';
import { noteDeed } from './audit-log.js';
import { type Database, inTransaction, type Session, type Transaction, withSession } from './database.js';
import { keyHash } from './dead-letter-case.js';
import { discardable, type MovedRow, shiftCases } from './dead-letter-store.js';
import { datetime, keysAtOnce } from './statement.js';

/** How many rows were removed, by what they are. */
export interface Removed {
  contacts: number;
  devices: number;
  preferences: number;
  subscriptions: number;
  deliveries: number;
  attempts: number;
  reports: number;
  notifications: number;
  inboxes: number;
  /** Dead letters whose record had the person as its key: what they held. They are given up. */
  deadLetters: number;
  /** Entries of the ledger that no longer say whose they are. */
  ledgerEntries: number;
}

export interface Erasure {
  removed: Removed;
  /** Null: done. Else where the ledger's entries are to be looked through from (32 hex digits). */
  next: string | null;
}

/** Rows of one transaction: a person may have a hundred thousand, and others write to the same tables meanwhile. */
const rowsAtOnce = 1_000;

/** Entries of the ledger that one look goes through. */
const entriesAtOnce = 20_000;

const theFirst = '00'.repeat(16);
const theLast = Buffer.alloc(16, 0xff);

/**
 * Forgets people (decision 0020). What is removed is all that is about them; of the ledger's entries only the identity is
 * left, by which a replay is still recognised. Every method throws a DatabaseDown while the server is away.
 */
export class ErasureStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Idempotent; whatever ends it half-way, the next call goes on. Everything but the ledger is removed in one call. The
   * ledger knows no index of users and is looked through from `from` on, until it ends or `budgetMs` are over.
   *
   * @param from what an earlier call answered as `next`; default: the beginning
   */
  async erase(userId: string, options: { from?: string; budgetMs: number }): Promise<Erasure> {
    const until = performance.now() + options.budgetMs;
    // First what deliveries are planned by, so that no new ones are.
    const removed: Removed = {
      contacts: await this.remove('contact', userId),
      devices: await this.remove('device', userId),
      preferences: await this.remove('preference', userId),
      subscriptions: await this.remove('subscription', userId),
      ...(await this.removeInbox(userId)),
      deadLetters: await this.emptyLetters(userId),
      ledgerEntries: 0,
    };
    let next: string | null = options.from ?? theFirst;
    do {
      const looked: Look = await this.blankEntries(userId, next);
      removed.ledgerEntries += looked.blanked;
      next = looked.next;
    } while (next !== null && performance.now() < until);
    return { removed, next };
  }

  /** Rows of a table that says whose they are, in transactions of their own. */
  private async remove(table: string, userId: string): Promise<number> {
    for (let removed = 0; ; ) {
      const { affectedRows } = await inTransaction(this.database, (transaction) =>
        transaction.query(`DELETE FROM ${table} WHERE user_id = ? LIMIT ?`, [userId, rowsAtOnce]),
      );
      removed += affectedRows;
      if (affectedRows < rowsAtOnce) return removed;
    }
  }

  private async removeInbox(userId: string): Promise<InboxRows> {
    const removed: InboxRows = { deliveries: 0, attempts: 0, reports: 0, notifications: 0, inboxes: 0 };
    for (let isDone = false; !isDone; ) {
      const part = await inTransaction(this.database, (transaction) => removeInboxPart(transaction, userId));
      for (const name of Object.keys(removed) as (keyof InboxRows)[]) removed[name] += part[name];
      isDone = part.deliveries < keysAtOnce && part.notifications < rowsAtOnce;
    }
    return removed;
  }

  private async emptyLetters(userId: string): Promise<number> {
    for (let emptied = 0; ; ) {
      const part = await inTransaction(this.database, (transaction) =>
        emptyLettersPart(transaction, userId, datetime(this.clock())),
      );
      emptied += part.emptied;
      if (part.found < keysAtOnce) return emptied;
    }
  }

  /** One look at the ledger, behind the identity `from`. Without locks: only the entries found are held, and by their keys. */
  private async blankEntries(userId: string, from: string): Promise<Look> {
    const { mine, last } = await withSession(this.database, (session) => look(session, userId, from));
    let blanked = 0;
    for (let done = 0; done < mine.length; done += keysAtOnce) {
      const keys = mine.slice(done, done + keysAtOnce);
      const { affectedRows } = await inTransaction(this.database, (transaction) =>
        // Nor of which record they are: that leads to what Kafka still has of this person.
        transaction.query(
          `UPDATE ledger FORCE INDEX (PRIMARY) SET user_id = '', topic = '', topic_partition = 0, record_offset = 0
           WHERE identity IN (?)`,
          [keys],
        ),
      );
      blanked += affectedRows;
    }
    return { blanked, next: last?.toString('hex') ?? null };
  }
}

type InboxRows = Pick<Removed, 'deliveries' | 'attempts' | 'reports' | 'notifications' | 'inboxes'>;

/**
 * Some of what is numbered by an inbox, and the inbox itself once nothing is left of that: a new one begins at 1, and
 * would meet the rows that have that number. While it is held the Intake adds none; one that begins meanwhile is not
 * ours, so only what was held is removed.
 */
async function removeInboxPart(transaction: Transaction, userId: string): Promise<InboxRows> {
  const held = await transaction.query<object[]>('SELECT last_id FROM inbox WHERE user_id = ? FOR UPDATE', [userId]);
  const found = await transaction.query<{ id: Buffer }[]>('SELECT id FROM delivery WHERE user_id = ? LIMIT ?', [
    userId,
    keysAtOnce,
  ]);
  const deliveries = await removeDeliveries(
    transaction,
    found.map(({ id }) => id),
  );
  const { affectedRows: notifications } = await transaction.query(
    'DELETE FROM notification WHERE user_id = ? LIMIT ?',
    [userId, rowsAtOnce],
  );
  const isLast = held.length > 0 && found.length < keysAtOnce && notifications < rowsAtOnce;
  const inboxes = isLast ? (await transaction.query('DELETE FROM inbox WHERE user_id = ?', [userId])).affectedRows : 0;
  return { ...deliveries, notifications, inboxes };
}

/** A worker that is just sending one of them finds nothing to note its outcome in, and leaves it at that. */
async function removeDeliveries(transaction: Transaction, ids: Buffer[]) {
  if (ids.length === 0) return { deliveries: 0, attempts: 0, reports: 0 };
  // Held first, in the order in which workers hold theirs.
  await transaction.query('SELECT id FROM delivery FORCE INDEX (PRIMARY) WHERE id IN (?) ORDER BY id FOR UPDATE', [
    ids.toSorted(Buffer.compare),
  ]);
  await removeByIds(transaction, 'delivery_replay', 'PRIMARY', 'delivery_id', ids);
  return {
    attempts: await removeByIds(transaction, 'delivery_attempt', 'PRIMARY', 'delivery_id', ids),
    reports: await removeByIds(transaction, 'delivery_report', 'delivery', 'delivery_id', ids),
    deliveries: await removeByIds(transaction, 'delivery', 'PRIMARY', 'id', ids),
  };
}

/**
 * Key, value, headers and stack of some letters, and the edited values that replays have of them. Those that are at rest are given up, on
 * record: nothing is left that could be replayed. One that is just being replayed is left for the next call.
 */
async function emptyLettersPart(
  transaction: Transaction,
  userId: string,
  now: string,
): Promise<{ found: number; emptied: number }> {
  const found = await transaction.query<{ id: string }[]>(
    "SELECT id FROM dead_letter FORCE INDEX (record_key) WHERE key_hash = ? AND state <> 'replaying' ORDER BY id LIMIT ?",
    [keyHash(userId), keysAtOnce],
  );
  if (found.length === 0) return { found: 0, emptied: 0 };
  // Held by their keys, as everybody does: the turn of some may have come since.
  const held = await transaction.query<MovedRow[]>(
    `SELECT id, topic, pattern_key, state FROM dead_letter FORCE INDEX (PRIMARY)
     WHERE id IN (?) AND state <> 'replaying' ORDER BY id FOR UPDATE`,
    [found.map(({ id }) => id)],
  );
  const ids = held.map(({ id }) => id);
  if (ids.length === 0) return { found: found.length, emptied: 0 };
  const left = held.filter(({ state }) => discardable.includes(state));
  await shiftCases(transaction, left, { from: discardable, to: 'discarded', now });
  if (left.length > 0)
    await noteDeed(transaction, {
      ...{ now, actor: 'allim', action: 'discard', reason: 'the person was erased' },
      subject: { cases: left.map(({ id }) => Number(id)) },
    });
  await transaction.defer(
    'UPDATE dead_letter FORCE INDEX (PRIMARY) SET key_hash = NULL, preview = NULL WHERE id IN (?)',
    [ids],
  );
  await transaction.defer(
    "UPDATE dead_letter_payload SET record_key = NULL, value = NULL, headers = '{}', stack = '' WHERE id IN (?)",
    [ids],
  );
  await transaction.defer('UPDATE replay_item FORCE INDEX (case_id) SET value = NULL WHERE case_id IN (?)', [ids]);
  return { found: found.length, emptied: ids.length };
}

interface Look {
  blanked: number;
  next: string | null;
}

/** This person's among the next entries, and the last of those looked at; none: the ledger ends there. */
async function look(session: Session, userId: string, from: string): Promise<{ mine: Buffer[]; last?: Buffer }> {
  const after = Buffer.from(from, 'hex');
  const [last] = await session.query<{ identity: Buffer }[]>(
    'SELECT identity FROM ledger FORCE INDEX (PRIMARY) WHERE identity > ? ORDER BY identity LIMIT 1 OFFSET ?',
    [after, entriesAtOnce - 1],
  );
  const mine = await session.query<{ identity: Buffer }[]>(
    `SELECT identity FROM ledger FORCE INDEX (PRIMARY)
     WHERE identity > ? AND identity <= ? AND user_id = ?`,
    [after, last?.identity ?? theLast, userId],
  );
  return { mine: mine.map(({ identity }) => identity), last: last?.identity };
}

/** DELETE with an index that is named: the planner would at times walk another one, and wait for rows in other hands. */
async function removeByIds(transaction: Transaction, table: string, index: string, column: string, ids: Buffer[]) {
  const sql = `DELETE t FROM ${table} AS t FORCE INDEX (${index}) WHERE t.${column} IN (?)`;
  return (await transaction.query(sql, [ids])).affectedRows;
}
