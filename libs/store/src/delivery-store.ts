import {
  type Channel,
  channelNames,
  type Lane,
  lanesOf,
  movableTo,
  type NotificationType,
  type Priority,
  priorities,
} from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { type Database, inTransaction, type Session, type Transaction, type Value, withSession } from './database.js';
import { afterAmbiguity, type Concluded, type Conclusion, conclude, fit } from './delivery-conclusion.js';
import { uuidBytes, uuidText } from './delivery-id.js';
import { type DeliveryReplay, type Requeue, type Requeued, readReplay, requeueAll } from './delivery-replay.js';
import { type DeliveryTimeline, readTimeline, type TimelineQuery } from './delivery-timeline.js';
import { tokenHash } from './device-store.js';
import { DatabaseDown } from './errors.js';
import { Gathering } from './gathering.js';
import { LaneWindow } from './lane-window.js';
import { datetime, deferRows, keysAtOnce } from './statement.js';

/** A delivery whose command is to be published. */
export interface DueDelivery {
  /** UUID. */
  id: string;
  channel: Channel;
  priority: Priority;
  userId: string;
}

/** A delivery in the hands of one worker, with all it needs to send it. */
export interface Claimed {
  /** UUID. */
  id: string;
  userId: string;
  notificationId: number;
  channel: Channel;
  /** From 1. */
  attempt: number;
  priority: Priority;
  category: string;
  /** Key in the message files. */
  text: string;
  language: 'ko' | 'en';
  type: NotificationType;
  title: string;
  message: string;
  link: string | null;
  reference: { type: string; id: string } | null;
  params: Record<string, string | number>;
  /** When the notification was made. ISO-8601, UTC. */
  createdAt: string;
  /** As they are just now; null where there is none. Personal data. */
  address: { name: string | null; email: string | null; phone: string | null; token: string | null };
}

/** One attempt that has ended. */
export interface EndedAttempt {
  id: string;
  holder: Buffer;
  attempt: number;
  startedAt: Date;
  durationMs: number;
  provider: string | null;
}

/** How many deliveries were taken back from the dead. */
export interface TakenBack {
  /** Commands that nobody has claimed in time: queued again. */
  lost: number;
  /** Their worker died, or hangs: queued again. */
  retried: number;
  /** Their worker died, or hangs, and a second one would harm: unknown. */
  parked: number;
}

interface DeliveryRow {
  id: Buffer;
  user_id: Buffer;
  channel: Channel;
  priority: Priority;
}

interface HeldRow {
  id: Buffer;
  channel: Channel;
  state: string;
  attempts: number;
  holder: Buffer | null;
}

interface ClaimedRow extends DeliveryRow {
  notification_id: number;
  attempts: number;
  category: string;
  text: string;
  language: Claimed['language'];
  /** Null, and so are all of the notification's: its user has deleted it. */
  type: NotificationType | null;
  title: string;
  message: string;
  link: string | null;
  reference_type: string | null;
  reference_id: string | null;
  params: string;
  created_at: Date;
  name: string | null;
  email: string | null;
  phone: string | null;
  token: string | null;
}

/** What `dispatch` keeps to. */
export interface DispatchLimits {
  /** Where to look, the high ones first. Default: all lanes of all channels. */
  lanes?: readonly Lane[];
  /**
   * Commands that wait for a worker, in each lane of a channel: at most `most`, and no more than `least` where workers do not take
   * them (`LaneWindow`). Default: any number.
   */
  inFlight?: { least: number; most: number };
  /** Told of each of `lanes` in which there is no more room. */
  onFull?: (lane: Lane) => void;
}

/** Ample for a topic that is far behind; a command that is lost waits as long before it is published again. */
const dispatchLeaseMs = 10 * 60_000;

/** What ends together is noted together: a commit for each would cost more than most sends. */
const concludedAtOnce = 100;
/** For so long what was sent may not be noted yet, so not for long: a crash meanwhile sends it twice. */
const concludeRestMs = 10;

