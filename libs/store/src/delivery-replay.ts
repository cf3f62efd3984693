import { type DeliveryState, replayableStates } from '@allim/contracts';
import { type Session, type Transaction } from './database.js';
import { uuidBytes, uuidText } from './delivery-id.js';
import { datetime, deferRows, keyParts } from './statement.js';

/** What a delivery has failed as when it failed first, and the newest replay of it. */
export interface DeliveryReplay {
  /** Its command, and the group in which that failed. */
  original: {
    topic: string;
    partition: number;
    /** A decimal string: offsets may be larger than a number is exact. */
    offset: string;
    /** Null: unknown, and so it is of the group. */
    timestamp: Date | null;
    timestampType: 'CreateTime' | 'LogAppendTime';
    group: string | null;
  };
  /** `id`: at most 64 ASCII characters. `count`: from 1, this replay included. */
  replay: { id: string; count: number };
  firstFailedAt: Date | null;
}

/** A replay of one delivery. */
export interface Requeue extends DeliveryReplay {
  /** UUID. */
  deliveryId: string;
}

/**
 * What became of a replay: the delivery is to be sent again; this replay, or a later one of the same case, was there before; the
 * delivery waits to be sent, or has come to another end; a worker has it just now, and nobody knows to what end (the replay is
 * not noted and may come again); there is no such delivery any more.
 */
export type Requeued = 'queued' | 'known' | 'not-undeliverable' | 'sending' | 'unknown-delivery';

interface ReplayRow {
  delivery_id: Buffer;
  replay_id: string;
  replay_count: number;
  topic: Buffer;
  topic_partition: number;
  /** BIGINT: a text. */
  record_offset: string;
  record_timestamp: Date | null;
  timestamp_type: 'CreateTime' | 'LogAppendTime';
  consumer_group: Buffer | null;
  first_failed_at: Date | null;
}

const columns = [
  'delivery_id',
  'replay_id',
  'replay_count',
  'topic',
  'topic_partition',
  'record_offset',
  'record_timestamp',
  'timestamp_type',
  'consumer_group',
  'first_failed_at',
] as const satisfies (keyof ReplayRow)[];

/**
 * Beyond it attempts are counted from the beginning, over the oldest of the history, for their column ends at 255. A replay is
 * followed by as many as a channel has, at most.
 */
const countedTo = 200;

/**
 * Puts deliveries back into the queue, each once for a replay, and notes what they have failed as; answers what became of each,
 * in order. Holds their rows until the commit.
 *
 * @param now as the columns have it
 */
export async function requeueAll(
  transaction: Transaction,
  requeues: readonly Requeue[],
  now: string,
): Promise<Requeued[]> {
  const { states, replays } = await holdAll(transaction, requeues);
  const noted = new Map<string, Requeue>();
  const queued: Buffer[] = [];
  const answers = requeues.map((one): Requeued => {
    const id = one.deliveryId.toLowerCase();
    const state = states.get(id);
    if (state === undefined) return 'unknown-delivery';
    if (isKnown(replays.get(id), one)) return 'known';
    if (state === 'sending') return 'sending';
    replays.set(id, one);
    noted.set(id, one);
    if (!replayableStates.includes(state)) return 'not-undeliverable';
    states.set(id, 'queued');
    queued.push(uuidBytes(id));
    return 'queued';
  });
  for (const part of keyParts(queued.sort(Buffer.compare)))
    await transaction.defer(
      `UPDATE delivery FORCE INDEX (PRIMARY)
       SET state = 'queued', reason = NULL, attempts = IF(attempts > ?, 0, attempts), holder = NULL, due_at = ?, updated_at = ?
       WHERE state IN (?) AND id IN (?)`,
      [countedTo, now, now, replayableStates, part],
    );
  await note(transaction, [...noted.values()]);
  return answers;
}

/** The states of those that are there, held, and what is noted of them, by id. In the order of the primary key. */
async function holdAll(transaction: Transaction, requeues: readonly Requeue[]) {
  const states = new Map<string, DeliveryState>();
  const replays = new Map<string, DeliveryReplay>();
  const ids = [...new Set(requeues.map(({ deliveryId }) => deliveryId.toLowerCase()))].map(uuidBytes);
  for (const part of keyParts(ids.sort(Buffer.compare))) {
    const [rows, noted] = (await transaction.all([
      ['SELECT id, state FROM delivery FORCE INDEX (PRIMARY) WHERE id IN (?) FOR UPDATE', [part]],
      ['SELECT * FROM delivery_replay FORCE INDEX (PRIMARY) WHERE delivery_id IN (?)', [part]],
    ])) as [{ id: Buffer; state: DeliveryState }[], ReplayRow[]];
    for (const { id, state } of rows) states.set(uuidText(id), state);
    for (const row of noted) replays.set(uuidText(row.delivery_id), replayIn(row));
  }
  return { states, replays };
}

/** Replays of a case are counted, so one that is older than the noted one was done before it. */
function isKnown(noted: DeliveryReplay | undefined, { original, replay }: Requeue): boolean {
  if (!noted) return false;
  const { topic, partition, offset } = noted.original;
  const isSame = topic === original.topic && partition === original.partition && offset === original.offset;
  return noted.replay.id === replay.id || (isSame && replay.count <= noted.replay.count);
}

function note(transaction: Transaction, requeues: Requeue[]): Promise<void> {
  const rows = requeues.map(({ deliveryId, original, replay, firstFailedAt }) => ({
    delivery_id: uuidBytes(deliveryId),
    replay_id: replay.id,
    replay_count: replay.count,
    topic: original.topic,
    topic_partition: original.partition,
    record_offset: original.offset,
    record_timestamp: original.timestamp && datetime(original.timestamp),
    timestamp_type: original.timestampType,
    consumer_group: original.group,
    first_failed_at: firstFailedAt && datetime(firstFailedAt),
  }));
  return deferRows(
    transaction,
    {
      into: `delivery_replay (${columns.join(', ')})`,
      onDuplicate: columns.map((name) => `${name} = VALUES(${name})`).join(', '),
    },
    rows.sort((a, b) => Buffer.compare(a.delivery_id, b.delivery_id)).map((row) => columns.map((name) => row[name])),
  );
}

/** What is noted of a delivery; null: it was never replayed. */
export async function readReplay(session: Session, deliveryId: string): Promise<DeliveryReplay | null> {
  const [row] = await session.execute<ReplayRow[]>('SELECT * FROM delivery_replay WHERE delivery_id = ?', [
    uuidBytes(deliveryId),
  ]);
  return row ? replayIn(row) : null;
}

function replayIn(row: ReplayRow): DeliveryReplay {
  return {
    original: {
      topic: row.topic.toString(),
      partition: row.topic_partition,
      offset: row.record_offset,
      timestamp: row.record_timestamp,
      timestampType: row.timestamp_type,
      group: row.consumer_group?.toString() ?? null,
    },
    replay: { id: row.replay_id, count: row.replay_count },
    firstFailedAt: row.first_failed_at,
  };
}
