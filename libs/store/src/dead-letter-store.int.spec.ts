import { randomBytes } from 'node:crypto';
import { type DeadLetterState, deadLetterStates } from '@allim/contracts';
import { fixedClock, useStack } from '@allim/testing';
import fc from 'fast-check';
import { type Database, inTransaction, openDatabase, withSession } from './database.js';
import { type IndexedLetter, valueBytesMost } from './dead-letter-case.js';
import { type DeadLetterCase, type DeadLetterFilter, shortTime } from './dead-letter-list.js';
import { DeadLetterStore, moveCases } from './dead-letter-store.js';
import { migrate } from './migrate.js';
import { datetime } from './statement.js';
import { letter, nextLetter } from './testing/letters.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
const at = (ms: number) => new Date(clock() + ms);
const minute = 60_000;
const why = { actor: 'operator-1', reason: '깨진 시험 🧪' };
let database: Database;
let store: DeadLetterStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 20 });
  store = new DeadLetterStore(database, {}, clock);
});
afterAll(() => database?.destroy());

const sql = <Result>(
  text: string,
  values: Parameters<Parameters<Parameters<typeof withSession>[1]>[0]['query']>[1] = [],
) => withSession(database, (session) => session.query<Result>(text, values));

const tables = ['dead_letter', 'dead_letter_payload', 'dead_letter_place', 'dead_letter_group', 'dead_letter_topic'];
/** As they are before the first letter. */
async function emptyIndex(): Promise<void> {
  for (const table of [...tables, 'audit_log']) await sql(`TRUNCATE ${table}`);
}

let topics = 0;
/** A topic whose name no other spec uses. */
const newTopic = () => `spec.${++topics}.${randomBytes(4).toString('hex')}`;
const of = (topic: string) => ({ original: { topic } });
const batch = (count: number, topic = newTopic()) => Array.from({ length: count }, () => letter(of(topic)));

async function only(filter: DeadLetterFilter): Promise<DeadLetterCase> {
  const cases = await store.list(filter, { limit: 2 });
  expect(cases).toHaveLength(1);
  return cases[0]!;
}
const offsets = async (filter: DeadLetterFilter, limit = 1_000) =>
  (await store.list(filter, { limit })).map(({ offset }) => offset);
const numbersOf = async (filter: DeadLetterFilter) =>
  (await store.list(filter, { limit: 1_000 })).map(({ number }) => number);

/** As a replay will. */
const move = (numbers: number[], from: DeadLetterState[], to: DeadLetterState) =>
  inTransaction(database, (transaction) => moveCases(transaction, numbers, { from, to, now: datetime(clock()) }));

/** What the summaries count is what there is, no group and no topic left out. */
async function expectSummariesToAgree(): Promise<void> {
  for (const [table, key] of [
    ['dead_letter_group', 'pattern_key'],
    ['dead_letter_topic', 'topic'],
  ] as const) {
    const counts = deadLetterStates.map((state) => `CAST(SUM(state = '${state}') AS SIGNED) AS ${state}_count`);
    const counted = await sql<object[]>(
      `SELECT ${key}, ${counts.join(', ')} FROM dead_letter GROUP BY ${key} ORDER BY ${key}`,
    );
    const kept = await sql<object[]>(
      `SELECT ${key}, ${deadLetterStates.map((state) => `${state}_count`).join(', ')} FROM ${table}
       WHERE ${deadLetterStates.map((state) => `${state}_count <> 0`).join(' OR ')} ORDER BY ${key}`,
    );
    expect(kept).toEqual(counted);
    const early = await sql<object[]>(
      `SELECT 1 FROM dead_letter AS d LEFT JOIN ${table} AS s ON s.${key} = d.${key}
       WHERE s.failed_at IS NULL OR s.failed_at < d.failed_at OR s.first_failed_at > d.first_failed_at`,
    );
    expect(early).toEqual([]);
  }
}

