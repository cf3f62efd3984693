import { randomBytes } from 'node:crypto';
import { type IndexedLetter, type Place } from '../dead-letter-case.js';

let offset = 0;

/** What a spec says of a letter; the rest is as always. */
export type LetterChanges = Partial<Omit<IndexedLetter, 'place' | 'original' | 'error'>> & {
  place?: Partial<Place>;
  original?: Partial<IndexedLetter['original']>;
  error?: Partial<IndexedLetter['error']>;
};

/** A letter as the operators' program hands it in: of a record of its own, unless it is said which. */
export function letter({ place, original, error, ...changes }: LetterChanges = {}): IndexedLetter {
  const topic = original?.topic ?? 'shopping.order.created';
  const at = String(offset++);
  return {
    place: { topic: `${topic}.DLT`, partition: 1, offset: at, ...place },
    original: {
      topic,
      partition: 1,
      offset: at,
      timestamp: new Date('2026-02-06T09:00:00Z'),
      group: 'ours',
      ...original,
    },
    key: Buffer.from(`user-${randomBytes(4).toString('hex')}`),
    value: Buffer.from('{"orderNumber":"주문-1"}'),
    headers: { traceparent: [Buffer.from('00-1-2-01')] },
    error: {
      class: 'bad-schema',
      type: 'ZodError',
      message: `order ${at}: expected a number`,
      stack: 'ZodError: …\n    at readEvent',
      ...error,
    },
    attempts: 1,
    firstFailedAt: null,
    failedAt: new Date('2026-02-06T09:30:00Z'),
    replays: 0,
    replayId: null,
    ...changes,
  };
}

/** The same record's next letter: further on in its partition, unless it is said where. */
export function nextLetter(
  { place, original, key, value, headers }: IndexedLetter,
  changes: LetterChanges = {},
): IndexedLetter {
  const next = { ...place, offset: String(offset++), ...changes.place };
  return letter({ key, value, headers, ...changes, place: next, original: { ...original, ...changes.original } });
}
