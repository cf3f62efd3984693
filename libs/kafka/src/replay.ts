import { type IHeaders, type Message } from 'kafkajs';
import {
  dateOf,
  int32,
  int64,
  readCount,
  readInt32,
  readInt64,
  readIsoDate,
  readText,
  readTopicName,
  valuesOf,
} from './header-values.js';
import { type KafkaRecord } from './record.js';

/** What a replayed record has failed as, and by which replay it comes. */
export interface Replayed {
  /** The record that failed first, and the group in which it did; whatever it does next is told of this one. */
  original: {
    topic: string;
    partition: number;
    /** A decimal string: offsets may be larger than a number is exact. */
    offset: string;
    /** Null: unknown, and so it is of the group. */
    timestamp: Date | null;
    /** Default: `CreateTime`. */
    timestampType?: KafkaRecord['timestampType'];
    group: string | null;
  };
  /** `id`: of the job, at most 64 visible ASCII characters. `count`: from 1, this replay included. */
  replay: { id: string; count: number };
  firstFailedAt: Date | null;
}

/** A record as it is to be replayed. `headers`: its own, without those of its failure. */
export interface Replay extends Replayed {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer[]>;
}

/** The columns that keep a replay and a group are as wide: characters, and bytes. */
const widths = { id: 64, group: 1_020 };

const names = {
  topic: 'kafka_dlt-original-topic',
  partition: 'kafka_dlt-original-partition',
  offset: 'kafka_dlt-original-offset',
  timestamp: 'kafka_dlt-original-timestamp',
  timestampType: 'kafka_dlt-original-timestamp-type',
  group: 'kafka_dlt-original-consumer-group',
  id: 'allim-replay-id',
  count: 'allim-replay-count',
  firstFailedAt: 'allim-first-failed-at',
} as const;

const added: ReadonlySet<string> = new Set(Object.values(names));

/** A record on the topic of replays that cannot be restored. Without a stack: where we read it says nothing about it. */
export class BadReplay extends Error {
  override readonly name = 'BadReplay';
  override stack = '';
}

/**
 * The record for the topic of replays: key, value and its own headers as they were, and what it failed as in the headers
 * that a dead letter has, in the same encodings. Which partition it goes to its key says.
 */
export function replayRecord({ original, key, value, headers, replay, firstFailedAt }: Replay): Message {
  return {
    key,
    value,
    headers: {
      ...own(headers),
      [names.topic]: original.topic,
      [names.partition]: int32(original.partition),
      [names.offset]: int64(BigInt(original.offset)),
      [names.timestamp]: int64(BigInt(original.timestamp?.getTime() ?? -1)),
      [names.timestampType]: original.timestampType ?? 'CreateTime',
      [names.group]: original.group ?? '',
      ...headersOf({ replay, firstFailedAt }),
    },
  };
}

/**
 * A record of the topic of replays as it was where it failed first, or why it cannot be restored. No header says what came
 * with its failure, but for those that `deadLetter` carries when it fails again.
 *
 * @param of the topics whose records may be replayed
 */
export function restored(record: KafkaRecord, of: ReadonlySet<string>): KafkaRecord | BadReplay {
  const first = (name: string) => valuesOf(record.headers, name).at(0);
  const [topic, partition, offset] = [
    readTopicName(first(names.topic)),
    readInt32(first(names.partition)),
    readInt64(first(names.offset)),
  ];
  const id = /^[!-~]+$/.exec(readText(first(names.id)) ?? '')?.[0];
  const count = readCount(first(names.count));
  const group = readText(first(names.group)) ?? null;
  if (topic === undefined) return new BadReplay(`${names.topic}: expected the name of a topic`);
  if (!of.has(topic)) return new BadReplay(`${names.topic}: ${topic} is not replayed here`);
  if (partition === null) return new BadReplay(`${names.partition}: expected 4 bytes, big-endian`);
  if (offset === null) return new BadReplay(`${names.offset}: expected 8 bytes, big-endian`);
  if (id === undefined || id.length > widths.id)
    return new BadReplay(`${names.id}: expected 1 to ${widths.id} visible ASCII characters`);
  if (count === null || count === 0) return new BadReplay(`${names.count}: expected a whole number from 1`);
  if (group !== null && Buffer.byteLength(group) > widths.group)
    return new BadReplay(`${names.group}: expected at most ${widths.group} bytes`);
  return asReplayed(record, {
    original: {
      topic,
      partition,
      offset: offset.toString(),
      timestamp: dateOf(Number(readInt64(first(names.timestamp)) ?? Number.NaN)),
      timestampType: readText(first(names.timestampType)) === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
      group,
    },
    replay: { id, count },
    firstFailedAt: readIsoDate(first(names.firstFailedAt)),
  });
}

/** The record under the identity of the one that failed first: what it fails with becomes that one's letter. */
export function asReplayed(record: KafkaRecord, { original, replay, firstFailedAt }: Replayed): KafkaRecord {
  const { topic, partition, offset, timestamp, timestampType = 'CreateTime', group } = original;
  return {
    topic,
    partition,
    offset,
    key: record.key,
    value: record.value,
    headers: { ...own(record.headers), ...headersOf({ replay, firstFailedAt }) },
    timestamp: String(timestamp?.getTime() ?? -1),
    timestampType,
    replay: { ...replay, group, firstFailedAt },
  };
}

const own = (headers: IHeaders): IHeaders =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !added.has(name)));

function headersOf({ replay, firstFailedAt }: Pick<Replayed, 'replay' | 'firstFailedAt'>): IHeaders {
  return {
    [names.id]: replay.id,
    [names.count]: String(replay.count),
    ...(firstFailedAt && { [names.firstFailedAt]: firstFailedAt.toISOString() }),
  };
}