describe('index', () => {
  it('makes a case of each letter, with all that it says', async () => {
    const topic = newTopic();
    const one = letter({
      original: { topic, partition: 3, offset: '9007199254740993', group: '주문-group' },
      place: { partition: 3, offset: '9007199254740995' },
      key: Buffer.from([0, 1, 0xff]),
      attempts: 4,
      replays: 2,
      firstFailedAt: at(-2 * minute),
      failedAt: at(-minute),
    });
    expect(await store.index([one])).toEqual({ fresh: 1, again: 0, known: 0 });
    const { number } = await only({ topic });
    const found = {
      number,
      consumerGroup: '주문-group',
      topic,
      partition: 3,
      offset: '9007199254740993',
      recordTimestamp: one.original.timestamp,
      letter: one.place,
      errorClass: 'bad-schema',
      errorType: 'ZodError',
      message: one.error.message,
      pattern: 'order <number>: expected a number',
      group: expect.stringMatching(/^[\da-f]{32}$/),
      attempts: 4,
      failures: 1,
      replays: 2,
      state: 'open',
      firstFailedAt: at(-2 * minute),
      failedAt: at(-minute),
      updatedAt: at(0),
      valueBytes: one.value?.length,
      preview: one.value?.toString(),
      key: one.key,
    };
    expect(await only({ topic })).toEqual(found);
    const { value, headers } = one;
    expect(await store.find(number)).toEqual({ ...found, value, headers, stack: one.error.stack });
    expect(await store.find(999_999_999)).toBeNull();
    expect(await store.index([])).toEqual({ fresh: 0, again: 0, known: 0 });
  });

  it('numbers new cases as the records of a partition rise', async () => {
    const topic = newTopic();
    const rising = ['7', '9', '10', '1000'];
    await store.index(['10', '7', '1000', '9'].map((offset) => letter({ original: { topic, offset } })));
    expect(await offsets({ topic })).toEqual(rising.toReversed());
  });

  it('absorbs a batch that comes again, alone or among others', async () => {
    const letters = batch(30);
    const topic = letters[0]!.original.topic;
    expect(await store.index(letters)).toEqual({ fresh: 30, again: 0, known: 0 });
    const before = await store.list({ topic }, { limit: 100 });
    clock.advance(1_000);
    expect(await store.index(letters)).toEqual({ fresh: 0, again: 0, known: 30 });
    expect(await store.index([...letters, ...letters, letter(of(topic))])).toEqual({ fresh: 1, again: 0, known: 60 });
    expect((await store.list({ topic }, { limit: 100 })).slice(1)).toEqual(before);
  });

  it('has each case once, and counted once, when ten index the same at the same time', async () => {
    const letters = batch(200);
    const again = letters.slice(0, 50).map((one) => nextLetter(one));
    const topic = letters[0]!.original.topic;
    const counts = await Promise.all(
      Array.from({ length: 10 }, async (_, indexer) => {
        const own = new DeadLetterStore(database, {}, clock);
        const size = 20 + 10 * indexer;
        const sum = { fresh: 0, again: 0, known: 0 };
        const all = [...letters, ...again];
        for (let start = 0; start < all.length; start += size) {
          const some = await own.index(all.slice(start, start + size));
          for (const name of ['fresh', 'again', 'known'] as const) sum[name] += some[name];
        }
        return sum;
      }),
    );
    const sums = (name: 'fresh' | 'again' | 'known') => counts.reduce((sum, one) => sum + one[name], 0);
    expect([sums('fresh'), sums('again'), sums('known')]).toEqual([200, 50, 9 * 250]);
    const cases = await store.list({ topic }, { limit: 1_000 });
    expect(cases).toHaveLength(200);
    expect(cases.filter(({ failures }) => failures === 2)).toHaveLength(50);
    expect(cases.filter(({ failures }) => failures === 1)).toHaveLength(150);
    await expectSummariesToAgree();
  });

  it('counts a case up that fails again, and holds its newest error and payload', async () => {
    const topic = newTopic();
    const first = letter({ ...of(topic), failedAt: at(-9 * minute), attempts: 3 });
    await store.index([first]);
    const { number } = await only({ topic });
    await move([number], ['open'], 'replaying');
    await move([number], ['replaying'], 'replayed');
    const second = nextLetter(first, {
      place: { partition: 0, offset: '3' },
      value: Buffer.from('edited'),
      headers: { edited: [Buffer.from('yes')] },
      error: { class: 'handler', type: null, message: 'no such user', stack: 'Error: no such user' },
      failedAt: at(-minute),
      firstFailedAt: at(-9 * minute),
      replays: 1,
    });
    clock.advance(minute);
    expect(await store.index([second])).toEqual({ fresh: 0, again: 1, known: 0 });
    expect(await store.find(number)).toMatchObject({
      failures: 2,
      replays: 1,
      attempts: 1,
      state: 'open',
      letter: second.place,
      errorClass: 'handler',
      errorType: null,
      message: 'no such user',
      firstFailedAt: first.failedAt,
      failedAt: second.failedAt,
      updatedAt: at(0),
      preview: 'edited',
      value: second.value,
      headers: second.headers,
      stack: 'Error: no such user',
    });
    // In both partitions what was read is known.
    expect(await store.index([first, second])).toEqual({ fresh: 0, again: 0, known: 2 });
    const third = nextLetter(first);
    expect(await store.index([third, second, first])).toEqual({ fresh: 0, again: 1, known: 2 });
    expect(await only({ topic })).toMatchObject({ failures: 3, replays: 1 });
    expect(await store.index([third, second, first])).toEqual({ fresh: 0, again: 0, known: 3 });
    expect(await store.groups({ topic, limit: 9 })).toHaveLength(1);
    await expectSummariesToAgree();
  });

  it('parks a case whose replays are used up', async () => {
    const topic = newTopic();
    const own = new DeadLetterStore(database, { replayMax: 2 }, clock);
    const one = letter(of(topic));
    await own.index([one, nextLetter(one, { replays: 1 })]);
    expect(await only({ topic })).toMatchObject({ state: 'open', failures: 2 });
    await own.index([nextLetter(one, { replays: 2 })]);
    expect(await only({ topic })).toMatchObject({ state: 'parked', failures: 3 });
    await own.index([nextLetter(one, { replays: 1 })]);
    expect(await only({ topic })).toMatchObject({ state: 'parked', failures: 4, replays: 2 });
  });

  it('opens what was discarded only if it fails later', async () => {
    const topic = newTopic();
    const one = letter(of(topic));
    await store.index([one]);
    await store.discard([(await only({ topic })).number], why);
    const discardedAt = clock();
    clock.advance(minute);
    await store.index([nextLetter(one, { failedAt: new Date(discardedAt) })]);
    expect(await only({ topic })).toMatchObject({ state: 'discarded', failures: 2 });
    await store.index([nextLetter(one, { failedAt: new Date(discardedAt + 1) })]);
    expect(await only({ topic })).toMatchObject({ state: 'open', failures: 3 });
    await expectSummariesToAgree();
  });

  it('writes all of a batch with its summaries, or nothing', async () => {
    const topic = newTopic();
    await sql('RENAME TABLE dead_letter_topic TO elsewhere');
    try {
      await expect(store.index([letter(of(topic))])).rejects.toThrow(expect.objectContaining({ name: 'DatabaseDown' }));
    } finally {
      await sql('RENAME TABLE elsewhere TO dead_letter_topic');
    }
    expect([await offsets({ topic }), await store.groups({ topic, limit: 9 })]).toEqual([[], []]);
    await expectSummariesToAgree();
  });

  it('takes nothing when the connection is lost before the commit, and all when it is asked again', async () => {
    const letters = batch(3);
    const other = await openDatabase({ url: stack.databaseUrl, connections: 2 });
    await stack.database.kill();
    await expect(new DeadLetterStore(other).index(letters)).rejects.toThrow(
      expect.objectContaining({ name: 'DatabaseDown' }),
    );
    await stack.database.start();
    expect(await new DeadLetterStore(other).index(letters)).toEqual({ fresh: 3, again: 0, known: 0 });
    await other.destroy();
  });
});

