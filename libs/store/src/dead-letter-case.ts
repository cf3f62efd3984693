import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type DeadLetterState } from '@allim/contracts';
import { firstCharacters, patternOf } from './dead-letter-pattern.js';

/** Where a record lies. */
export interface Place {
  topic: string;
  partition: number;
  /** A decimal string: offsets may be larger than a number is exact. */
  offset: string;
}

/** A record on a topic of dead letters, and what it tells. Texts but those of topics may be of any length: what does not fit is cut. */
export interface IndexedLetter {
  place: Place;
  /** The record that failed. Partition and offset null: the letter does not say. */
  original: {
    topic: string;
    partition: number | null;
    offset: string | null;
    timestamp: Date | null;
    /** In which it failed. */
    group: string | null;
  };
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer[]>;
  error: {
    /** Stable label: `bad-json`, … */
    class: string;
    /** Name of the error's class. */
    type: string | null;
    message: string;
    stack: string;
  };
  /** Before it was given up. */
  attempts: number | null;
  /** Null: this is the first failure. */
  firstFailedAt: Date | null;
  failedAt: Date;
  /** How often it had been replayed when it failed. */
  replays: number;
  /** Of the replay that failed. */
  replayId: string | null;
}

/** What is known of a case, its payload apart. */
export interface CaseFacts {
  /** Null: its letter does not say; so are partition and offset. */
  consumerGroup: string | null;
  topic: string;
  partition: number | null;
  offset: string | null;
  recordTimestamp: Date | null;
  /** The newest one. */
  letter: Place;
  /** Of the newest failure, as are all about the error, and the payload. */
  errorClass: string;
  errorType: string | null;
  message: string;
  pattern: string;
  /** Id of its group: hash of topic, error class and pattern, in hex. */
  group: string;
  attempts: number | null;
  /** How often it has failed, from 1. */
  failures: number;
  replays: number;
  state: DeadLetterState;
  firstFailedAt: Date;
  failedAt: Date;
  /** Null: no value. */
  valueBytes: number | null;
  /** The beginning of the value; null: it is no UTF-8. */
  preview: string | null;
}

/** What lists do not drag along. */
export interface Payload {
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer[]>;
  stack: string;
}

/** A case as it is written. */
export interface Case extends CaseFacts {
  identity: Buffer;
  discardedAt: Date | null;
  /** The replay that its newest failure came of. */
  replayId: string | null;
  /** See `keyHash`. */
  keyHash: Buffer | null;
  /** Null: as it is. */
  payload: Payload | null;
}

/** What became of letters: of new cases, of cases that failed again, read before. */
export interface IndexCounts {
  fresh: number;
  again: number;
  known: number;
}

/** Characters that their columns hold. */
const widths = { group: 255, class: 100, type: 300, message: 1_000, stack: 16_000, preview: 500, replayId: 64 };

/** What a packet of 16 MB, the least default of the servers, has room for beside key and headers. */
export const valueBytesMost = 11 * 1_048_576;

/**
 * What makes a case the same one: 16 bytes, the first half of a SHA-256 over consumer group, topic, partition and offset of the
 * original record, each as UTF-8 after its length in bytes (4 bytes, big-endian); of the letter itself, where it does not say.
 */
export function caseIdentity(letter: IndexedLetter): Buffer {
  const { topic, partition, offset } = recordOf(letter.original, letter.place);
  return halfHash(letter.original.group ?? '', topic, String(partition), offset);
}

function recordOf(
  { topic, partition, offset }: Pick<CaseFacts, 'topic' | 'partition' | 'offset'>,
  letter: Place,
): Place {
  return partition === null || offset === null ? letter : { topic, partition, offset };
}

/** What a record's key is looked for by: 16 bytes. */
export const keyHash = (key: Buffer | string): Buffer => Buffer.from(hash('sha256', key, 'hex').slice(0, 32), 'hex');

function halfHash(...fields: string[]): Buffer {
  const bytes = fields.flatMap((field) => {
    const text = Buffer.from(field);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(text.length);
    return [length, text];
  });
  return keyHash(Buffer.concat(bytes));
}

/** The case that a letter makes if none is known. A replay limit that it has reached already parks it. */
export function caseOf(letter: IndexedLetter, now: Date, replayMax: number): Case {
  const { original, error, key, value } = letter;
  const errorClass = firstCharacters(error.class, widths.class);
  const message = firstCharacters(error.message, widths.message);
  const pattern = patternOf(message);
  const replays = whole(letter.replays) ?? 0;
  const failedAt = storable(letter.failedAt) ?? now;
  return {
    identity: caseIdentity(letter),
    consumerGroup: original.group && firstCharacters(original.group, widths.group),
    topic: original.topic,
    partition: original.partition,
    offset: original.offset,
    recordTimestamp: storable(original.timestamp),
    letter: letter.place,
    errorClass,
    errorType: error.type && firstCharacters(error.type, widths.type),
    message,
    pattern,
    group: halfHash(original.topic, errorClass, pattern).toString('hex'),
    attempts: whole(letter.attempts),
    failures: 1,
    replays,
    state: replays < replayMax ? 'open' : 'parked',
    firstFailedAt: earlier(storable(letter.firstFailedAt) ?? failedAt, failedAt),
    failedAt,
    discardedAt: null,
    replayId: letter.replayId && firstCharacters(letter.replayId, widths.replayId),
    keyHash: key && keyHash(key),
    valueBytes: value?.length ?? null,
    preview: value && previewOf(value),
    payload: {
      key,
      value: value?.subarray(0, valueBytesMost) ?? null,
      headers: letter.headers,
      stack: firstCharacters(error.stack, widths.stack),
    },
  };
}

