import { randomUUID } from 'node:crypto';
import { type ReplayExclusion, type ReplayItemState, type ReplayJobState, replayItemStates } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { type AuditAction, noteDeed } from './audit-log.js';
import { type Database, inTransaction, type Session, type Transaction, type Value, withSession } from './database.js';
import { type CaseRow, type DeadLetterCase, readHeaders, readNumbers, readPage } from './dead-letter-list.js';
import { moveCases, shiftCases } from './dead-letter-store.js';
import { TryAgain } from './errors.js';
import {
  exclusionOf,
  filterOf,
  type HeldJob,
  heldJobOf,
  jobMovableTo,
  jobOf,
  type ReplayItem,
  type ReplayJob,
  type ReplayJobRow,
  type ReplayLetter,
  type ReplayRules,
  type ReplaySelection,
  replayableStates,
} from './replay-job.js';
import { datetime, deferRows, keyParts } from './statement.js';

/** What an operator wants replayed. */
export interface ReplayOrder {
  selection: ReplaySelection;
  /** Takes the place of the value of the one case that is selected. */
  value?: Buffer;
  /** Records a second, at most; 0: as fast as possible. */
  rate: number;
  isForced: boolean;
  /** At most 256 characters. */
  actor: string;
}

/** Why an edited value, which is kept from the beginning, is in no set: its case was not chosen. */
const notChosen = 'not chosen';

/** What an operator does to a job. */
export type JobDeed = 'start' | 'pause' | 'resume' | 'cancel';

/** Thrown to a runner whose job is not its own any more: another one took it over, or an operator has moved it on. */
export class JobLost extends Error {
  override readonly name = 'JobLost';
}

/** Cases that are looked at in one transaction of a dry run. */
const plannedAtOnce = 1_000;
/** So long a dry run looks for what is rare before it notes how far it is. */
const planLookMs = 1_000;
/** Values that are claimed together, in bytes: they are all in memory at once. */
const claimedBytes = 4_194_304;

/** Cases that are settled in one transaction. */
const settledAtOnce = 2_000;

const runnable: readonly ReplayJobState[] = ['planning', 'running', 'settling', 'cancelling'];

/**
 * Replay jobs: the operators' side (planned, moved, read) and that of the runner that holds one. Every method throws a
 * DatabaseDown while the server is away; those of a runner throw a JobLost when the job is not its own, and have done nothing then.
 *
 * Transactions hold cases, then summaries, then letters of the set, then the job: as the index does.
 */