/**
 * Deliveries on their way: each move is an update that names the states it may start from, so that no two dispatchers
 * or workers do the same, and nothing moves what has ended. Rows are made by the Intake. Ids are UUIDs. Every method
 * throws a DatabaseDown while the server is away.
 *
 * Statements that name ids go by the primary key, and only ever hold the rows they name: the planner would at times
 * walk the index of states instead, and wait for rows that are in other hands.
 */
export class DeliveryStore {
  private readonly conclusions: Gathering<{ one: EndedAttempt; conclusion: Conclusion }, boolean>;
  /** By lane. */
  private readonly windows = new Map<string, LaneWindow>();

  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {
    this.conclusions = new Gathering((items) => this.concludeAll(items), {
      limit: concludedAtOnce,
      rounds: 2,
      restMs: concludeRestMs,
      longMs: 100,
      concernsAll: (error) => error instanceof DatabaseDown,
    });
  }

  /**
   * Publishes the commands of at most `limit` due deliveries and answers how many: of the high lanes alone, while something
   * is due there, for somebody waits for it. No lane of a channel gets more than `inFlight` commands that nobody has claimed
   * yet: what its workers cannot take waits here, where it loses no lease, and holds up no other channel. Their rows are held
   * until `publish` resolves (it must have a deadline: whoever claims one of them waits so long); when it rejects, so does
   * this, and they stay queued. Dying in between publishes them twice, which the claim absorbs.
   */
  dispatch(
    limit: number,
    publish: (due: DueDelivery[]) => Promise<void>,
    { lanes = lanesOf(channelNames), inFlight, onFull }: DispatchLimits = {},
  ): Promise<number> {
    if (lanes.length === 0) return Promise.resolve(0);
    return inTransaction(this.database, async (session) => {
      const now = datetime(this.clock());
      const due: DeliveryRow[] = [];
      for (const lane of await lanesWithDue(session, lanes, now)) {
        if (due.length === limit || (due[0]?.priority === 'high' && lane.priority !== 'high')) break;
        const window = inFlight && this.windowOf(lane, inFlight);
        const room = window ? window.look(await waitingIn(session, lane, window.size)) : Number.MAX_SAFE_INTEGER;
        const held = room > 0 ? await holdDue(session, lane, now, Math.min(room, limit - due.length)) : [];
        if (held.length >= room) {
          window?.fill();
          onFull?.(lane);
        }
        due.push(...held);
      }
      if (due.length === 0) return 0;
      await publish(due.map(({ id, channel, priority, user_id }) => dueDelivery(id, channel, priority, user_id)));
      const published = this.clock();
      await updateByIds(
        session,
        due.map(({ id }) => id),
        'UPDATE delivery FORCE INDEX (PRIMARY) SET state = ?, due_at = ?, updated_at = ? WHERE state IN (?) AND id IN',
        ['dispatched', datetime(published + dispatchLeaseMs), datetime(published), movableTo('dispatched')],
      );
      return due.length;
    });
  }

  /**
   * Takes back at most `limit` deliveries whose lease ran out, be it the dispatcher's or a worker's. Looks without locks
   * first: a locking read would also hold what stands behind them in the index, which is what workers are just moving.
   */
  takeBack(limit: number): Promise<TakenBack> {
    return inTransaction(this.database, async (session) => {
      const now = datetime(this.clock());
      const late = await session.query<{ id: Buffer }[]>(
        `SELECT id FROM delivery FORCE INDEX (due) WHERE state IN (?) AND channel IN (?) AND priority IN (?) AND due_at <= ? LIMIT ?`,
        [movableTo('queued'), [...channelNames], [...priorities], now, limit],
      );
      const rows: (HeldRow & { updated_at: Date })[] = [];
      for (const part of parts(late.map(({ id }) => id).sort(Buffer.compare))) {
        rows.push(
          ...(await session.query<typeof rows>(
            `SELECT id, channel, state, attempts, holder, updated_at FROM delivery FORCE INDEX (PRIMARY)
             WHERE id IN (?) AND state IN (?) AND due_at <= ? FOR UPDATE SKIP LOCKED`,
            [part, movableTo('queued'), now],
          )),
        );
      }
      const sending = rows.filter(({ state }) => state === 'sending');
      const [retried, parked] = (['queued', 'unknown'] as const).map((to) =>
        sending.filter(({ channel, attempts }) => afterAmbiguity(channel, attempts) === to),
      ) as [typeof rows, typeof rows];
      const lost = rows.filter(({ state }) => state === 'dispatched');
      await giveBack(session, lost, 'queued', now, null);
      await giveBack(session, retried, 'queued', now, leaseRanOut);
      await giveBack(session, parked, 'unknown', now, leaseRanOut);
      await insertAttempts(
        session,
        sending.map((row) => {
          const ms = this.clock() - row.updated_at.getTime();
          const started = datetime(row.updated_at);
          return [row.id, row.attempts, null, 'ambiguous', leaseRanOut, null, started, Math.max(0, ms)];
        }),
        'known',
      );
      return { lost: lost.length, retried: retried.length, parked: parked.length };
    });
  }