describe('what a letter may hold', () => {
  async function whole(one: IndexedLetter) {
    await store.index([one]);
    return (await store.find((await only({ topic: one.original.topic })).number))!;
  }

  it.each([
    ['nothing', null, null],
    ['no byte', Buffer.alloc(0), ''],
    ['bytes that are no text', Buffer.from([0xff, 0xfe, 0, 0x7b]), null],
    ['text with zero bytes, quotes and backslashes', Buffer.from('\0\'"\\\n%_\x1a'), '\0\'"\\\n%_\x1a'],
    ['characters of four bytes at the cut', Buffer.from(`a${'😀'.repeat(600)}`), `a${'😀'.repeat(499)}`],
  ])('is kept byte for byte: %s', async (_, value, preview) => {
    const found = await whole(letter({ ...of(newTopic()), value, key: value }));
    expect(found).toMatchObject({ value, key: value, preview, valueBytes: value?.length ?? null });
  });

  it('may be 10 MB, beside others, and again', async () => {
    const topic = newTopic();
    const value = randomBytes(10_000_000);
    const large = letter({ original: { topic, offset: '1' }, value });
    const others = [letter({ original: { topic, offset: '2' } }), letter({ original: { topic, offset: '3' }, value })];
    expect(await store.index([others[0]!, large, others[1]!])).toEqual({ fresh: 3, again: 0, known: 0 });
    const cases = await store.list({ topic }, { limit: 5 });
    expect(cases.map((one) => one.valueBytes).sort()).toEqual(
      [10_000_000, 10_000_000, others[0]!.value!.length].sort(),
    );
    const number = cases.find(({ offset }) => offset === '1')!.number;
    expect((await store.find(number))?.value?.equals(value)).toBe(true);
    expect((await store.find(number, { valueLimit: 3 }))?.value).toEqual(value.subarray(0, 3));
    await store.index([nextLetter(large)]);
    expect(await store.find(number)).toMatchObject({ failures: 2, valueBytes: 10_000_000 });
    expect((await store.find(number))?.value?.equals(value)).toBe(true);
  });

  it('is cut where no packet would take it, and says so', async () => {
    const value = Buffer.alloc(valueBytesMost + 1, 'x');
    const found = await whole(letter({ ...of(newTopic()), value }));
    expect([found.valueBytes, found.value?.length]).toEqual([value.length, valueBytesMost]);
  });

  it('may be long in every name and text, and of any characters', async () => {
    const long = '🎁'.repeat(20_000);
    const topic = 't'.repeat(249);
    const headers = {
      [long]: [Buffer.from('1'), Buffer.from([0xff])],
      __proto__named: [],
      'a\0"\\\n': [Buffer.alloc(300_000, 1)],
    };
    Object.defineProperty(headers, '__proto__', { value: [Buffer.from('own')], enumerable: true });
    const found = await whole(
      letter({
        original: { topic, group: '그'.repeat(255) },
        place: { topic },
        key: Buffer.alloc(100_000, 'k'),
        headers,
        error: { class: 'c\0'.repeat(50), type: long, message: long, stack: long },
      }),
    );
    expect(found).toMatchObject({
      topic,
      consumerGroup: '그'.repeat(255),
      letter: { topic },
      key: Buffer.alloc(100_000, 'k'),
      errorClass: 'c\0'.repeat(50),
      errorType: '🎁'.repeat(300),
      message: '🎁'.repeat(1_000),
      stack: '🎁'.repeat(16_000),
    });
    expect(Object.entries(found.headers)).toEqual(Object.entries(headers));
    expect((await only({ topic })).key).toEqual(Buffer.alloc(1_024, 'k'));
    expect(await offsets({ topic, errorClass: 'c\0'.repeat(50), key: Buffer.alloc(100_000, 'k') })).toHaveLength(1);
  });

  it('may be no text where a text is due: half of a surrogate pair', async () => {
    const found = await whole(letter({ ...of(newTopic()), error: { message: 'a\ud83d', class: '\udc00' } }));
    expect([found.message, found.errorClass]).toEqual(['a\ufffd', '\ufffd']);
    await expectSummariesToAgree();
  });

  it('need not say of which record it is', async () => {
    const topic = newTopic();
    const one = letter({ original: { topic, partition: null, offset: null, timestamp: null, group: null } });
    const next = nextLetter(one);
    expect(await store.index([one, next, one])).toEqual({ fresh: 2, again: 0, known: 1 });
    const cases = await store.list({ topic }, { limit: 5 });
    const unsaid = { consumerGroup: null, partition: null, offset: null, recordTimestamp: null };
    expect(cases).toEqual([next, one].map(({ place }) => expect.objectContaining({ ...unsaid, letter: place })));
  });

  it('are many: a batch is cut into statements that a server with small packets takes', async () => {
    const topic = newTopic();
    const letters = Array.from({ length: 400 }, () =>
      letter({
        ...of(topic),
        value: randomBytes(5_000),
        error: { message: '가'.repeat(1_000), stack: '나'.repeat(9_000) },
      }),
    );
    await sql('SET GLOBAL max_allowed_packet = 1048576');
    const small = await openDatabase({ url: stack.databaseUrl, connections: 2 });
    try {
      expect(await new DeadLetterStore(small).index(letters)).toEqual({ fresh: 400, again: 0, known: 0 });
      const again = letters.map((one) => nextLetter(one));
      expect(await new DeadLetterStore(small).index(again)).toEqual({ fresh: 0, again: 400, known: 0 });
    } finally {
      await sql('SET GLOBAL max_allowed_packet = 16777216');
      await small.destroy();
    }
  });
});