export class ReplayStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Makes a job whose set is still to be frozen: cases that come from now on do not belong to it. */
  plan({ selection, value, rate, isForced, actor }: ReplayOrder): Promise<ReplayJob> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const [newest] = await transaction.query<{ id: string | null }[]>('SELECT MAX(id) AS id FROM dead_letter');
      const { insertId } = await transaction.query<{ insertId: number }>(
        `INSERT INTO replay_job (replay_id, state, selection, is_forced, is_edited, rate, plan_before, excluded, created_by,
           created_at, updated_at) VALUES (?)`,
        [
          [
            ...[randomUUID(), 'planning', JSON.stringify(selection), Number(isForced), Number(value !== undefined)],
            ...[rate, Number(newest?.id ?? 0) + 1, '{}', actor, now, now],
          ],
        ],
      );
      const job = Number(insertId);
      if (value !== undefined && 'numbers' in selection)
        await transaction.execute(
          'INSERT INTO replay_item (job_id, case_id, bytes, reason, value) VALUES (?, ?, ?, ?, ?)',
          [job, selection.numbers[0]!, value.length, notChosen, value],
        );
      await noteDeed(transaction, {
        ...{ now, actor, action: 'replay.plan', reason: null },
        subject: { job, ...selection, isForced, isEdited: value !== undefined },
      });
      return (await readJob(transaction, job))!;
    });
  }

  /** At most `limit` jobs below the number `before`, the newest first. */
  jobs({ before = Number.MAX_SAFE_INTEGER, limit }: { before?: number; limit: number }): Promise<ReplayJob[]> {
    return withSession(this.database, async (session) => {
      const sql = 'SELECT * FROM replay_job WHERE id < ? ORDER BY id DESC LIMIT ?';
      return (await session.query<ReplayJobRow[]>(sql, [before, limit])).map(jobOf);
    });
  }

  job(number: number): Promise<ReplayJob | null> {
    return withSession(this.database, (session) => readJob(session, number));
  }

  /** Those that were changed at this moment or later. */
  changedSince(moment: Date): Promise<ReplayJob[]> {
    return withSession(this.database, async (session) => {
      const sql = 'SELECT * FROM replay_job FORCE INDEX (updated_at) WHERE updated_at >= ?';
      return (await session.query<ReplayJobRow[]>(sql, [datetime(moment)])).map(jobOf);
    });
  }

  /** At most `limit` letters of a set above the number `after`, in their order: that of the replay. */
  items(
    job: number,
    { state, after = 0, limit }: { state?: ReplayItemState; after?: number; limit: number },
  ): Promise<ReplayItem[]> {
    return withSession(this.database, async (session) => {
      const rows = await session.query<{ case_id: string; state: ReplayItemState; reason: string | null }[]>(
        `SELECT * FROM (
           SELECT i.case_id, i.reason, ${itemState} AS state FROM replay_item AS i JOIN replay_job AS j ON j.id = i.job_id
           WHERE i.job_id = ? AND i.case_id > ? AND NOT i.reason <=> ?
         ) AS item WHERE state IN (?) ORDER BY case_id LIMIT ?`,
        [job, after, notChosen, state ? [state] : replayItemStates, limit],
      );
      return rows.map(({ case_id, ...row }) => ({ ...row, number: Number(case_id) }));
    });
  }

  /** At most `limit` jobs in whose set a case is, the newest first, and what became of it there. */
  jobsOf(number: number, limit: number): Promise<ReplayOfCase[]> {
    return withSession(this.database, async (session) => {
      const rows = await session.query<(ReplayJobRow & { item_state: ReplayItemState; item_reason: string | null })[]>(
        `SELECT j.*, i.reason AS item_reason, ${itemState} AS item_state
         FROM replay_item AS i FORCE INDEX (case_id) JOIN replay_job AS j ON j.id = i.job_id
         WHERE i.case_id = ? AND NOT i.reason <=> ? ORDER BY i.job_id DESC LIMIT ?`,
        [number, notChosen, limit],
      );
      return rows.map(({ item_state, item_reason, ...row }) => ({
        job: jobOf(row),
        item: { number, state: item_state, reason: item_reason },
      }));
    });
  }

  /**
   * What an operator orders, and who and why, in one transaction. False: the job is in no state for it, or is none; then
   * nothing is done. `rate` replaces that of the dry run.
   */
  move(
    job: number,
    deed: JobDeed,
    { actor, reason, rate }: { actor: string; reason: string | null; rate?: number },
  ): Promise<boolean> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const [row] = await transaction.query<ReplayJobRow[]>('SELECT * FROM replay_job WHERE id = ? FOR UPDATE', [job]);
      const to = row && targetOf(deed, row.state);
      if (!row || !to) return false;
      const starts = deed === 'start';
      await transaction.defer(
        `UPDATE replay_job SET state = ?, rate = ?, started_by = COALESCE(?, started_by), started_at = COALESCE(?, started_at),
           reason = COALESCE(?, reason), stop_reason = NULL, judged_from = ?, failed_before = ?, ended_at = ?, updated_at = ?
         WHERE id = ? AND state IN (?)`,
        [
          ...[to, rate ?? row.rate, starts ? actor : null, starts ? now : null, starts ? reason : null],
          ...(to === 'running' ? [row.published, row.failed] : [row.judged_from, row.failed_before]),
          ...[to === 'cancelled' ? now : null, now, job, jobMovableTo(to)],
        ],
      );
      const action: AuditAction = `replay.${deed}`;
      const set = { total: row.total, published: row.published, skipped: row.skipped };
      await noteDeed(transaction, {
        ...{ now, actor, action, reason },
        subject: { job, ...JSON.parse(row.selection), ...set, rate: rate ?? row.rate },
      });
      return true;
    });
  }

  /** Takes a job that has something to do and that nobody holds, for `leaseMs`. `holder`: 16 bytes. */
  take(holder: Buffer, leaseMs: number): Promise<HeldJob | null> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const [row] = await transaction.query<ReplayJobRow[]>(
        `SELECT * FROM replay_job WHERE (state IN (?) OR settled_to < noted_to) AND (held_until IS NULL OR held_until < ?)
         ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED`,
        [runnable, now],
      );
      if (!row) return null;
      await transaction.defer('UPDATE replay_job SET holder = ?, held_until = ? WHERE id = ?', [
        holder,
        datetime(this.clock() + leaseMs),
        row.id,
      ]);
      return heldJobOf(row);
    });
  }

  /** Prolongs a runner's hold, and answers the job as it is now. */
  async keep(job: number, holder: Buffer, leaseMs: number): Promise<HeldJob> {
    return withSession(this.database, async (session) => {
      const until = datetime(this.clock() + leaseMs);
      await session.query('UPDATE replay_job SET held_until = ? WHERE id = ? AND holder = ?', [until, job, holder]);
      const [row] = await session.query<ReplayJobRow[]>('SELECT * FROM replay_job WHERE id = ? AND holder = ?', [
        job,
        holder,
      ]);
      if (!row) throw new JobLost(`replay job ${job} has another runner`);
      return heldJobOf(row);
    });
  }

  /** Lets go of a job: whoever looks next may take it. */
  async leave(job: number, holder: Buffer): Promise<void> {
    const sql = 'UPDATE replay_job SET holder = NULL, held_until = NULL WHERE id = ? AND holder = ?';
    await withSession(this.database, (session) => session.query(sql, [job, holder]));
  }

  /** Freezes the next part of a job's set; false: it is whole, and the job planned. */
  planMore(job: number, holder: Buffer, rules: ReplayRules): Promise<boolean> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const row = await this.heldRow(transaction, job, holder, 'planning');
      const held = heldJobOf(row);
      const { cases, next } = await candidates(transaction, held, Number(row.plan_before));
      const excluded = { ...held.excluded };
      const fit = cases.filter((one) => {
        const why: ReplayExclusion | undefined = exclusionOf(one, rules, held);
        if (why) excluded[why] = (excluded[why] ?? 0) + 1;
        return !why;
      });
      // An edited one is there already.
      await deferRows(
        transaction,
        { into: 'replay_item (job_id, case_id, bytes)', onDuplicate: 'reason = NULL' },
        fit.map(({ number, valueBytes }) => [job, number, valueBytes ?? 0]),
      );
      await this.update(transaction, job, holder, ['planning'], {
        state: next === null ? 'planned' : 'planning',
        total: held.total + fit.length,
        plan_before: next,
        excluded: JSON.stringify(excluded),
        updated_at: now,
      });
      return next !== null;
    });
  }

  /**
   * The next letters of a running job, at most `limit`: their cases are being replayed from now on. Those that cannot be
   * replayed any more are skipped.
   */
  async claim(job: number, holder: Buffer, limit: number): Promise<Turn> {
    return inTransaction(this.database, async (transaction, attempt) => {
      const now = datetime(this.clock());
      const [held] = await transaction.query<ReplayJobRow[]>(
        "SELECT * FROM replay_job WHERE id = ? AND holder = ? AND state = 'running'",
        [job, holder],
      );
      if (!held) throw lost(job);
      const pending = await transaction.query<ItemRow[]>(
        `SELECT case_id, bytes FROM replay_item FORCE INDEX (PRIMARY)
         WHERE job_id = ? AND case_id > ? AND reason IS NULL ORDER BY case_id LIMIT ?`,
        [job, held.claimed_to, limit],
      );
      const numbers = fitting(pending).map(({ case_id }) => case_id);
      if (numbers.length === 0) return { job: heldJobOf(held), letters: [], isEnd: true };
      // Held only where somebody was in between: nearly always nobody is.
      const rows = await readLetters(transaction, job, numbers, attempt === 1 ? '' : 'FOR UPDATE');
      const from = replayableStates(held.is_forced === 1);
      const ours = rows.filter(({ state }) => from.includes(state));
      await shiftCases(transaction, ours, { from, to: 'replaying', now }, allOrAgain);
      const taken = new Set(ours.map(({ id }) => id));
      const others = numbers.filter((number) => !taken.has(number));
      for (const part of keyParts(others))
        await transaction.defer(
          `UPDATE replay_item AS i LEFT JOIN dead_letter AS d ON d.id = i.case_id
           SET i.reason = CONCAT('it was ', COALESCE(d.state, 'gone'), ' when its turn came')
           WHERE i.job_id = ? AND i.case_id IN (?)`,
          [job, part],
        );
      const { affectedRows } = await transaction.query(
        `UPDATE replay_job SET claimed_to = ?, skipped = skipped + ?, updated_at = ?
         WHERE id = ? AND holder = ? AND state = 'running'`,
        [numbers.at(-1)!, others.length, now, job, holder],
      );
      if (affectedRows === 0) throw lost(job);
      return { job: heldJobOf(held), letters: ours.map((row) => letterOf(row, row.replays + 1)), isEnd: false };
    });
  }

  /** What was claimed of a job and is not noted yet, by whichever runner, in its order. */
  async claimed(job: number): Promise<ReplayLetter[]> {
    return withSession(this.database, async (session) => {
      const items = await session.query<ItemRow[]>(
        `SELECT i.case_id, i.bytes FROM replay_item AS i JOIN replay_job AS j ON j.id = i.job_id
         WHERE i.job_id = ? AND i.case_id > j.noted_to AND i.case_id <= j.claimed_to AND i.reason IS NULL ORDER BY i.case_id`,
        [job],
      );
      const numbers = items.map(({ case_id }) => case_id);
      // One that has failed again before it was noted counts this replay already.
      return (await readLetters(session, job, numbers)).map((row) =>
        letterOf(row, row.state === 'replaying' ? row.replays + 1 : row.replays),
      );
    });
  }

  /**
   * Notes that Kafka has acknowledged these, and that it refuses those, which become what they were: all that was claimed
   * before and is not noted yet. Also of a job that is paused or cancelled meanwhile: what is published is published. What
   * was published says so itself once it is settled.
   */
  published(
    job: number,
    holder: Buffer,
    { published, refused }: { published: readonly number[]; refused: readonly Refused[] },
  ): Promise<void> {
    const numbers = [...published, ...refused.map(({ number }) => number)];
    if (numbers.length === 0) return Promise.resolve();
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const back = refused.map(({ number }) => number);
      if (back.length > 0) await moveCases(transaction, back, { from: ['replaying'], to: 'open', now });
      for (const { number, reason } of refused)
        await transaction.defer('UPDATE replay_item SET reason = ? WHERE job_id = ? AND case_id = ?', [
          reason.slice(0, 300),
          job,
          number,
        ]);
      const [first, last] = [Math.min(...numbers), Math.max(...numbers)];
      const { affectedRows } = await transaction.query(
        `UPDATE replay_job SET noted_to = ?, published = published + ?, skipped = skipped + ?, updated_at = ?
         WHERE id = ? AND holder = ? AND state IN (?) AND noted_to < ? AND claimed_to >= ?`,
        [
          ...[last, published.length, refused.length, now],
          ...[job, holder, ['running', 'paused', 'cancelling'], first, last],
        ],
      );
      if (affectedRows === 0) throw lost(job);
    });
  }

  /**
   * Lets cases that are published say so, unless they have failed again by now: at most some thousands; false: none is left.
   * Apart from noting that they are, for it takes the database longer than all the rest of a replay.
   */
  settle(job: number, holder: Buffer): Promise<boolean> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const [held] = await transaction.query<Pick<ReplayJobRow, 'settled_to' | 'noted_to'>[]>(
        'SELECT settled_to, noted_to FROM replay_job WHERE id = ? AND holder = ?',
        [job, holder],
      );
      if (!held) throw lost(job);
      const items = await transaction.query<ItemRow[]>(
        `SELECT case_id FROM replay_item WHERE job_id = ? AND case_id > ? AND case_id <= ? AND reason IS NULL
         ORDER BY case_id LIMIT ?`,
        [job, held.settled_to, held.noted_to, settledAtOnce],
      );
      const numbers = items.map(({ case_id }) => Number(case_id));
      const isMore = numbers.length === settledAtOnce;
      await moveCases(transaction, numbers, { from: ['replaying'], to: 'replayed', now });
      const { affectedRows } = await transaction.query(
        'UPDATE replay_job SET settled_to = ?, updated_at = ? WHERE id = ? AND holder = ?',
        [isMore ? numbers.at(-1)! : held.noted_to, now, job, holder],
      );
      if (affectedRows === 0) throw lost(job);
      return isMore;
    });
  }

  /** Moves a held job on by itself. */
  end(job: number, holder: Buffer, to: 'settling' | 'done' | 'cancelled'): Promise<void> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const isEnd = to !== 'settling';
      await this.update(transaction, job, holder, jobMovableTo(to), {
        ...{ state: to, updated_at: now },
        ...(isEnd && { ended_at: now }),
      });
    });
  }

  /** Stops a running job by itself, with a reason of at most 300 characters, on record. */
  stop(job: number, holder: Buffer, reason: string): Promise<void> {
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      await this.update(transaction, job, holder, ['running'], {
        state: 'stopped',
        stop_reason: reason,
        updated_at: now,
      });
      await noteDeed(transaction, { now, actor: 'allim', action: 'replay.stop', reason, subject: { job } });
    });
  }

  private async heldRow(
    transaction: Transaction,
    job: number,
    holder: Buffer,
    state: ReplayJobState,
  ): Promise<ReplayJobRow> {
    const [row] = await transaction.query<ReplayJobRow[]>(
      'SELECT * FROM replay_job WHERE id = ? AND holder = ? AND state = ? FOR UPDATE',
      [job, holder, state],
    );
    if (!row) throw new JobLost(`replay job ${job} is not ${state} here`);
    return row;
  }

  /** Not deferred: that the job is ours is known before the COMMIT, or nothing of the transaction is done. */
  private async update(
    transaction: Transaction,
    job: number,
    holder: Buffer,
    from: readonly ReplayJobState[],
    set: Record<string, Value>,
  ): Promise<void> {
    const columns = Object.keys(set).map((column) => `${column} = ?`);
    const { affectedRows } = await transaction.query(
      `UPDATE replay_job SET ${columns.join(', ')} WHERE id = ? AND holder = ? AND state IN (?)`,
      [...Object.values(set), job, holder, from],
    );
    if (affectedRows === 0) throw lost(job);
  }
}

