import { type KafkaRecord, readLetter } from '@allim/kafka';
import { type IndexedLetter } from '@allim/store';

/** A record of a topic of dead letters as the index takes it. */
export function indexed(record: KafkaRecord): IndexedLetter {
  const { original, key, value, headers, error, attempts, firstFailedAt, replayCount, replayId } = readLetter(record);
  const { topic, partition, offset, timestamp } = record;
  return {
    place: { topic, partition, offset },
    original,
    key,
    value,
    headers: bytesOf(headers),
    error,
    attempts,
    firstFailedAt,
    failedAt: new Date(Number(timestamp)),
    replays: replayCount,
    replayId,
  };
}

/** As lists of bytes: a header may stand more than once, and its value may be a text or missing. */
function bytesOf(headers: KafkaRecord['headers']): Record<string, Buffer[]> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, values]) => [
      name,
      (Array.isArray(values) ? values : [values]).map((value) => Buffer.from(value ?? '')),
    ]),
  );
}
