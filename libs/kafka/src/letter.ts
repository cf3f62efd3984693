import { type IHeaders } from 'kafkajs';
import {
  dateOf,
  readCount,
  readInt32,
  readInt64,
  readIsoDate,
  readText,
  readTopicName,
  valuesOf,
} from './header-values.js';
import { type KafkaRecord } from './record.js';

/** What a letter tells: of ours as of Spring Kafka's. What it does not tell, or not legibly, is null. */
export interface Letter {
  /** Where the record lay when it failed first, and whose group failed. */
  original: {
    topic: string;
    partition: number | null;
    /** A decimal string: offsets may be larger than a number is exact. */
    offset: string | null;
    timestamp: Date | null;
    group: string | null;
  };
  key: Buffer | null;
  /** The original record's bytes. */
  value: Buffer | null;
  /** Whether the value lay there as a JSON string of base64. */
  wrapped: boolean;
  /** The original record's own: without those that came with its failure. */
  headers: IHeaders;
  /** Why it failed last. */
  error: {
    /** A stable label for operators; `unknown` when the letter has none. */
    class: string;
    /** The exception's class, with its package if it is Java's. */
    type: string | null;
    message: string;
    stack: string;
  };
  /** Attempts before this letter, the first included. */
  attempts: number | null;
  firstFailedAt: Date | null;
  /** 0 when the letter does not tell. */
  replayCount: number;
  replayId: string | null;
}

/** Spring's DeadLetterPublishingRecoverer and we begin with `kafka_dlt-`, its `@RetryableTopic` with `kafka_` alone. */
const placeName = /^(kafka_(?:dlt-)?)original-topic$/;
const errorName = /^(kafka_(?:dlt-)?)(key-)?exception-(?:fqcn|message|stacktrace)$/;

/** Headers that a failure adds: Spring's container and deserialiser put some in before there is a letter. */
const addedName = new RegExp(
  `^(?:${[
    'kafka_(?:dlt-|original-|(?:key-)?exception-)',
    'kafka_(?:deliveryAttempt|listenerInfo)$',
    'retry_topic-',
    'springDeserializerException',
    'allim-replay-',
    'allim-(?:error-class|attempts|first-failed-at)$',
  ].join('|')})`,
);

/**
 * Reads a record of a `.DLT` topic, whoever has written it and whatever its bytes are.
 *
 * A record may have failed several times, and each trip to a `.DLT` topic leaves headers. Of the place the first value counts:
 * it names the record that somebody has published, the later ones name copies. Spring appends those (`appendOriginalHeaders`,
 * the default) or leaves them out (`@RetryableTopic`). Of the exception the last value counts: it is why the letter is here.
 * Spring keeps no other (`stripPreviousExceptionHeaders`, the default) or appends it. Where both families have left something,
 * it is likewise the place that stands first and the exception that stands last.
 */
export function readLetter(record: KafkaRecord): Letter {
  const { headers } = record;
  const first = (name: string) => valuesOf(headers, name).at(0);
  const last = (name: string) => valuesOf(headers, name).at(-1);
  // We replace: a second topic was appended by Spring, where a letter of ours was read again and has failed there.
  const isOurs = last('allim-error-class') !== undefined && valuesOf(headers, 'kafka_dlt-original-topic').length < 2;
  // Our headers replace those of their names where they stand: what the other family left then is of an earlier failure.
  const names = Object.keys(headers).filter((name) => !isOurs || name.startsWith('kafka_dlt-'));

  const place = names.map((name) => placeName.exec(name)).find((found) => found !== null)?.[1] ?? 'kafka_dlt-';
  const topic = readTopicName(first(`${place}original-topic`));
  // Some versions of Spring give the group this name in both families.
  const group =
    readText(first(`${place}original-consumer-group`)) ?? readText(first('kafka_dlt-original-consumer-group'));

  const [, family = 'kafka_dlt-', ofKey = ''] =
    names.map((name) => errorName.exec(name)).findLast((found) => found !== null) ?? [];
  const error = (what: string) => readText(last(`${family}${ofKey}exception-${what}`));
  // Spring's outer one says only that a listener or a deserialiser has failed. A key's cause has no name of its own.
  const type = readText(last(`${family}exception-cause-fqcn`)) ?? error('fqcn');

  const unwrapped = isOurs ? undefined : unwrap(record); // ours are never wrapped: such a value is the publisher's
  return {
    original: {
      topic: topic ?? record.topic.replace(/(?<=.)(?:\.DLT|-dlt)$/, ''),
      // Beside a topic that is only guessed they could name another record.
      partition: topic === undefined ? null : readInt32(first(`${place}original-partition`)),
      offset: topic === undefined ? null : (readInt64(first(`${place}original-offset`))?.toString() ?? null),
      timestamp: dateOf(Number(readInt64(first(`${place}original-timestamp`)) ?? Number.NaN)),
      group: group ?? null,
    },
    key: record.key,
    value: unwrapped ?? record.value,
    wrapped: unwrapped !== undefined,
    headers: Object.fromEntries(
      Object.entries(headers).filter(([name]) => !addedName.test(name) && !(unwrapped && name === typeIdName)),
    ),
    error: {
      class: (isOurs ? readText(last('allim-error-class')) : undefined) ?? simpleName(type) ?? 'unknown',
      type: type ?? null,
      message: error('message') ?? '',
      stack: error('stacktrace') ?? '',
    },
    attempts: isOurs ? readCount(last('allim-attempts')) : null,
    firstFailedAt: readIsoDate(first('allim-first-failed-at')),
    replayCount: readCount(last('allim-replay-count')) ?? 0,
    replayId: readText(last('allim-replay-id')) ?? null,
  };
}

const typeIdName = '__TypeId__';

/**
 * The original bytes, where Spring's JsonSerializer was given them after a deserialisation failure: it writes a byte[] as a
 * JSON string of base64, and the name of that type in the place of the original's. Undefined for every other value.
 */
function unwrap({ headers, value }: KafkaRecord): Buffer | undefined {
  const typeId = valuesOf(headers, typeIdName).at(-1)?.toString();
  const base64 = /^"([A-Za-z0-9+/]*={0,2})"$/.exec(typeId === '[B' ? (value?.toString('latin1') ?? '') : '')?.[1];
  if (base64 === undefined) return undefined;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.toString('base64') === base64 ? bytes : undefined;
}

/** Of `org.shop.Outer$Inner$1`, whose last part has no name: `Inner`. */
function simpleName(type: string | undefined): string | undefined {
  return type?.split(/[.$]/).findLast((part) => /^\D/.test(part));
}