  /**
   * Takes those of `ids` that wait to be sent (a queued one must be due) for `leaseMs`, and answers them, in no order;
   * whoever else claims the same gets none of them. `holder`: 16 bytes, new ones for each claim. Claimed again with the
   * same, it also answers what it took before and still holds: a caller whose claim ended in a DatabaseDown does not
   * know whether it was done. One whose notification was deleted meanwhile becomes undeliverable and is not answered.
   */
  claim(ids: readonly string[], holder: Buffer, leaseMs: number): Promise<Claimed[]> {
    if (ids.length === 0) return Promise.resolve([]);
    return inTransaction(this.database, async (transaction) => {
      const now = datetime(this.clock());
      const lease = datetime(this.clock() + leaseMs);
      const keys = sortedBytes(ids);
      for (const part of parts(keys))
        await transaction.defer(take, [now, lease, holder, part, movableTo('sending'), now, holder, now]);
      const rows: ClaimedRow[] = [];
      for (const part of parts(keys))
        rows.push(...(await transaction.query<ClaimedRow[]>(selectClaimed, [part, holder, now])));
      const orphans = rows.filter(({ type }) => type === null);
      for (const part of parts(orphans.map(({ id }) => id)))
        await transaction.defer(giveUp, [now, now, movableTo('undeliverable'), part]);
      return rows.filter(({ type }) => type !== null).map(claimed);
    });
  }

  /** Prolongs the lease of those that `holder` still has in hand: `leaseMs` from now. */
  async extendLease(ids: readonly string[], holder: Buffer, leaseMs: number): Promise<void> {
    await withSession(this.database, (session) =>
      updateByIds(session, sortedBytes(ids), extend, [datetime(this.clock() + leaseMs), holder]),
    );
  }

  /**
   * Notes how an attempt ended and moves the delivery on. False: the lease was lost meanwhile, the delivery is left as it
   * is; the attempt is noted all the same. Concluding the same once more changes nothing and answers the same. What is
   * concluded at the same time is written in one transaction.
   */
  conclude(one: EndedAttempt, conclusion: Conclusion): Promise<boolean> {
    return this.conclusions.ask({ one, conclusion });
  }

  /**
   * Does replays: puts what is undeliverable back into the queue, due now, all in one transaction; answers what became of each,
   * in order. Each is done once, whatever has become of the delivery since: after a DatabaseDown, which leaves open whether it was,
   * ask for the same again.
   */
  requeue(requeues: readonly Requeue[]): Promise<Requeued[]> {
    if (requeues.length === 0) return Promise.resolve([]);
    return inTransaction(this.database, (transaction) => requeueAll(transaction, requeues, datetime(this.clock())));
  }

  /** What a delivery has failed as before it was replayed; null: it never was. */
  replayOf(id: string): Promise<DeliveryReplay | null> {
    return withSession(this.database, (session) => readReplay(session, id));
  }

  /** Forgets a device whose token its provider does not know any more: this very value, whoever has registered it. */
  async forgetDevice(token: string): Promise<void> {
    await withSession(this.database, (session) =>
      session.execute('DELETE FROM device WHERE token_hash = ? AND token = ?', [tokenHash(token), token]),
    );
  }

