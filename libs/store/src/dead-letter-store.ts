import { type DeadLetterState } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { noteDeed } from './audit-log.js';
import { type Database, inTransaction, type Transaction, type Value, withSession } from './database.js';
import {
  type Case,
  caseOf,
  type IndexCounts,
  type IndexedLetter,
  inOrder,
  type KnownCase,
  type Payload,
  type Place,
  type Taken,
  take,
} from './dead-letter-case.js';
import {
  type CaseRow,
  type DeadLetter,
  type DeadLetterCase,
  type DeadLetterFilter,
  type DeadLetterGroup,
  type DeadLetterPage,
  type DeadLetterTopic,
  factsOf,
  type PageQuery,
  type PlaceRow,
  placeOf,
  readGroups,
  readOne,
  readPage,
  readTopics,
  writtenHeaders,
} from './dead-letter-list.js';
import { type Counted, countMoves, countShifts } from './dead-letter-summary.js';
import { TryAgain } from './errors.js';
import { datetime, deferRows, keyParts, selectByKeys } from './statement.js';

interface HeldRow extends CaseRow {
  identity: Buffer;
  discarded_at: Date | null;
  replay_id: string | null;
  key_hash: Buffer | null;
}

/** Those in which a letter is at rest and may be given up. */
export const discardable: readonly DeadLetterState[] = ['open', 'parked'];

/** A case whose row this transaction holds. */
interface HeldCase extends KnownCase {
  id: string;
}

/** What an operator does to cases, for the audit log. */
export interface Deed {
  /** At most 256 characters, the reason 500. */
  actor: string;
  reason: string;
}

/**
 * The operators' index of dead letters, by case, with what operators do about them. Every method throws a DatabaseDown while
 * the server is away.
 *
 * Rows of cases are held in the order of their numbers; then new ones are entered, in that of their records; then the
 * summaries are written, in that of their keys; then replay jobs: writers wait for each other in turn, not crosswise.
 */
export class DeadLetterStore {
  private readonly replayMax: number;

  /** `replayMax`: replays after which a case that fails again is parked; default 5. */
  constructor(
    private readonly database: Database,
    { replayMax = 5 }: { replayMax?: number } = {},
    private readonly clock: Clock = systemClock,
  ) {
    this.replayMax = replayMax;
  }

  /**
   * Takes letters into the index, all in one transaction; each partition's in their order. Letters that were taken before,
   * by whomever, change nothing: after a DatabaseDown, which leaves open whether it was done, index the same again.
   */
  async index(letters: readonly IndexedLetter[]): Promise<IndexCounts> {
    if (letters.length === 0) return { fresh: 0, again: 0, known: 0 };
    const now = new Date(this.clock());
    const cases = letters.map((letter) => caseOf(letter, now, this.replayMax));
    const byIdentity = Map.groupBy(cases, ({ identity }) => keyOf(identity));
    return inTransaction(this.database, (transaction) => this.indexAll(transaction, byIdentity, datetime(now)));
  }

  /** At most `limit` cases below the number `before`, the newest first. What is rare among a million may take seconds: see `page`. */
  async list(filter: DeadLetterFilter, query: Omit<PageQuery, 'lookMs'>): Promise<DeadLetterCase[]> {
    const { before, limit } = query;
    const found: DeadLetterCase[] = [];
    for (let from = before; ; ) {
      const { cases, next } = await this.page(filter, { before: from, limit: limit - found.length });
      found.push(...cases);
      if (next === null || found.length === limit) return found;
      from = next;
    }
  }

  /** The same, but comes at once, with what has been found by then, and says where to go on from. */
  page(filter: DeadLetterFilter, query: PageQuery): Promise<DeadLetterPage> {
    return withSession(this.database, (session) => readPage(session, filter, query));
  }

  /** At most `limit` groups that have cases in this state (default: open), those with the most of them first. */
  groups(query: { state?: DeadLetterState; topic?: string; limit: number }): Promise<DeadLetterGroup[]> {
    return withSession(this.database, (session) => readGroups(session, query));
  }