const lost = (job: number) => new JobLost(`replay job ${job} is not ours any more`);

/** Of an item `i` and its job `j`: told by how far the job is. */
const itemState = `CASE WHEN i.reason IS NOT NULL THEN 'skipped' WHEN i.case_id <= j.noted_to THEN 'published'
  WHEN i.case_id <= j.claimed_to THEN 'claimed' ELSE 'pending' END`;

/** A job in whose set a case is. */
export interface ReplayOfCase {
  job: ReplayJob;
  item: ReplayItem;
}

/** Letters whose turn has come, and the job as it was before. */
interface Turn {
  job: HeldJob;
  letters: ReplayLetter[];
  /** None was left to have its turn. */
  isEnd: boolean;
}

/** A case whose letter Kafka refuses, and why. */
interface Refused {
  number: number;
  reason: string;
}

function allOrAgain(moved: number, rows: number): void {
  if (moved !== rows) throw new TryAgain('somebody has moved some of them meanwhile');
}

/** What an order makes of a job in this state; undefined: it cannot be given. */
function targetOf(deed: JobDeed, state: ReplayJobState): ReplayJobState | undefined {
  switch (deed) {
    case 'start':
      return state === 'planned' ? 'running' : undefined;
    case 'pause':
      return state === 'running' ? 'paused' : undefined;
    case 'resume':
      return state === 'paused' || state === 'stopped' ? 'running' : undefined;
    case 'cancel':
      if (state === 'planning' || state === 'planned') return 'cancelled';
      return jobMovableTo('cancelling').includes(state) ? 'cancelling' : undefined;
  }
}