  /** At most `limit` deliveries, the newest first, each with all that is known of its way. */
  timeline(query: TimelineQuery, limit: number): Promise<DeliveryTimeline[]> {
    return withSession(this.database, (session) => readTimeline(session, query, limit));
  }

  private windowOf(lane: Lane, { least, most }: { least: number; most: number }): LaneWindow {
    const window = this.windows.get(nameOf(lane)) ?? new LaneWindow(least, most);
    this.windows.set(nameOf(lane), window);
    return window;
  }

  private concludeAll(items: { one: EndedAttempt; conclusion: Conclusion }[]): Promise<boolean[]> {
    return inTransaction(this.database, async (transaction) => {
      const now = new Date(this.clock());
      const rows = new Map<string, HeldRow>();
      for (const row of await transaction.query<HeldRow[]>(
        'SELECT id, channel, state, attempts, holder FROM delivery FORCE INDEX (PRIMARY) WHERE id IN (?) FOR UPDATE',
        [sortedBytes(items.map(({ one }) => one.id))],
      ))
        rows.set(uuidText(row.id), row);

      const moves: { id: Buffer; provider: string | null; to: Concluded }[] = [];
      const timely: Value[][] = [];
      const late: Value[][] = [];
      const answers = items.map(({ one, conclusion }) => {
        const row = rows.get(one.id.toLowerCase());
        if (!row) return false; // erased
        const hold = holdOf(row, one);
        (hold === 'lost' ? late : timely).push(attemptRow(row.id, one, conclusion));
        if (hold === 'held') {
          const to = conclude(row, conclusion, now);
          moves.push({ id: row.id, provider: one.provider, to });
          row.state = to.state;
        }
        return hold !== 'lost';
      });
      if (moves.length > 0) await move(transaction, moves, datetime(now));
      await insertAttempts(transaction, timely, 'known');
      await insertAttempts(transaction, late, 'guessed');
      return answers;
    });
  }
}

const leaseRanOut = 'lease ran out';

/**
 * Those that are free, and those that this holder has already and still. Each assignment sees those before it, so `state`
 * comes last.
 */
const take = `
  UPDATE delivery FORCE INDEX (PRIMARY)
  SET attempts = attempts + (state <> 'sending'), updated_at = IF(state = 'sending', updated_at, ?), due_at = ?, holder = ?,
    state = 'sending'
  WHERE id IN (?)
    AND (state IN (?) AND (state <> 'queued' OR due_at <= ?) OR state = 'sending' AND holder = ? AND due_at > ?)`;

const giveUp = `
  UPDATE delivery FORCE INDEX (PRIMARY)
  SET state = 'undeliverable', reason = 'the notification was deleted', attempts = attempts - 1, holder = NULL, due_at = ?,
    updated_at = ?
  WHERE state IN (?) AND id IN (?)`;

/** Not updated_at: it says since when the delivery is being sent. */
const extend = "UPDATE delivery FORCE INDEX (PRIMARY) SET due_at = ? WHERE state = 'sending' AND holder = ? AND id IN";

const nameOf = ({ channel, priority }: Lane): string => `${channel} ${priority}`;

const ofLane = 'FROM delivery FORCE INDEX (due) WHERE channel = ? AND priority = ?';

/** Those of `lanes` in which something is due, in that order. */
async function lanesWithDue(session: Session, lanes: readonly Lane[], now: string): Promise<Lane[]> {
  const answers = (await session.all(
    lanes.map(({ channel, priority }) => [
      `SELECT 1 ${ofLane} AND state = 'queued' AND due_at <= ? LIMIT 1`,
      [channel, priority, now],
    ]),
  )) as unknown[][];
  return lanes.filter((_, index) => answers[index]!.length > 0);
}