/** A character has 4 bytes at most. */
const previewOf = (value: Buffer): string | null =>
  isUtf8(value) ? firstCharacters(value.toString('utf8', 0, 4 * widths.preview), widths.preview) : null;

/**
 * The order in which new cases are entered: whoever else enters some of them does so in the same one, and numbers rise as
 * the records of a partition do.
 */
export function inOrder(a: Case, b: Case): number {
  const [one, other] = [recordOf(a, a.letter), recordOf(b, b.letter)];
  if (one.topic !== other.topic) return one.topic < other.topic ? -1 : 1;
  if (one.partition !== other.partition) return one.partition - other.partition;
  const byOffset = one.offset.length - other.offset.length || (one.offset < other.offset ? -1 : 1);
  return one.offset === other.offset ? Buffer.compare(a.identity, b.identity) : byOffset;
}

/** A case that is known, and the newest letters of the partitions that its newest one of all does not lie in. */
export interface KnownCase {
  case: Case;
  elsewhere: readonly Place[];
}

/** What letters make of a case. */
export interface Taken {
  /** The same object where nothing is new. */
  case: Case;
  /** Places to be noted, so that their letters are known when they come again. */
  elsewhere: Place[];
  counts: IndexCounts;
  /** Ids of the replays that have failed, each once. */
  failedReplays: string[];
}

/**
 * Takes letters of one case, each partition's in their order, as `caseOf` made them of each. Partitions are read from an
 * earlier place again after a crash, so what lies before the newest letter of its partition was taken already. A replay
 * whose runner died may be published twice: it has failed once.
 */
export function take(known: KnownCase | undefined, letters: readonly Case[], replayMax: number): Taken {
  const counts: IndexCounts = { fresh: 0, again: 0, known: 0 };
  const noted = new Map((known?.elsewhere ?? []).map((place) => [partitionOf(place), place]));
  const newest = new Map(noted);
  const failedReplays: string[] = [];
  let now = known?.case;
  if (now) newest.set(partitionOf(now.letter), now.letter);
  for (const one of letters) {
    const partition = partitionOf(one.letter);
    const last = newest.get(partition);
    if (last && BigInt(one.letter.offset) <= BigInt(last.offset)) {
      counts.known++;
      continue;
    }
    newest.set(partition, one.letter);
    if (one.replayId !== null && one.replayId === now?.replayId) {
      counts.known++;
      continue;
    }
    if (one.replayId !== null) failedReplays.push(one.replayId);
    counts[now ? 'again' : 'fresh']++;
    now = now ? failAgain(now, one, replayMax) : one;
  }
  if (!now) throw new RangeError('a case needs a letter');
  newest.delete(partitionOf(now.letter));
  const elsewhere = [...newest].filter(([partition, { offset }]) => noted.get(partition)?.offset !== offset);
  return { case: now, elsewhere: elsewhere.map(([, place]) => place), counts, failedReplays };
}

const partitionOf = ({ topic, partition }: Place): string => `${topic}/${partition}`;

/** Partitions are read in no order: what comes later may have failed before. */
function failAgain(known: Case, one: Case, replayMax: number): Case {
  const isNewest = partitionOf(one.letter) === partitionOf(known.letter) || one.failedAt >= known.failedAt;
  const replays = Math.max(known.replays, one.replays);
  const state = stateAfter(known, one, replays < replayMax);
  return {
    ...(isNewest ? one : known),
    recordTimestamp: known.recordTimestamp ?? one.recordTimestamp,
    failures: known.failures + 1,
    replays,
    state,
    firstFailedAt: earlier(known.firstFailedAt, one.firstFailedAt),
    failedAt: known.failedAt > one.failedAt ? known.failedAt : one.failedAt,
    discardedAt: state === 'discarded' ? known.discardedAt : null,
  };
}

function stateAfter(known: Case, one: Case, mayReplay: boolean): DeadLetterState {
  if (known.state === 'parked') return 'parked';
  // What was given up was this failure, too.
  if (known.state === 'discarded' && known.discardedAt !== null && one.failedAt <= known.discardedAt)
    return 'discarded';
  return mayReplay ? 'open' : 'parked';
}

const earlier = (one: Date, other: Date): Date => (one < other ? one : other);

// Anybody may have written the headers.
const [earliestMs, latestMs] = [Date.UTC(1000, 0), Date.UTC(9999, 11, 31)];

/** Null: a DATETIME does not hold it. */
function storable(date: Date | null): Date | null {
  const ms = date?.getTime() ?? Number.NaN;
  return ms >= earliestMs && ms <= latestMs ? date : null;
}

/** Null: an INT does not hold it. */
function whole(number: number | null): number | null {
  return number !== null && Number.isInteger(number) && number >= 0 && number <= 0x7fff_ffff ? number : null;
}
