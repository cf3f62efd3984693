import { type IHeaders, type Message } from 'kafkajs';
import { deadLetter } from './dead-letter.js';
import { readLetter } from './letter.js';
import { type KafkaRecord } from './record.js';
import { asReplayed, BadReplay, type Replay, replayRecord, restored } from './replay.js';

const topic = 'shopping.order.created';
const of = new Set([topic]);
const failedAt = Date.UTC(2026, 1, 6, 10);
const record: KafkaRecord = {
  topic,
  partition: 258,
  offset: '4294967298',
  key: Buffer.from([0xff, 0x00]),
  value: Buffer.from([0x7b, 0xfe]),
  headers: {
    traceparent: Buffer.from('00-a-b-01'),
    many: [Buffer.from([0xff]), Buffer.from('b')],
    empty: Buffer.alloc(0),
    __TypeId__: Buffer.from('[B'),
  },
  timestamp: '1770372000123',
  timestampType: 'LogAppendTime',
};
const error = Object.assign(new Error('value: expected JSON'), { name: 'DataError' });
const failure = { errorClass: 'bad-json', error, group: 'notification-group', attempts: 1, failedAt };
const replay: Replay = {
  original: {
    topic,
    partition: 258,
    offset: '4294967298',
    timestamp: new Date(1770372000123),
    timestampType: 'LogAppendTime',
    group: 'other-group',
  },
  key: record.key,
  value: record.value,
  headers: { traceparent: [Buffer.from('00-a-b-01')] },
  replay: { id: '0199c1d5-0000-7000-8000-000000000001', count: 3 },
  firstFailedAt: new Date(failedAt),
};

/** As it is read where it was published: numbers and texts are bytes, and what stands once is no list. */
function read(at: string, { key, value, headers = {} }: Message, offset = '7'): KafkaRecord {
  const bytes = ([name, values]: [string, IHeaders[string]]) => {
    const all = [values].flat().map((one) => Buffer.from(one ?? ''));
    return [name, all.length === 1 ? all[0] : all];
  };
  return {
    topic: at,
    partition: 0,
    offset,
    key: key as Buffer | null,
    value: value as Buffer | null,
    headers: Object.fromEntries(Object.entries(headers).map(bytes)),
    timestamp: '1800000000000',
    timestampType: 'CreateTime',
  };
}

const published = (changes: Partial<Replay> = {}) => read('allim.replay', replayRecord({ ...replay, ...changes }));
/** The headers of a letter, or of a record, as the index keeps them. */
const kept = (headers: IHeaders) =>
  Object.fromEntries(Object.entries(headers).map(([name, values]) => [name, [values].flat() as Buffer[]]));

describe('replayRecord', () => {
  it('keeps the record as it was, and says what it failed as in the headers of a dead letter', () => {
    const { key, value, headers = {}, ...rest } = replayRecord(replay);
    expect([key, value, rest]).toEqual([record.key, record.value, {}]); // its key says which partition
    const letter = deadLetter(
      { ...record, replay: { ...replay.replay, group: 'other-group', firstFailedAt: null } },
      failure,
    );
    const place = Object.entries(letter.headers ?? {}).filter(([name]) => name.startsWith('kafka_dlt-original-'));
    expect(headers).toEqual({
      traceparent: [Buffer.from('00-a-b-01')],
      ...Object.fromEntries(place),
      'allim-replay-id': '0199c1d5-0000-7000-8000-000000000001',
      'allim-replay-count': '3',
      'allim-first-failed-at': '2026-02-06T10:00:00.000Z',
    });
  });
});