/** How many commands of a lane nobody has claimed yet. Counted no further than to `most`. */
async function waitingIn(session: Session, { channel, priority }: Lane, most: number): Promise<number> {
  const [row] = await session.query<{ n: number }[]>(
    `SELECT COUNT(*) AS n FROM (SELECT 1 ${ofLane} AND state = 'dispatched' LIMIT ?) AS some`,
    [channel, priority, most],
  );
  return Number(row?.n);
}

/**
 * Holds at most `limit` due deliveries of one lane, the longest due first, and leaves out those that other dispatchers
 * hold. Looks without locks first, and further the more of what it found is in other hands: a locking read of the index
 * would go on, behind the last due one, through entries that workers are just moving, and be in their way.
 */
async function holdDue(session: Session, lane: Lane, now: string, limit: number): Promise<DeliveryRow[]> {
  const held: DeliveryRow[] = [];
  const tried = new Set<string>();
  for (let look = limit; held.length < limit; look *= 4) {
    const due = await session.query<{ id: Buffer }[]>(
      `SELECT id FROM delivery FORCE INDEX (due)
       WHERE state = 'queued' AND channel = ? AND priority = ? AND due_at <= ? ORDER BY due_at LIMIT ?`,
      [lane.channel, lane.priority, now, look],
    );
    const fresh = due.map(({ id }) => id).filter((id) => !tried.has(keyOf(id)));
    while (fresh.length > 0 && held.length < limit) {
      const some = fresh.splice(0, Math.min(limit - held.length, keysAtOnce));
      for (const id of some) tried.add(keyOf(id));
      held.push(...(await holdFree(session, some, now)));
    }
    if (due.length < look) break;
  }
  return held;
}

/** Those of `ids` that are due still and in nobody else's hands, in that order. */
async function holdFree(session: Session, ids: readonly Buffer[], now: string): Promise<DeliveryRow[]> {
  const rows = await session.query<DeliveryRow[]>(
    `SELECT id, user_id, channel, priority FROM delivery FORCE INDEX (PRIMARY)
     WHERE id IN (?) AND state = 'queued' AND due_at <= ? FOR UPDATE SKIP LOCKED`,
    [ids, now],
  );
  const free = new Map(rows.map((row) => [keyOf(row.id), row]));
  return ids.flatMap((id) => free.get(keyOf(id)) ?? []);
}

const keyOf = (id: Buffer): string => id.toString('latin1');

function dueDelivery(id: Buffer, channel: Channel, priority: Priority, userId: Buffer): DueDelivery {
  return { id: uuidText(id), channel, priority, userId: userId.toString() };
}

const selectClaimed = `
  SELECT d.id, d.user_id, d.notification_id, d.channel, d.attempts, d.priority, d.category, d.text, d.language,
    n.type, n.title, n.message, n.link, n.reference_type, n.reference_id, n.params, n.created_at,
    c.name, c.email, c.phone, v.token
  FROM delivery AS d
  LEFT JOIN notification AS n ON n.user_id = d.user_id AND n.id = d.notification_id
  LEFT JOIN contact AS c ON c.user_id = d.user_id
  LEFT JOIN device AS v ON v.token_hash = d.target AND v.user_id = d.user_id
  WHERE d.id IN (?) AND d.state = 'sending' AND d.holder = ? AND d.due_at > ?`;

function claimed(row: ClaimedRow): Claimed {
  return {
    id: uuidText(row.id),
    userId: row.user_id.toString(),
    notificationId: row.notification_id,
    channel: row.channel,
    attempt: row.attempts,
    priority: row.priority,
    category: row.category,
    text: row.text,
    language: row.language,
    type: row.type!,
    title: row.title,
    message: row.message,
    link: row.link,
    reference:
      row.reference_type === null || row.reference_id === null
        ? null
        : { type: row.reference_type, id: row.reference_id },
    params: JSON.parse(row.params),
    createdAt: row.created_at.toISOString(),
    address: { name: row.name, email: row.email, phone: row.phone, token: row.token },
  };
}

/**
 * A conclusion leaves the holder where it is, whoever takes a delivery from it does not. So `ended`: this is the same
 * conclusion again, after a commit whose answer was lost.
 */
