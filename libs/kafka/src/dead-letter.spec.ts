import { deadLetter, deadLetterTopic, portions } from './dead-letter.js';
import { type KafkaRecord } from './record.js';

const record: KafkaRecord = {
  topic: 'shopping.order.created',
  partition: 258,
  offset: '4294967298',
  key: Buffer.from([0xff, 0x00]),
  value: Buffer.from([0x7b, 0xfe]),
  headers: { traceparent: Buffer.from('00-a-b-01') },
  timestamp: '1770372000000',
  timestampType: 'CreateTime',
};
const failure = {
  errorClass: 'bad-json',
  error: Object.assign(new Error('value: expected JSON', { cause: new TypeError('inner') }), { name: 'DataError' }),
  group: 'notification-group',
  attempts: 2,
  failedAt: Date.UTC(2026, 1, 6, 10),
};

const bytes = (value: unknown) => (Buffer.isBuffer(value) ? value.toString('hex') : value);

describe('deadLetter', () => {
  it('keeps key, value and partition, byte for byte', () => {
    const letter = deadLetter(record, failure);
    expect(letter).toMatchObject({ key: record.key, value: record.value, partition: 258 });
    expect(deadLetter({ ...record, key: null, value: null }, failure)).toMatchObject({ key: null, value: null });
  });

  it('names what happened in Spring’s headers and ours, numbers big-endian', () => {
    const { headers = {} } = deadLetter(record, failure);
    expect(Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, bytes(value)]))).toEqual({
      traceparent: Buffer.from('00-a-b-01').toString('hex'),
      'kafka_dlt-original-topic': 'shopping.order.created',
      'kafka_dlt-original-partition': '00000102',
      'kafka_dlt-original-offset': '0000000100000002',
      'kafka_dlt-original-timestamp': '0000019c3264e900',
      'kafka_dlt-original-timestamp-type': 'CreateTime',
      'kafka_dlt-original-consumer-group': 'notification-group',
      'kafka_dlt-exception-fqcn': 'DataError',
      'kafka_dlt-exception-cause-fqcn': 'TypeError',
      'kafka_dlt-exception-message': 'value: expected JSON',
      'kafka_dlt-exception-stacktrace': expect.stringContaining('dead-letter.spec'),
      'allim-error-class': 'bad-json',
      'allim-attempts': '2',
      'allim-replay-count': '0',
      'allim-first-failed-at': '2026-02-06T10:00:00.000Z',
    });
  });

  it('bounds the texts', () => {
    const long = { ...failure, error: Object.assign(new Error('m'.repeat(5_000)), { stack: 's'.repeat(50_000) }) };
    const { headers = {} } = deadLetter(record, long);
    expect(headers['kafka_dlt-exception-message']).toHaveLength(1_000);
    expect(headers['kafka_dlt-exception-stacktrace']).toHaveLength(4_000);
  });

  it('replaces the headers of a first trip, but keeps when it failed first and how often it was replayed', () => {
    const first = deadLetter(record, failure);
    const replayed = { ...record, offset: '9', headers: { ...first.headers, 'allim-replay-count': '1' } };
    const { headers = {} } = deadLetter(replayed, { ...failure, errorClass: 'too-long', failedAt: 0 });
    expect(headers).toMatchObject({
      'allim-error-class': 'too-long',
      'allim-first-failed-at': '2026-02-06T10:00:00.000Z',
      'allim-replay-count': '1',
    });
    expect(bytes(headers['kafka_dlt-original-offset'])).toBe('0000000000000009');
  });

  it('puts an empty value where a header has none, because kafkajs cannot write that', () => {
    const headers = { none: null, many: [Buffer.from('a'), null] } as unknown as KafkaRecord['headers'];
    expect(deadLetter({ ...record, headers }, failure).headers).toMatchObject({
      none: '',
      many: [Buffer.from('a'), ''],
    });
  });

  it('goes to the topic’s own .DLT', () => {
    expect(deadLetterTopic('shopping.order.created')).toBe('shopping.order.created.DLT');
  });
});

describe('portions', () => {
  const letter = (kilobytes: number) => ({ key: null, value: Buffer.alloc(kilobytes * 1024) });
  const sizes = (...kilobytes: number[]) =>
    portions(kilobytes.map(letter)).map(({ messages }) => messages.map(({ value }) => (value?.length ?? 0) / 1024));

  it('keeps the order and splits what is too large together', () => {
    expect(sizes(100, 100, 100, 20)).toEqual([
      [100, 100],
      [100, 20],
    ]);
  });

  it('sends a large one alone', () => {
    expect(sizes(1, 1_000, 1)).toEqual([[1], [1_000], [1]]);
  });

  it('counts the headers, too', () => {
    const headers = { stack: 's'.repeat(4_000), many: ['m'.repeat(1_000), Buffer.alloc(1_000)] };
    expect(portions(Array(100).fill({ value: null, headers })).length).toBeGreaterThan(1);
  });
});