describe('the summaries', () => {
  it('always agree with the cases, whatever is done to them at the same time', async () => {
    const topicNames = [newTopic(), newTopic()];
    const made = fc.record({
      topic: fc.constantFrom(...topicNames),
      record: fc.nat(6),
      partition: fc.nat(1),
      message: fc.constantFrom('order 1 is wrong', 'order 2 is wrong', 'boom', ''),
      class: fc.constantFrom('handler', 'bad-json'),
      replays: fc.nat(4),
      minutes: fc.integer({ min: -50, max: 50 }),
    });
    const numbers = fc.array(fc.nat(20), { minLength: 1, maxLength: 8 });
    const states = fc.uniqueArray(fc.constantFrom(...deadLetterStates), { minLength: 1 });
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ index: fc.array(made, { maxLength: 8 }) }) },
      { weight: 2, arbitrary: fc.record({ discard: numbers }) },
      { weight: 3, arbitrary: fc.record({ move: numbers, from: states, to: fc.constantFrom(...deadLetterStates) }) },
    );
    let offset = 1_000_000;
    const done = new DeadLetterStore(database, { replayMax: 3 }, clock);
    const run = async (one: typeof step extends fc.Arbitrary<infer Step> ? Step : never): Promise<unknown> => {
      if ('discard' in one) return done.discard(one.discard, why);
      if ('move' in one) return move(one.move, one.from, one.to);
      return done.index(
        one.index.map((each) =>
          letter({
            original: { topic: each.topic, partition: 0, offset: String(each.record) },
            place: { topic: `${each.topic}.DLT`, partition: each.partition, offset: String(offset++) },
            error: { message: each.message, class: each.class },
            replays: each.replays,
            failedAt: at(minute * each.minutes),
          }),
        ),
      );
    };
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(step, { minLength: 1, maxLength: 5 }), { maxLength: 6 }), async (rounds) => {
        await emptyIndex();
        for (const together of rounds) {
          await Promise.all(together.map(run));
          await expectSummariesToAgree();
        }
      }),
      { seed: 20_260_206, numRuns: 40 },
    );
  }, 120_000);

  it('tell of groups by state, the largest first, and of one topic', async () => {
    await emptyIndex();
    const [topic, other] = [newTopic(), newTopic()];
    const fail = (count: number, changes: Parameters<typeof letter>[0]) =>
      store.index(Array.from({ length: count }, () => letter(changes)));
    await fail(2, { ...of(topic), failedAt: at(-3 * minute) });
    await fail(1, { ...of(topic), failedAt: at(-9 * minute) });
    await fail(5, { ...of(topic), error: { message: 'boom' } });
    await fail(4, of(other));
    const shown = async (query: Partial<Parameters<typeof store.groups>[0]>) =>
      (await store.groups({ limit: 10, ...query })).map((group) => [group.topic, group.pattern, group.counts.open]);
    const pattern = 'order <number>: expected a number';
    const all = [
      [topic, 'boom', 5],
      [other, pattern, 4],
      [topic, pattern, 3],
    ];
    expect(await shown({})).toEqual(all);
    expect(await shown({ limit: 2 })).toEqual(all.slice(0, 2));
    expect(await shown({ topic })).toEqual([all[0], all[2]]);
    expect(await shown({ state: 'discarded' })).toEqual([]);
    const [, second] = await store.groups({ topic, limit: 2 });
    expect(second).toEqual({
      id: expect.stringMatching(/^[\da-f]{32}$/),
      topic,
      errorClass: 'bad-schema',
      pattern,
      counts: { open: 3, replaying: 0, replayed: 0, parked: 0, discarded: 0 },
      firstFailedAt: at(-9 * minute),
      failedAt: at(-3 * minute),
    });
    const given = await numbersOf({ group: second!.id });
    expect(given).toHaveLength(3);
    await store.discard(given, why);
    expect(await shown({})).toEqual(all.slice(0, 2));
    expect((await store.groups({ state: 'discarded', limit: 9 })).map(({ id }) => id)).toEqual([second!.id]);
    expect(await store.topics()).toEqual(
      [
        {
          topic,
          counts: { open: 5, replaying: 0, replayed: 0, parked: 0, discarded: 3 },
          firstFailedAt: letter().failedAt,
          failedAt: at(-3 * minute),
        },
        expect.objectContaining({ topic: other, counts: expect.objectContaining({ open: 4, discarded: 0 }) }),
      ].sort((a, b) => (a.topic < b.topic ? -1 : 1)),
    );
  });
});