describe('restored', () => {
  it('is the record, byte for byte, with what its next letter is to carry', () => {
    const back = restored(read('allim.replay', replayRecord({ ...replay, headers: kept(record.headers) })), of);
    expect(back).toEqual({
      ...record,
      headers: {
        ...record.headers,
        'allim-replay-id': replay.replay.id,
        'allim-replay-count': '3',
        'allim-first-failed-at': '2026-02-06T10:00:00.000Z',
      },
      replay: { ...replay.replay, group: 'other-group', firstFailedAt: new Date(failedAt) },
    });
  });

  it('has no key, value, time, group or first failure where there was none', () => {
    const original = { topic, partition: 0, offset: '0', timestamp: null, group: null };
    const back = restored(published({ original, key: null, value: null, firstFailedAt: null }), of);
    expect(back).toMatchObject({
      key: null,
      value: null,
      offset: '0',
      timestamp: '-1',
      timestampType: 'CreateTime',
      replay: { group: null, firstFailedAt: null },
    });
    expect((back as KafkaRecord).headers).not.toHaveProperty('allim-first-failed-at');
    expect(readLetter(read(`${topic}.DLT`, deadLetter(back as KafkaRecord, failure)))).toMatchObject({
      original: { ...original, offset: '0' },
      firstFailedAt: new Date(failedAt),
    });
  });

  it('fails as the same case, by whichever group, and its headers do not grow from trip to trip', () => {
    let headers = kept(record.headers);
    const sizes: number[] = [];
    for (let count = 1; count <= 3; count++) {
      const back = restored(published({ headers, replay: { id: `job-${count}`, count } }), of) as KafkaRecord;
      const letter = read(`${topic}.DLT`, deadLetter(back, { ...failure, failedAt: failedAt + count * 60_000 }));
      const told = readLetter(letter);
      const { timestampType: _, ...original } = replay.original;
      expect(told).toMatchObject({
        original,
        replayCount: count,
        replayId: `job-${count}`,
        firstFailedAt: new Date(failedAt),
      });
      expect(told.headers).toEqual(record.headers);
      expect([letter.key, letter.value]).toEqual([record.key, record.value]);
      sizes.push(Object.values(letter.headers).flat().length);
      headers = kept(told.headers);
    }
    expect(new Set(sizes).size).toBe(1);
  });

  it.each<[string, string | Buffer | undefined, RegExp]>([
    ['kafka_dlt-original-topic', undefined, /expected the name of a topic/],
    ['kafka_dlt-original-topic', 'no topic', /expected the name of a topic/],
    ['kafka_dlt-original-topic', 'payments.done', /payments\.done is not replayed here/],
    ['kafka_dlt-original-partition', undefined, /4 bytes/],
    ['kafka_dlt-original-partition', '1', /4 bytes/],
    ['kafka_dlt-original-partition', Buffer.from([0xff, 0xff, 0xff, 0xff]), /4 bytes/],
    ['kafka_dlt-original-offset', undefined, /8 bytes/],
    ['kafka_dlt-original-offset', Buffer.alloc(4), /8 bytes/],
    ['allim-replay-id', undefined, /1 to 64 visible ASCII characters/],
    ['allim-replay-id', '', /1 to 64/],
    ['allim-replay-id', 'x'.repeat(65), /1 to 64/],
    ['allim-replay-id', '재처리', /1 to 64/],
    ['allim-replay-count', undefined, /whole number from 1/],
    ['allim-replay-count', '0', /whole number from 1/],
    ['allim-replay-count', 'two', /whole number from 1/],
    ['kafka_dlt-original-consumer-group', 'g'.repeat(1_021), /at most 1020 bytes/],
  ])('is refused with %s = %j', (name, value, reason) => {
    const { headers, ...rest } = published();
    const { [name]: _, ...others } = headers;
    const changed = { ...rest, headers: value === undefined ? others : { ...others, [name]: Buffer.from(value) } };
    const back = restored(changed, of);
    expect(back).toBeInstanceOf(BadReplay);
    expect((back as BadReplay).message).toMatch(reason);
    expect((back as BadReplay).stack).toBe('');
  });

  it('takes what is illegible but not needed for unknown', () => {
    const { headers, ...rest } = published();
    const unknown = {
      'kafka_dlt-original-timestamp': Buffer.alloc(3),
      'kafka_dlt-original-timestamp-type': Buffer.from('?'),
      'allim-first-failed-at': Buffer.from('yesterday'),
    };
    expect(restored({ ...rest, headers: { ...headers, ...unknown } }, of)).toMatchObject({
      timestamp: '-1',
      timestampType: 'CreateTime',
      replay: { firstFailedAt: null },
    });
  });
});

describe('asReplayed', () => {
  it('gives a record the identity of another one, and leaves its bytes and headers as they are', () => {
    const { original, ...by } = replay;
    expect(asReplayed({ ...record, topic: 'elsewhere', partition: 1, offset: '2' }, { original, ...by })).toEqual(
      restored(published({ headers: kept(record.headers) }), of),
    );
  });
});
