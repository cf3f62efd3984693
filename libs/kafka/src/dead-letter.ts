import { type IHeaders, type Message } from 'kafkajs';
import { int32, int64 } from './header-values.js';
import { type KafkaRecord } from './record.js';
import { type DeadLetterError } from './verdict.js';

/** The topic of a topic's dead letters, as Spring's DeadLetterPublishingRecoverer names it. */
export const deadLetterTopic = (topic: string): string => `${topic}.DLT`;

/** Bounds of the texts in the headers, in characters. */
const bounds = { message: 1_000, stack: 4_000 };

/** Of one produce request, in bytes. A broker takes a partition's part of it for one batch, and refuses a batch that is larger than a record may be. */
const portionBytes = 262_144;

export interface Failure extends DeadLetterError {
  group: string;
  /** The first attempt included. */
  attempts: number;
  /** Milliseconds since 1970 UTC. */
  failedAt: number;
}

/**
 * The record for `<topic>.DLT`: key and value as they are, its own headers kept, Spring Kafka's `kafka_dlt-*` headers
 * (numbers big-endian) and ours put over them. On a second trip they replace the first trip's; the time of the first
 * failure and the count of replays stay.
 */
export function deadLetter(record: KafkaRecord, failure: Failure): Message {
  const { error, errorClass } = failure;
  const cause = error.cause instanceof Error ? error.cause : error;
  const headers: IHeaders = {
    ...writable(record.headers),
    'kafka_dlt-original-topic': record.topic,
    'kafka_dlt-original-partition': int32(record.partition),
    'kafka_dlt-original-offset': int64(BigInt(record.offset)),
    'kafka_dlt-original-timestamp': int64(BigInt(record.timestamp)),
    'kafka_dlt-original-timestamp-type': record.timestampType,
    'kafka_dlt-original-consumer-group': record.replay ? (record.replay.group ?? '') : failure.group,
    'kafka_dlt-exception-fqcn': error.name,
    'kafka_dlt-exception-cause-fqcn': cause.name,
    'kafka_dlt-exception-message': bounded(error.message, bounds.message),
    'kafka_dlt-exception-stacktrace': bounded(error.stack ?? '', bounds.stack),
    'allim-error-class': errorClass,
    'allim-attempts': String(failure.attempts),
    'allim-replay-count': record.headers['allim-replay-count'] ?? '0',
    'allim-first-failed-at': record.headers['allim-first-failed-at'] ?? new Date(failure.failedAt).toISOString(),
  };
  return { key: record.key, value: record.value, partition: record.partition, headers };
}

/** Letters that go in one request. */
export interface Portion {
  messages: Message[];
  bytes: number;
}

/**
 * Splits letters of one partition, in their order, so that each portion is a batch that the broker takes. A large one stands alone.
 *
 * @param most bytes of a portion, where the topic takes larger batches than most do
 */
export function portions(letters: readonly Message[], most = portionBytes): Portion[] {
  const split: Portion[] = [];
  for (const letter of letters) {
    const size = sizeOf(letter);
    const last = split.at(-1);
    if (last && last.bytes + size <= most) {
      last.messages.push(letter);
      last.bytes += size;
    } else split.push({ messages: [letter], bytes: size });
  }
  return split;
}

function sizeOf({ key, value, headers = {} }: Message): number {
  let bytes = Buffer.byteLength(key ?? '') + Buffer.byteLength(value ?? '');
  for (const [name, values] of Object.entries(headers))
    for (const one of Array.isArray(values) ? values : [values ?? ''])
      bytes += Buffer.byteLength(name) + Buffer.byteLength(one);
  return bytes;
}

/** kafkajs reads headers without a value, but cannot write them: an empty one in their place, or the letter never leaves. */
function writable(headers: IHeaders): IHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((one) => one ?? '') : (value ?? ''),
    ]),
  );
}

function bounded(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length - 1)}…` : text;
}
