import { randomBytes } from 'node:crypto';
import { deadLetter } from './dead-letter.js';
import { type Letter, readLetter } from './letter.js';
import { type KafkaRecord } from './record.js';

const record: KafkaRecord = {
  topic: 'shopping.order.created.DLT',
  partition: 2,
  offset: '7',
  key: Buffer.from('key'),
  value: Buffer.from('{"a":1}'),
  headers: {},
  timestamp: '1770372000000',
  timestampType: 'CreateTime',
};

/** As Kafka has it: bytes, in the order they were added, a repeated one as a list. */
type Headers = Record<string, string | Buffer | (string | Buffer)[]>;
const withHeaders = (headers: Headers, changes: Partial<KafkaRecord> = {}): KafkaRecord => ({
  ...record,
  ...changes,
  headers: Object.fromEntries(
    Object.entries(headers).map(([name, values]) => {
      const bytes = [values].flat().map((value) => (typeof value === 'string' ? Buffer.from(value) : value));
      return [name, Array.isArray(values) ? bytes : bytes[0]];
    }),
  ),
});

const int32 = (value: number) => Buffer.from(value.toString(16).padStart(8, '0'), 'hex');
const int64 = (value: bigint) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
};

/** What Spring writes of a listener that has failed: DeadLetterPublishingRecoverer, or `@RetryableTopic`. */
const spring = (family: 'kafka_dlt-' | 'kafka_', topic = 'shopping.order.created'): Headers => ({
  [`${family}exception-fqcn`]: 'org.springframework.kafka.listener.ListenerExecutionFailedException',
  [`${family}exception-cause-fqcn`]: 'java.lang.IllegalStateException',
  [`${family}exception-message`]: 'Listener failed',
  [`${family}exception-stacktrace`]: 'at org.shop.Listener',
  [`${family}original-topic`]: topic,
  [`${family}original-partition`]: int32(258),
  [`${family}original-offset`]: int64(9_007_199_254_740_993n),
  [`${family}original-timestamp`]: int64(1_770_372_000_000n),
  [`${family}original-timestamp-type`]: 'CreateTime',
  'kafka_dlt-original-consumer-group': 'order-group',
});
const place: Letter['original'] = {
  topic: 'shopping.order.created',
  partition: 258,
  offset: '9007199254740993',
  timestamp: new Date('2026-02-06T10:00:00Z'),
  group: 'order-group',
};

