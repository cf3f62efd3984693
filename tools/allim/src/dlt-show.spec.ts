import type { Letter, ShownBytes } from './dlt-api.js';
import { hexDump, letterShown } from './dlt-show.js';

const text = (shown: string, isCut = false): ShownBytes => ({
  as: 'text',
  shown,
  bytes: Buffer.byteLength(shown),
  isCut,
});

const letter: Letter = {
  number: 12,
  topic: 'shopping.order.created',
  partition: 2,
  offset: '1042',
  consumerGroup: 'allim-consumer',
  key: text('user-1'),
  errorClass: 'bad-schema',
  errorType: 'ZodError',
  message: 'orderNumber: expected a text\nuserId: expected a text',
  group: '0123456789abcdef0123456789abcdef',
  state: 'parked',
  failures: 6,
  attempts: 4,
  replays: 5,
  valueBytes: 31,
  firstFailedAt: '2026-02-05T10:00:00.000Z',
  failedAt: '2026-02-06T07:00:00.000Z',
  recordTimestamp: '2026-02-05T09:59:59.000Z',
  letter: { topic: 'shopping.order.created.DLT', partition: 2, offset: '7' },
  stack: 'ZodError: no\n\tat read (order.ts:1:2)\n',
  isMasked: false,
  value: text('{"name":"이서연","items":[1,2]}'),
  headers: [
    { name: 'traceparent', value: text('00-ab-cd-01') },
    { name: 'bin', value: { as: 'hex', shown: 'ff00', bytes: 2, isCut: false } },
  ],
  fields: [
    { field: 'orderNumber', faults: ['expected an id'] },
    { field: 'items', faults: ['0: price: expected an amount', '1: price: expected an amount'] },
    { field: 'name', faults: [] },
  ],
  jobs: [
    { job: 4, state: 'planned', letter: 'pending', startedBy: null, reason: null },
    { job: 3, state: 'done', letter: 'published', startedBy: 'op-1', reason: 'mended\u001b[2J' },
  ],
};
const now = new Date('2026-02-06T10:00:00Z');
const show = (change: Partial<Letter> = {}, isColoured = false) =>
  letterShown({ ...letter, ...change }, now, { columns: 100, isColoured });

it('shows everything about a case, the stack last', () => {
  expect(show()).toBe(`Dead letter 12: parked
  topic           shopping.order.created, partition 2, offset 1042
  consumer group  allim-consumer
  key             user-1
  failed          6 times, first 2026-02-05 10:00:00 UTC (1 d ago), last 2026-02-06 07:00:00 UTC (3 h ago)
  attempts        4, the last time
  replays         5
  record          2026-02-05 09:59:59 UTC (1 d ago)
  letter          shopping.order.created.DLT, partition 2, offset 7
  group           0123456789abcdef0123456789abcdef

Error
  class    bad-schema
  type     ZodError
  message  orderNumber: expected a text
           userId: expected a text

Headers
  traceparent: 00-ab-cd-01
  bin: 0xff00

Payload: 34 bytes, JSON
  {
    "name": "이서연",
    "items": [
      1,
      2
    ]
  }

Against its schema
  orderNumber: expected an id
  items: 0: price: expected an amount
  items: 1: price: expected an amount

Replay jobs
  4: planned, this one pending
  3: done, this one published; started by op-1: mended\\x1b[2J

Stack
  ZodError: no
      at read (order.ts:1:2)`);
});

it('says nothing of a schema or jobs where there is nothing to say', () => {
  const shown = show({ fields: null, jobs: [] });
  expect(shown).not.toContain('Against its schema');
  expect(shown).not.toContain('Replay jobs');
  expect(show({ fields: [{ field: 'name', faults: [] }] })).not.toContain('Against its schema');
});

it('says what is not known', () => {
  const unknown = { partition: null, offset: null, consumerGroup: null, key: null, errorType: null, attempts: null };
  const lines = show({ ...unknown, firstFailedAt: null, recordTimestamp: null, headers: [], stack: '' }).split('\n');
  expect(lines).toEqual(
    expect.arrayContaining([
      '  topic           shopping.order.created',
      '  consumer group  unknown',
      '  key             none',
      '  failed          6 times, first unknown, last 2026-02-06 07:00:00 UTC (3 h ago)',
      '  attempts        unknown',
      '  type     unknown',
      '  record          unknown',
    ]),
  );
  expect(show({ headers: [] })).toContain('Headers\n  none\n');
});

it('says what is hidden, and does not call it empty', () => {
  const masked = show({ isMasked: true, key: null, value: null, headers: [] });
  const hidden = 'hidden: the token has not the scope ops:payload';
  for (const part of [`key             ${hidden}`, `Headers\n  ${hidden}`, `Payload\n  ${hidden}`])
    expect(masked).toContain(part);
});

it.each([
  ['text', text('order 7\nends'), 'Payload: 12 bytes, text\n  order 7\n  ends\n'],
  ['a number beyond exact ones', text('9007199254740993'), 'Payload: 16 bytes, JSON\n  9007199254740993\n'],
  ['cut JSON', { ...text('{"a":1', true), bytes: 99 }, 'Payload: 99 bytes, text, the beginning of it\n  {"a":1\n'],
  ['nothing at all', text(''), 'Payload: 0 bytes, text\n  \n'],
  [
    'bytes',
    { as: 'hex' as const, shown: '00ff41', bytes: 3, isCut: false },
    `Payload: 3 bytes, binary\n  00000000  00 ff 41${' '.repeat(42)}|..A|\n`,
  ],
])('shows %s as a payload', (_, value, expected) => {
  expect(show({ value })).toContain(expected);
});

it('tells no payload from one that is not kept', () => {
  expect(show({ value: null, valueBytes: null })).toContain('Payload\n  none\n');
  expect(show({ value: null, valueBytes: 9 })).toContain('Payload\n  not kept\n');
});

it('lets nothing act on the terminal, nor look like a section', () => {
  const bad = '\x1b[2J\x1b]0;x\x07\u009b31m\u202e\u2066\nStack\r\n\0';
  const every = show({
    topic: bad,
    consumerGroup: bad,
    offset: bad,
    key: text(bad),
    errorClass: bad,
    errorType: bad,
    message: bad,
    group: bad,
    failedAt: bad,
    letter: { topic: bad, partition: 0, offset: bad },
    stack: bad,
    value: text(bad),
    headers: [{ name: bad, value: text(bad) }],
  });
  expect(every.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(every.match(/^Stack/gm)).toHaveLength(1);
  expect(every).toContain('\\x1b[2J\\x1b]0;x\\x07\\x9b31m\\u202e\\u2066');
  const json = show({ value: text(JSON.stringify({ [bad]: bad })) });
  expect(json.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
});

it('has titles that stand out on a terminal', () => {
  expect(show({}, true)).toContain('\x1b[1mStack\x1b[22m');
});

it('dumps bytes as hexdump -C does', () => {
  expect(hexDump(Buffer.from('0123456789abcdef\n~').toString('hex'))).toEqual([
    '00000000  30 31 32 33 34 35 36 37  38 39 61 62 63 64 65 66  |0123456789abcdef|',
    '00000010  0a 7e                                             |.~|',
  ]);
  expect(hexDump('')).toEqual([]);
});