function holdOf(row: HeldRow, one: EndedAttempt): 'held' | 'ended' | 'lost' {
  if (row.holder?.equals(one.holder) !== true) return 'lost';
  if (row.state !== 'sending') return 'ended';
  return row.attempts === one.attempt ? 'held' : 'lost';
}

function attemptRow(id: Buffer, one: EndedAttempt, conclusion: Conclusion): Value[] {
  return [
    id,
    one.attempt,
    one.provider,
    conclusion.kind,
    'reason' in conclusion ? fit(conclusion.reason, 300) : null,
    'providerMessageId' in conclusion ? fit(conclusion.providerMessageId, 255) : null,
    datetime(one.startedAt),
    Math.max(0, Math.round(one.durationMs)),
  ];
}

/**
 * An attempt that is there already: what did not count is tried again under its number. What comes late (`guessed`: the
 * lease was taken back, with a guess) only replaces that guess. `outcome` last: each assignment sees those before it.
 */
async function insertAttempts(transaction: Transaction, rows: Value[][], there: 'known' | 'guessed'): Promise<void> {
  const set = ['provider', 'reason', 'provider_message_id', 'started_at', 'duration_ms', 'outcome'].map((column) =>
    there === 'known'
      ? `${column} = VALUES(${column})`
      : `${column} = IF(outcome = 'ambiguous', VALUES(${column}), ${column})`,
  );
  await deferRows(
    transaction,
    {
      into: 'delivery_attempt (delivery_id, attempt, provider, outcome, reason, provider_message_id, started_at, duration_ms)',
      onDuplicate: set.join(', '),
    },
    rows,
  );
}

/** Each its own values, in one statement: as a join with what is to be. The rows are held by this transaction. */
async function move(
  transaction: Transaction,
  moves: readonly { id: Buffer; provider: string | null; to: Concluded }[],
  now: string,
): Promise<void> {
  const values = moves.flatMap(({ id, provider, to }): Value[] => [
    id,
    to.state,
    to.attempts,
    datetime(to.dueAt),
    to.reason,
    provider,
    to.providerMessageId,
  ]);
  const first =
    'SELECT ? AS id, ? AS state, ? AS attempts, ? AS due_at, ? AS reason, ? AS provider, ? AS provider_message_id';
  const others = ' UNION ALL SELECT ?, ?, ?, ?, ?, ?, ?'.repeat(moves.length - 1);
  await transaction.defer(
    `UPDATE (${first}${others}) AS move
     STRAIGHT_JOIN delivery AS d FORCE INDEX (PRIMARY) ON d.id = move.id
     SET d.state = move.state, d.attempts = move.attempts, d.due_at = move.due_at, d.reason = move.reason,
       d.provider = move.provider, d.provider_message_id = move.provider_message_id, d.updated_at = ?
     WHERE d.state = 'sending'`,
    [...values, now],
  );
}

async function giveBack(
  session: Session,
  rows: readonly HeldRow[],
  to: 'queued' | 'unknown',
  now: string,
  reason: string | null,
): Promise<void> {
  await updateByIds(
    session,
    rows.map(({ id }) => id),
    `UPDATE delivery FORCE INDEX (PRIMARY)
     SET state = ?, reason = COALESCE(?, reason), holder = NULL, due_at = ?, updated_at = ? WHERE state IN (?) AND id IN`,
    [to, reason, now, now, movableTo(to)],
  );
}

async function updateByIds(
  session: Session,
  ids: readonly Buffer[],
  update: string,
  values: readonly (Value | readonly Value[])[],
): Promise<void> {
  for (const part of parts(ids)) await session.query(`${update} (?)`, [...values, part]);
}

function* parts(ids: readonly Buffer[]): Generator<readonly Buffer[]> {
  for (let start = 0; start < ids.length; start += keysAtOnce) yield ids.slice(start, start + keysAtOnce);
}

/** Each once, in the order of the primary key: two that hold some of the same then wait for each other in turn, not crosswise. */
function sortedBytes(ids: readonly string[]): Buffer[] {
  return [...new Set(ids)].map(uuidBytes).sort(Buffer.compare);
}