  /** All topics that ever had a case, by name. */
  topics(): Promise<DeadLetterTopic[]> {
    return withSession(this.database, readTopics);
  }

  /** One case with everything; of its value at most `valueLimit` bytes (default: all). */
  find(number: number, { valueLimit = 0x7fff_ffff }: { valueLimit?: number } = {}): Promise<DeadLetter | null> {
    return withSession(this.database, (session) => readOne(session, number, valueLimit));
  }

  /** Gives up those of these cases that are open or parked, and answers their numbers. All in one transaction: some thousands at most. */
  discard(numbers: readonly number[], { actor, reason }: Deed): Promise<number[]> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const cases = await moveCases(transaction, numbers, { from: discardable, to: 'discarded', now });
      if (cases.length > 0) {
        await noteDeed(transaction, { now, actor, action: 'discard', reason, subject: { cases } });
      }
      return cases;
    });
  }

  private async indexAll(transaction: Transaction, letters: Map<string, Case[]>, now: string): Promise<IndexCounts> {
    const held = await holdKnown(transaction, [...letters.keys()]);
    const counts: IndexCounts = { fresh: 0, again: 0, known: 0 };
    const fresh: Taken[] = [];
    const again: (Taken & { id: string })[] = [];
    const moves: { from?: Counted; to: Counted }[] = [];
    const failedReplays = new Map<string, number>();
    for (const [key, some] of letters) {
      const known = held.get(key);
      const taken = take(known, some, this.replayMax);
      for (const name of ['fresh', 'again', 'known'] as const) counts[name] += taken.counts[name];
      for (const id of taken.failedReplays) failedReplays.set(id, (failedReplays.get(id) ?? 0) + 1);
      if (taken.case === known?.case && taken.elsewhere.length === 0) continue;
      if (known) again.push({ ...taken, id: known.id });
      else fresh.push(taken);
      moves.push({ from: known?.case, to: taken.case });
    }
    await updateCases(transaction, again, now);
    fresh.sort((a, b) => inOrder(a.case, b.case));
    const entered = await insertCases(transaction, fresh, now);
    await writePayloads(transaction, [...again, ...entered]);
    await notePlaces(transaction, [...again, ...entered]);
    await countMoves(transaction, moves);
    await countFailedReplays(transaction, failedReplays, now);
    return counts;
  }
}

/** Jobs in the order of their ids, as every transaction holds them. */
async function countFailedReplays(transaction: Transaction, byId: Map<string, number>, now: string): Promise<void> {
  for (const id of [...byId.keys()].sort())
    await transaction.defer('UPDATE replay_job SET failed = failed + ?, updated_at = ? WHERE replay_id = ?', [
      byId.get(id)!,
      now,
      id,
    ]);
}

/**
 * Moves those of the cases that are in one of the states `from`, with their summaries; answers their numbers. What is
 * replayed has been replayed once more.
 *
 * @param now as the columns have it
 */
export async function moveCases(
  transaction: Transaction,
  numbers: readonly number[],
  { from, to, now }: { from: readonly DeadLetterState[]; to: DeadLetterState; now: string },
): Promise<number[]> {
  const ids = [...new Set(numbers)].sort((a, b) => a - b);
  const rows: MovedRow[] = [];
  for (const part of keyParts(ids)) {
    const sql = `SELECT id, topic, pattern_key, state FROM dead_letter FORCE INDEX (PRIMARY)
      WHERE id IN (?) AND state IN (?) FOR UPDATE`;
    rows.push(...(await transaction.query<MovedRow[]>(sql, [part, from])));
  }
  await shiftCases(transaction, rows, { from, to, now });
  return rows.map(({ id }) => Number(id));
}

/** A case that a transaction moves: what is counted of it, and where from. */
export type MovedRow = Pick<CaseRow, 'id' | 'topic' | 'pattern_key' | 'state'>;