describe('list', () => {
  it('finds what every filter and each two of them ask for, and nothing else', async () => {
    await emptyIndex();
    const [first, second] = [newTopic(), newTopic()] as const;
    const some = fc.sample(
      fc.record({
        topic: fc.constantFrom(first, second),
        class: fc.constantFrom('handler', 'bad-json', 'BAD-JSON', 'handler '),
        key: fc.constantFrom('a', 'A', 'a ', ''),
        message: fc.constantFrom('boom', '100% of order_7', "Robert'); DROP TABLE", 'Größe'),
        value: fc.constantFrom('{"name":"김철수"}', 'GRÖSSE', ''),
        minutes: fc.integer({ min: -5, max: 5 }),
        discarded: fc.boolean(),
      }),
      { numRuns: 300, seed: 7 },
    );
    const letters = some.map((one) =>
      letter({
        ...of(one.topic),
        key: Buffer.from(one.key),
        value: Buffer.from(one.value),
        error: { class: one.class, message: one.message },
        failedAt: at(one.minutes * minute),
      }),
    );
    await store.index(letters);
    const all = await store.list({}, { limit: 1_000 });
    const byOffset = new Map(all.map((one) => [one.offset, one]));
    const discarded = letters
      .filter((_, index) => some[index]!.discarded)
      .map(({ original }) => byOffset.get(original.offset)!.number);
    await store.discard(discarded, why);

    const filters: [DeadLetterFilter, (one: (typeof some)[number]) => boolean][] = [
      [{ topic: first }, (one) => one.topic === first],
      [{ topic: 'no such topic' }, () => false],
      [{ errorClass: 'bad-json' }, (one) => one.class === 'bad-json'],
      [{ errorClass: 'handler ' }, (one) => one.class === 'handler '],
      [{ key: 'a' }, (one) => one.key === 'a'],
      [{ key: Buffer.alloc(0) }, (one) => one.key === ''],
      [{ key: '' }, (one) => one.key === ''],
      [{ state: 'discarded' }, (one) => one.discarded],
      [{ state: 'open' }, (one) => !one.discarded],
      [{ state: 'parked' }, () => false],
      [{ since: at(2 * minute) }, (one) => one.minutes >= 2],
      [{ until: at(-minute) }, (one) => one.minutes < -1],
      [{ since: at(-minute), until: at(minute) }, (one) => one.minutes >= -1 && one.minutes < 1],
      [{ text: '0%' }, (one) => one.message.includes('0%')],
      [{ text: "');" }, (one) => one.message.includes("');")],
      [{ text: '철수' }, (one) => one.value.includes('철수')],
      [{ text: 'Größe' }, (one) => one.message === 'Größe'],
      [{ text: 'größe' }, () => false],
      [
        { group: byOffset.get(letters[0]!.original.offset)!.group },
        (one) => one.topic === some[0]!.topic && one.class === some[0]!.class && one.message === some[0]!.message,
      ],
    ];
    for (const [index, [one, fitsOne]] of filters.entries()) {
      for (const [other, fitsOther] of filters.slice(index)) {
        const filter = { ...other, ...one };
        // The same field twice: the first one's counts.
        const fits = Object.keys(other).some((name) => name in one && other !== one) ? undefined : fitsOther;
        if (!fits) continue;
        const expected = letters
          .filter((_, at) => fitsOne(some[at]!) && fits(some[at]!))
          .map(({ original }) => byOffset.get(original.offset)!.number);
        const found = await store.list(filter, { limit: 1_000 });
        expect({ filter, numbers: found.map(({ number }) => number) }).toEqual({
          filter,
          numbers: expected.sort((a, b) => b - a),
        });
      }
    }
  });

  it('pages to the end without a gap or a repetition while letters arrive', async () => {
    const topic = newTopic();
    await store.index(batch(230, topic));
    for (const filter of [
      {},
      { topic },
      { topic, state: 'open' as const },
      { topic, text: 'expected' },
      { since: at(-minute * 600) },
    ]) {
      const [newest] = await store.list(filter, { limit: 1 });
      const before = newest!.number + 1;
      const expected = (await store.list(filter, { before, limit: 10_000 })).map(({ number }) => number);
      const seen: number[] = [];
      for (let from = before; ; ) {
        const [{ cases, next }] = await Promise.all([
          store.page(filter, { before: from, limit: 17 }),
          store.index([...batch(3, topic), letter(of(newTopic()))]),
        ]);
        seen.push(...cases.map(({ number }) => number));
        if (next === null) break;
        from = next;
      }
      expect(seen).toEqual(expected);
    }
  });

  it('says that there are no more when the last page is just full', async () => {
    const topic = newTopic();
    await store.index(batch(4, topic));
    for (const filter of [{ topic }, { topic, text: 'order' }, { topic, since: at(-minute * 600) }]) {
      const { cases, next } = await store.page(filter, { limit: 2 });
      expect([cases.length, next]).toEqual([2, cases[1]!.number]);
      expect(await store.page(filter, { before: next!, limit: 2 })).toMatchObject({ next: null, cases: { length: 2 } });
    }
  });

  describe('among many', () => {
    const count = shortTime + 500;
    const topic = newTopic();
    let single: Database;

    beforeAll(async () => {
      await emptyIndex();
      const needle = { value: Buffer.from('needle'), error: { class: 'rare' }, failedAt: at(-700 * minute) };
      await store.index([letter({ ...of(topic), ...needle })]);
      for (let done = 1; done < count; done += 500) await store.index(batch(Math.min(500, count - done), topic));
      single = await openDatabase({ url: stack.databaseUrl, connections: 1 });
    }, 120_000);
    afterAll(() => single?.destroy());

    it('looks for so long for a page and says where to go on from, till it has found the last', async () => {
      for (const filter of [
        { text: 'needle' },
        { text: 'needle', topic },
        { text: 'needle', until: at(600 * minute) },
      ]) {
        let [pages, found, from] = [0, 0, Number.MAX_SAFE_INTEGER];
        for (; ; pages++) {
          const { cases, next } = await store.page(filter, { before: from, limit: 499, lookMs: 0 });
          found += cases.length;
          if (next === null) break;
          expect(next).toBeLessThan(from);
          from = next;
        }
        expect({ filter, pages: pages > 10, found }).toEqual({ filter, pages: true, found: 1 });
        expect(await store.list(filter, { limit: 5 })).toEqual([expect.objectContaining({ errorClass: 'rare' })]);
      }
    });

    it('keeps to a time, be it long or short', async () => {
      const all = await store.list({}, { limit: 2 * count });
      const [needle] = all.splice(-1);
      const long = at(-600 * minute);
      expect(await store.list({ since: long }, { limit: 2 * count })).toEqual(all);
      expect(await store.list({ since: long, errorClass: 'rare' }, { limit: 5 })).toEqual([]);
      expect(await store.list({ until: at(600 * minute), errorClass: 'rare' }, { limit: 5 })).toEqual([needle]);
      expect(await store.list({ until: long }, { limit: 5 })).toEqual([needle]);
    });

    /** Rows and index entries that the server reads for it. */
    async function reads(work: (store: DeadLetterStore) => Promise<unknown>): Promise<number> {
      await withSession(single, (session) => session.query('FLUSH STATUS'));
      await work(new DeadLetterStore(single, {}, clock));
      const rows = await withSession(single, (session) =>
        session.query<{ Variable_name: string; Value: string }[]>("SHOW SESSION STATUS LIKE 'Handler_read%'"),
      );
      return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
    }

    it.each<[string, DeadLetterFilter]>([
      ['nothing', {}],
      ['topic', { topic }],
      ['a topic that is rare', { topic: 'rare' }],
      ['error class', { errorClass: 'bad-schema' }],
      ['an error class that is rare', { errorClass: 'rare' }],
      ['state', { state: 'open' }],
      ['a state that is rare', { state: 'parked' }],
      ['topic and error class', { topic, errorClass: 'rare' }],
      ['topic, error class and state', { topic, errorClass: 'bad-schema', state: 'open' }],
      ['key', { key: 'no such key' }],
      ['group', { group: '00'.repeat(16) }],
      ['a short time', { since: at(minute * 600) }],
      ['a text that is frequent', { text: 'order' }],
    ])('reads about what it shows when asked for %s', async (_, filter) => {
      expect(await reads((one) => one.list(filter, { limit: 20 }))).toBeLessThan(400);
    });

    it('reads none of the cases to tell of groups and topics', async () => {
      expect(await reads((one) => one.groups({ limit: 20 }))).toBeLessThan(20);
      expect(await reads((one) => one.topics())).toBeLessThan(20);
    });
  });
});