async function readJob(session: Session, number: number): Promise<ReplayJob | null> {
  const [row] = await session.query<ReplayJobRow[]>('SELECT * FROM replay_job WHERE id = ?', [number]);
  return row ? jobOf(row) : null;
}

/** The next cases that were asked for, below `before`. */
async function candidates(
  session: Session,
  { selection, isForced }: HeldJob,
  before: number,
): Promise<{ cases: DeadLetterCase[]; next: number | null }> {
  if ('numbers' in selection) return { cases: await readNumbers(session, selection.numbers), next: null };
  return readPage(session, filterOf(selection, isForced), { before, limit: plannedAtOnce, lookMs: planLookMs });
}

interface ItemRow {
  case_id: string;
  bytes: number;
}

/** As many of the first as are claimed together; one at least. */
function fitting(rows: readonly ItemRow[]): readonly ItemRow[] {
  let bytes = 0;
  const end = rows.findIndex((row, index) => {
    bytes += row.bytes;
    return index > 0 && bytes > claimedBytes;
  });
  return end < 0 ? rows : rows.slice(0, end);
}

/** In the order of their numbers. */
async function readLetters(
  session: Session,
  job: number,
  ids: readonly string[],
  lock: 'FOR UPDATE' | '' = '',
): Promise<LetterRow[]> {
  const rows: LetterRow[] = [];
  for (const part of keyParts(ids))
    rows.push(
      ...(await session.query<LetterRow[]>(
        `SELECT STRAIGHT_JOIN d.id, d.topic, d.pattern_key, d.topic_partition, d.record_offset, d.record_timestamp,
           d.consumer_group, d.first_failed_at, d.state, d.replays, p.record_key, COALESCE(i.value, p.value) AS value, p.headers
         FROM dead_letter AS d FORCE INDEX (PRIMARY) JOIN dead_letter_payload AS p ON p.id = d.id
         JOIN replay_item AS i ON i.job_id = ? AND i.case_id = d.id WHERE d.id IN (?) ORDER BY d.id ${lock}`,
        [job, part],
      )),
    );
  return rows;
}

interface LetterRow
  extends Pick<
    CaseRow,
    | 'id'
    | 'topic'
    | 'pattern_key'
    | 'topic_partition'
    | 'record_offset'
    | 'record_timestamp'
    | 'consumer_group'
    | 'first_failed_at'
    | 'state'
    | 'replays'
  > {
  record_key: Buffer | null;
  value: Buffer | null;
  headers: string;
}

/** @param replays this one included */
function letterOf(row: LetterRow, replays: number): ReplayLetter {
  return {
    number: Number(row.id),
    original: {
      topic: row.topic.toString(),
      partition: row.topic_partition!,
      offset: row.record_offset!,
      timestamp: row.record_timestamp,
      group: row.consumer_group!.toString(),
    },
    key: row.record_key,
    value: row.value,
    headers: readHeaders(row.headers),
    replays,
    firstFailedAt: row.first_failed_at,
  };
}