/**
 * Moves cases that the transaction holds, each in one of the states `from`, with their summaries.
 *
 * @param check told how many of a part were moved, and how many it had
 */
export async function shiftCases(
  transaction: Transaction,
  rows: readonly MovedRow[],
  { from, to, now }: { from: readonly DeadLetterState[]; to: DeadLetterState; now: string },
  check?: (moved: number, rows: number) => void,
): Promise<void> {
  for (const part of keyParts(rows.map(({ id }) => id)))
    await transaction.defer(
      `UPDATE dead_letter FORCE INDEX (PRIMARY)
       SET state = ?, replays = replays + ?, discarded_at = ?, updated_at = ? WHERE state IN (?) AND id IN (?)`,
      [to, to === 'replayed' ? 1 : 0, to === 'discarded' ? now : null, now, from, part],
      ({ affectedRows }) => check?.(affectedRows, part.length),
    );
  const shifts = rows.map(({ topic, pattern_key, state }) => ({ topic, group: pattern_key, from: state }));
  await countShifts(transaction, shifts, to);
}

/** What is known of the cases with these identities (as latin1), by identity, held until the commit. */
async function holdKnown(transaction: Transaction, identities: readonly string[]): Promise<Map<string, HeldCase>> {
  const keys = identities.map((identity) => Buffer.from(identity, 'latin1'));
  const known = await selectByKeys<{ id: string }>(
    transaction,
    'SELECT id FROM dead_letter FORCE INDEX (identity) WHERE identity IN',
    keys,
  );
  const held = new Map<string, HeldCase>();
  for (const part of keyParts(known.map(({ id }) => id).sort((a, b) => Number(a) - Number(b)))) {
    const [rows, places] = (await transaction.all([
      ['SELECT * FROM dead_letter FORCE INDEX (PRIMARY) WHERE id IN (?) FOR UPDATE', [part]],
      ['SELECT * FROM dead_letter_place FORCE INDEX (PRIMARY) WHERE id IN (?)', [part]],
    ])) as [HeldRow[], (PlaceRow & { id: string })[]];
    const elsewhere = Map.groupBy(places, ({ id }) => id);
    for (const row of rows)
      held.set(keyOf(row.identity), {
        id: row.id,
        case: caseOfRow(row),
        elsewhere: (elsewhere.get(row.id) ?? []).map(placeOf),
      });
  }
  return held;
}

function caseOfRow(row: HeldRow): Case {
  return {
    ...factsOf(row),
    identity: row.identity,
    discardedAt: row.discarded_at,
    replayId: row.replay_id,
    keyHash: row.key_hash,
    payload: null,
  };
}

/** What a further letter may change. */
const changing = {
  record_timestamp: (one: Case) => one.recordTimestamp && datetime(one.recordTimestamp),
  letter_topic: (one: Case) => one.letter.topic,
  letter_partition: (one: Case) => one.letter.partition,
  letter_offset: (one: Case) => one.letter.offset,
  error_class: (one: Case) => one.errorClass,
  error_type: (one: Case) => one.errorType,
  message: (one: Case) => one.message,
  pattern: (one: Case) => one.pattern,
  pattern_key: (one: Case) => Buffer.from(one.group, 'hex'),
  attempts: (one: Case) => one.attempts,
  failures: (one: Case) => one.failures,
  replays: (one: Case) => one.replays,
  state: (one: Case) => one.state,
  first_failed_at: (one: Case) => datetime(one.firstFailedAt),
  failed_at: (one: Case) => datetime(one.failedAt),
  discarded_at: (one: Case) => one.discardedAt && datetime(one.discardedAt),
  replay_id: (one: Case) => one.replayId,
  key_hash: (one: Case) => one.keyHash,
  value_bytes: (one: Case) => one.valueBytes,
  preview: (one: Case) => one.preview,
} satisfies Record<string, (one: Case) => Value>;