describe('readLetter', () => {
  it('reads what deadLetter() has written', () => {
    const failed: KafkaRecord = {
      ...record,
      topic: 'shopping.order.created',
      partition: 258,
      offset: '9007199254740993',
      headers: {
        traceparent: Buffer.from('00-a-b-01'),
        'allim-replay-count': Buffer.from('2'),
        'allim-replay-id': Buffer.from('r-1'),
      },
    };
    const { key, value, headers } = deadLetter(failed, {
      errorClass: 'bad-json',
      error: Object.assign(new Error('expected JSON', { cause: new TypeError('x') }), {
        name: 'DataError',
        stack: 's',
      }),
      group: 'order-group',
      attempts: 4,
      failedAt: Date.UTC(2026, 1, 6, 11),
    });
    const letter = withHeaders(headers as Headers, { key: key as Buffer, value: value as Buffer });
    expect(readLetter(letter)).toEqual({
      original: place,
      key: record.key,
      value: record.value,
      wrapped: false,
      headers: { traceparent: Buffer.from('00-a-b-01') },
      error: { class: 'bad-json', type: 'TypeError', message: 'expected JSON', stack: 's' },
      attempts: 4,
      firstFailedAt: new Date('2026-02-06T11:00:00Z'),
      replayCount: 2,
      replayId: 'r-1',
    });
  });

  it.each(['kafka_dlt-', 'kafka_'] as const)('reads what Spring has written in the headers %s*', (family) => {
    const added = {
      kafka_deliveryAttempt: int32(3),
      'retry_topic-attempts': int32(3),
      springDeserializerExceptionValue: Buffer.from([0xac, 0xed]),
    };
    const own = { __TypeId__: 'org.shop.Order', kafka_correlationId: 'c', many: ['1', '2'] };
    expect(readLetter(withHeaders({ ...own, ...added, ...spring(family) }))).toEqual({
      original: place,
      key: record.key,
      value: record.value,
      wrapped: false,
      headers: withHeaders(own).headers,
      error: {
        class: 'IllegalStateException',
        type: 'java.lang.IllegalStateException',
        message: 'Listener failed',
        stack: 'at org.shop.Listener',
      },
      attempts: null,
      firstFailedAt: null,
      replayCount: 0,
      replayId: null,
    });
  });

  it('prefers the group’s name of its own family', () => {
    const both = { ...spring('kafka_'), 'kafka_original-consumer-group': 'own' };
    expect(readLetter(withHeaders(both)).original.group).toBe('own');
  });

  it.each(['kafka_dlt-', 'kafka_'] as const)(
    'reads why a key could not be read, and of both the value: %s*',
    (family) => {
      const ofKey = {
        [`${family}key-exception-fqcn`]: 'org.spring.DeserializationException',
        [`${family}exception-cause-fqcn`]: 'java.lang.NumberFormatException',
        [`${family}key-exception-message`]: 'bad key',
        [`${family}key-exception-stacktrace`]: 'at key',
      };
      expect(readLetter(withHeaders(ofKey)).error).toEqual({
        class: 'NumberFormatException',
        type: 'java.lang.NumberFormatException',
        message: 'bad key',
        stack: 'at key',
      });
      const { error, headers } = readLetter(withHeaders({ ...ofKey, ...spring(family) }));
      expect([error.message, error.stack]).toEqual(['Listener failed', 'at org.shop.Listener']);
      expect(headers).toEqual({});
    },
  );

  it('takes the first place and the last exception of several trips', () => {
    const [once, again] = [spring('kafka_dlt-'), { ...spring('kafka_dlt-', 'shopping.order.created.DLT') }];
    again['kafka_dlt-original-partition'] = int32(0);
    again['kafka_dlt-original-offset'] = int64(0n);
    again['kafka_dlt-original-timestamp'] = int64(0n);
    again['kafka_dlt-original-consumer-group'] = 'other';
    again['kafka_dlt-exception-cause-fqcn'] = 'java.io.IOException';
    again['kafka_dlt-exception-message'] = 'again';
    again['kafka_dlt-exception-stacktrace'] = 'at again';
    const appended = Object.fromEntries(Object.keys(once).map((name) => [name, [once[name], again[name]].flat()]));
    const { original, error } = readLetter(withHeaders(appended as Headers));
    expect(original).toEqual(place);
    expect(error).toEqual({ class: 'IOException', type: 'java.io.IOException', message: 'again', stack: 'at again' });
  });

  it.each([
    ['kafka_', 'kafka_dlt-'],
    ['kafka_dlt-', 'kafka_'],
  ] as const)('takes the place of %s*, which stands first, and the exception of %s*', (before, after) => {
    const later = { ...spring(after, 'shopping.order.created-retry-0'), [`${after}exception-message`]: 'later' };
    const { original, error, headers } = readLetter(withHeaders({ ...spring(before), ...later }));
    expect([original.topic, error.message, headers]).toEqual(['shopping.order.created', 'later', {}]);
  });

  it('takes Spring’s, where a letter of ours was read again and has failed there', () => {
    const ours = deadLetter(
      { ...record, headers: {} },
      { errorClass: 'handler', error: new Error('ours'), group: 'g', attempts: 3, failedAt: 0 },
    ).headers as Headers;
    const again = spring('kafka_dlt-', 'another.topic');
    const appended = Object.fromEntries(
      Object.entries({ ...ours, ...again }).map(([name, value]) => [
        name,
        name in again ? [ours[name], again[name]].flat().filter((one) => one !== undefined) : value,
      ]),
    );
    const wrapped = { ...withHeaders({ ...appended, __TypeId__: '[B' } as Headers), value: Buffer.from('"/wA="') };
    expect(readLetter(wrapped)).toMatchObject({
      value: Buffer.from([0xff, 0x00]),
      wrapped: true,
      headers: {},
      error: { class: 'IllegalStateException', message: 'Listener failed' },
      attempts: null,
    });
  });

  it('takes ours, where we have put them over an earlier trip’s', () => {
    const earlier = withHeaders({
      'kafka_original-topic': 'earlier',
      ...spring('kafka_dlt-'),
      'kafka_exception-message': 'earlier',
    });
    const failure = { errorClass: 'handler', error: new Error('ours'), group: 'g', attempts: 1, failedAt: 0 };
    const { original, error } = readLetter(withHeaders(deadLetter(earlier, failure).headers as Headers));
    expect(original).toMatchObject({ topic: record.topic, partition: 2, offset: '7', group: 'g' });
    expect(error).toMatchObject({ class: 'handler', type: 'Error', message: 'ours' });
  });

  it.each([
    ['shopping.order.created.DLT', 'shopping.order.created'],
    ['shopping.order.created-dlt', 'shopping.order.created'],
    ['a.DLT.DLT', 'a.DLT'],
    ['.DLT', '.DLT'],
    ['parked', 'parked'],
  ])('guesses the topic of a letter in %s that names none: %s, and no place in it', (topic, guess) => {
    const { 'kafka_dlt-original-topic': _, ...rest } = spring('kafka_dlt-');
    const { original } = readLetter(withHeaders(rest, { topic }));
    expect(original).toEqual({ ...place, topic: guess, partition: null, offset: null });
    expect(readLetter({ ...record, topic }).original).toEqual({
      topic: guess,
      partition: null,
      offset: null,
      timestamp: null,
      group: null,
    });
  });

  it.each<[string, string | Buffer, (letter: Letter) => unknown]>([
    ['original-topic', Buffer.from([0xff, 0xfe]), ({ original }) => original.partition],
    ['original-topic', '', ({ original }) => original.partition],
    ['original-topic', 'no topic', ({ original }) => original.partition],
    ['original-topic', 't'.repeat(250), ({ original }) => original.partition],
    ['original-partition', '3', ({ original }) => original.partition],
    ['original-partition', int64(3n), ({ original }) => original.partition],
    ['original-partition', Buffer.alloc(4, 0xff), ({ original }) => original.partition],
    ['original-offset', '12', ({ original }) => original.offset],
    ['original-offset', int32(12), ({ original }) => original.offset],
    ['original-offset', Buffer.alloc(9), ({ original }) => original.offset],
    ['original-offset', int64(-1n), ({ original }) => original.offset],
    ['original-timestamp', '', ({ original }) => original.timestamp],
    ['original-timestamp', int64(-1n), ({ original }) => original.timestamp],
    ['original-timestamp', int64(253_402_300_800_000n), ({ original }) => original.timestamp],
    ['original-timestamp', int64(2n ** 63n - 1n), ({ original }) => original.timestamp],
    ['original-consumer-group', Buffer.from([0xc3]), ({ original }) => original.group],
    ['original-consumer-group', '', ({ original }) => original.group],
  ])('takes a malformed %s (%j) as absent', (name, value, read) => {
    expect(read(readLetter(withHeaders({ ...spring('kafka_dlt-'), [`kafka_dlt-${name}`]: value })))).toBeNull();
  });

  it.each(['', 'x', '-1', '1.5', '1e3', '9'.repeat(20), Buffer.from([0xff])])('takes %j as no count', (value) => {
    const letter = readLetter(withHeaders({ 'allim-attempts': value, 'allim-replay-count': value }));
    expect([letter.attempts, letter.replayCount]).toEqual([null, 0]);
  });

  it.each([
    '',
    'yesterday',
    '2026-02-06',
    '-000001-01-01T00:00:00.000Z',
    '+010000-01-01T00:00:00.000Z',
    '2026-02-30T00:00:00.000Z',
  ])('takes %j as no time of a failure', (value) => {
    expect(readLetter(withHeaders({ 'allim-first-failed-at': value })).firstFailedAt).toBeNull();
  });

  it.each<[Headers, string, string | null]>([
    [{}, 'unknown', null],
    [{ 'kafka_dlt-exception-fqcn': Buffer.from([0xff]) }, 'unknown', null],
    [{ 'kafka_dlt-exception-fqcn': 'a.b.C' }, 'C', 'a.b.C'],
    [{ 'kafka_exception-fqcn': 'a.b.C' }, 'C', 'a.b.C'],
    [{ 'kafka_dlt-exception-fqcn': 'a.b.C$D$1' }, 'D', 'a.b.C$D$1'],
    [{ 'kafka_dlt-exception-fqcn': '1.$' }, 'unknown', '1.$'],
    [{ 'kafka_dlt-exception-fqcn': 'a.B', 'allim-error-class': '' }, 'B', 'a.B'],
  ])('of %j the class is %s', (headers, errorClass, type) => {
    expect(readLetter(withHeaders(headers)).error).toEqual({ class: errorClass, type, message: '', stack: '' });
  });

  describe('a value that Spring has wrapped', () => {
    const bytes = Buffer.from([0x7b, 0xff, 0x00, 0xfb]); // its base64 has + and =
    const wrapped = `"${bytes.toString('base64')}"`;
    const read = (value: string | Buffer | null, headers: Headers = { __TypeId__: '[B', own: 'x' }) =>
      readLetter(withHeaders(headers, { value: typeof value === 'string' ? Buffer.from(value) : value }));

    it('is given as it was', () => {
      expect(read(wrapped)).toMatchObject({ value: bytes, wrapped: true, headers: { own: Buffer.from('x') } });
      expect(Object.keys(read(wrapped).headers)).toEqual(['own']);
      expect(read('""')).toMatchObject({ value: Buffer.alloc(0), wrapped: true });
    });

    it.each([
      ['no type', wrapped, { own: 'x' }],
      ['another type', wrapped, { __TypeId__: 'java.lang.String' }],
      ['another type last', wrapped, { __TypeId__: ['[B', 'java.lang.String'] }],
      ['our letter, whose value is the publisher’s', wrapped, { __TypeId__: '[B', 'allim-error-class': 'bad-json' }],
      ['no JSON string', bytes.toString('base64'), undefined],
      ['blanks around it', `${wrapped} `, undefined],
      ['no base64', '"{}"', undefined],
      ['base64 of other padding', wrapped.replaceAll('=', ''), undefined],
      ['base64 with bits that are lost', '"e/=="', undefined],
      ['base64 for addresses', wrapped.replace('+', '-'), undefined],
      ['nothing', '', undefined],
      ['no value', null, undefined],
    ])('but not with %s', (_, value, headers) => {
      const letter = read(value, headers as Headers | undefined);
      expect(letter.wrapped).toBe(false);
      expect(letter.value).toEqual(value === null ? null : Buffer.from(value));
      expect(Object.keys(letter.headers)).toEqual(Object.keys(headers ?? { __TypeId__: '', own: '' }).filter(notOurs));
    });
    const notOurs = (name: string) => !name.startsWith('allim-');
  });

  it('never throws, whatever the headers hold', () => {
    const names = [
      ...Object.keys({ ...spring('kafka_'), ...spring('kafka_dlt-') }),
      ...['error-class', 'attempts', 'first-failed-at', 'replay-count', 'replay-id'].map((name) => `allim-${name}`),
      '__TypeId__',
    ];
    const values = [
      null,
      undefined,
      '',
      'x',
      [],
      [null],
      ['', null],
      ['x', 'x'],
      Buffer.alloc(0),
      Buffer.alloc(4),
      Buffer.alloc(8),
    ];
    for (const value of [...values, ...Array.from({ length: 200 }, (_, n) => randomBytes(n % 12))]) {
      const headers = Object.fromEntries(names.map((name) => [name, value])) as KafkaRecord['headers'];
      const read = readLetter({ ...record, headers, value: Buffer.isBuffer(value) ? value : null });
      expect(() => JSON.stringify(read)).not.toThrow();
    }
  });
});