describe('discard', () => {
  const audit = (cases: number[]) =>
    sql<object[]>('SELECT at, actor, action, reason, subject FROM audit_log WHERE subject = ?', [
      JSON.stringify({ cases }),
    ]);

  it('gives up what is open or parked, leaves the rest, and puts on record who and why', async () => {
    const topic = newTopic();
    await store.index(batch(deadLetterStates.length, topic));
    const numbers = (await numbersOf({ topic })).toReversed();
    for (const [index, state] of deadLetterStates.entries()) await move([numbers[index]!], ['open'], state);
    const expected = deadLetterStates.flatMap((state, index) =>
      state === 'open' || state === 'parked' ? [numbers[index]!] : [],
    );
    expect(await store.discard([...numbers, ...numbers, 999_999_999].toReversed(), why)).toEqual(expected);
    const states = (await store.list({ topic }, { limit: 9 })).map(({ state }) => state).toReversed();
    expect(states).toEqual(['discarded', 'replaying', 'replayed', 'discarded', 'discarded']);
    expect(await audit(expected)).toEqual([
      { at: at(0), ...why, action: 'discard', subject: JSON.stringify({ cases: expected }) },
    ]);
    expect(await store.discard(numbers, why)).toEqual([]);
    expect(await store.discard([], why)).toEqual([]);
    expect(await audit([])).toEqual([]);
    await expectSummariesToAgree();
  });

  it('moves each case once when ten do it at the same time, while they fail again', async () => {
    const topic = newTopic();
    const letters = batch(60, topic);
    await store.index(letters);
    const numbers = await numbersOf({ topic });
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, (_, index) => store.discard(index % 2 ? numbers : numbers.toReversed(), why)),
      ...Array.from({ length: 5 }, (_, index) =>
        store.index(
          letters.filter((_, at) => at % 5 === index).map((one) => nextLetter(one, { failedAt: at(-minute) })),
        ),
      ),
    ]);
    const moved = answers.slice(0, 10).flat() as number[];
    expect(moved.toSorted((a, b) => a - b)).toEqual(numbers.toSorted((a, b) => a - b));
    const cases = await store.list({ topic }, { limit: 100 });
    expect(cases.map(({ state, failures }) => [state, failures])).toEqual(Array(60).fill(['discarded', 2]));
    await expectSummariesToAgree();
  });

  it('moves nothing when it cannot be put on record', async () => {
    const topic = newTopic();
    await store.index([letter(of(topic))]);
    const { number } = await only({ topic });
    const discarding = store.discard([number], { ...why, reason: 'x'.repeat(501) });
    await expect(discarding).rejects.toThrow(expect.objectContaining({ name: 'DataRefused' }));
    expect(await only({ topic })).toMatchObject({ state: 'open' });
    await expectSummariesToAgree();
  });
});