const lasting = {
  identity: (one: Case) => one.identity,
  consumer_group: (one: Case) => one.consumerGroup,
  topic: (one: Case) => one.topic,
  topic_partition: (one: Case) => one.partition,
  record_offset: (one: Case) => one.offset,
} satisfies Record<string, (one: Case) => Value>;

const columns = { ...lasting, ...changing };
const columnNames = [...Object.keys(columns), 'updated_at'].join(', ');
const rowOf = (one: Case, now: string): Value[] => [...Object.values(columns).map((read) => read(one)), now];

/**
 * New cases, in this order, and their numbers. Fewer rows than asked for: another transaction has entered one since our
 * look-up. Numbers are read back by key: how they follow each other is the server's setting.
 */
async function insertCases(
  transaction: Transaction,
  taken: readonly Taken[],
  now: string,
): Promise<(Taken & { id: string })[]> {
  await deferRows(
    transaction,
    { into: `dead_letter (${columnNames})`, onDuplicate: 'identity = identity' },
    taken.map((one) => rowOf(one.case, now)),
    (entered, asked) => {
      if (entered !== asked) throw new TryAgain('a case stands in the index already');
    },
  );
  const rows = await selectByKeys<{ id: string; identity: Buffer }>(
    transaction,
    'SELECT id, identity FROM dead_letter FORCE INDEX (identity) WHERE identity IN',
    taken.map((one) => one.case.identity),
  );
  const ids = new Map(rows.map(({ id, identity }) => [keyOf(identity), id]));
  return taken.map((one) => ({ ...one, id: ids.get(keyOf(one.case.identity))! }));
}

/** As inserts that meet the row that is there: many rows with values of their own in one statement. */
async function updateCases(
  transaction: Transaction,
  taken: readonly (Taken & { id: string })[],
  now: string,
): Promise<void> {
  await deferRows(
    transaction,
    {
      into: `dead_letter (id, ${columnNames})`,
      onDuplicate: [...Object.keys(changing), 'updated_at'].map((name) => `${name} = VALUES(${name})`).join(', '),
    },
    taken.map((one) => [one.id, ...rowOf(one.case, now)]),
  );
}

/** From so many bytes on a payload goes alone, and as it is: as text it would be twice as long, more than a packet takes. */
const largeBytes = 65_536;

const payloadColumns = ['id', 'record_key', 'value', 'headers', 'stack'] as const;

async function writePayloads(transaction: Transaction, taken: readonly (Taken & { id: string })[]): Promise<void> {
  const insert = {
    into: `dead_letter_payload (${payloadColumns.join(', ')})`,
    onDuplicate: payloadColumns.map((name) => `${name} = VALUES(${name})`).join(', '),
  };
  const small: Value[][] = [];
  const rows = taken.flatMap(({ id, case: { payload } }) => (payload ? [payloadRow(id, payload)] : []));
  for (const row of rows) {
    if (row.reduce<number>((sum, value) => sum + (Buffer.isBuffer(value) ? value.length : 0), 0) < largeBytes)
      small.push(row);
    else
      await transaction.execute(
        `INSERT INTO ${insert.into} VALUES (?, ?, ?, ?, ?) ON DUPLICATE KEY UPDATE ${insert.onDuplicate}`,
        row,
      );
  }
  await deferRows(transaction, insert, small);
}

function payloadRow(id: string, { key, value, headers, stack }: Payload): Value[] {
  return [id, key, value, writtenHeaders(headers), stack];
}

async function notePlaces(transaction: Transaction, taken: readonly (Taken & { id: string })[]): Promise<void> {
  await deferRows(
    transaction,
    {
      into: 'dead_letter_place (id, letter_topic, letter_partition, letter_offset)',
      onDuplicate: 'letter_offset = VALUES(letter_offset)',
    },
    taken.flatMap(({ id, elsewhere }) =>
      elsewhere.map(({ topic, partition, offset }: Place) => [id, topic, partition, offset]),
    ),
  );
}

const keyOf = (identity: Buffer): string => identity.toString('latin1');
