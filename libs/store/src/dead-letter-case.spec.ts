import fc from 'fast-check';
import { type Case, caseIdentity, caseOf, type IndexedLetter, type KnownCase, take } from './dead-letter-case.js';
import { letter, nextLetter } from './testing/letters.js';

const now = new Date('2026-02-06T10:00:00Z');
const at = (minutes: number) => new Date(now.getTime() + 60_000 * minutes);
const replayMax = 5;
const made = (one: IndexedLetter) => caseOf(one, now, replayMax);
const known = (one: Case, elsewhere: KnownCase['elsewhere'] = []): KnownCase => ({ case: one, elsewhere });

describe('caseIdentity', () => {
  const hex = (one: IndexedLetter) => caseIdentity(one).toString('hex');

  // Made with printf and sha256sum:
  // printf '\0\0\0\4ours\0\0\0\6orders\0\0\0\0013\0\0\0\00217' | sha256sum | cut -c1-32
  it('is half a SHA-256 over the length-prefixed group, topic, partition and offset', () => {
    const original = { group: 'ours', topic: 'orders', partition: 3, offset: '17' };
    expect(hex(letter({ original }))).toBe('fd2945fbace47bf52375eab81b9edb7b');
  });

  it('does not hang on where the letter lies, if it says where its record does', () => {
    const one = letter();
    expect(hex(nextLetter(one, { place: { partition: 7 } }))).toBe(hex(one));
  });

  it('is of the letter itself, if it does not say', () => {
    const place = { topic: 'orders.DLT', partition: 3, offset: '17' };
    const itself = hex(letter({ original: { topic: 'orders.DLT', partition: 3, offset: '17' } }));
    expect(hex(letter({ place, original: { topic: 'orders', partition: null } }))).toBe(itself);
    expect(hex(letter({ place, original: { topic: 'orders', offset: null } }))).toBe(itself);
  });

  it('tells groups apart, and records', () => {
    const original = { topic: 'orders', partition: 1, offset: '1' };
    const others = [{ group: 'theirs' }, { topic: 'order' }, { partition: 11 }, { offset: '11' }, { group: null }];
    const all = [{}, ...others].map((change) => hex(letter({ original: { ...original, ...change } })));
    expect(new Set(all).size).toBe(all.length);
  });
});

describe('a case', () => {
  it('holds what its columns hold, whatever a letter says', () => {
    const long = '🎁'.repeat(20_000);
    const one = made(
      letter({
        original: { group: long, timestamp: new Date(8.64e15) },
        error: { class: long, type: long, message: long, stack: long },
        value: Buffer.from(`a${long}`),
        attempts: Number.NaN,
        replays: 2 ** 31,
        firstFailedAt: new Date(Number.NaN),
        failedAt: new Date(-8.64e15),
      }),
    );
    const lengths = [one.consumerGroup, one.errorClass, one.errorType, one.message, one.pattern, one.payload?.stack];
    expect(lengths.map((text) => [...(text ?? '')].length)).toEqual([255, 100, 300, 1_000, 300, 16_000]);
    expect(one).toMatchObject({
      recordTimestamp: null,
      attempts: null,
      replays: 0,
      firstFailedAt: now,
      failedAt: now,
      valueBytes: 80_001,
      preview: `a${'🎁'.repeat(499)}`,
    });
  });

  it.each([
    ['no value', null, null],
    ['no byte', Buffer.alloc(0), ''],
    ['no UTF-8', Buffer.from([0x7b, 0xff]), null],
    ['no UTF-8 at its end', Buffer.concat([Buffer.alloc(5_000, 'x'), Buffer.from([0xe2, 0x82])]), null],
    ['zero bytes', Buffer.from('a\0b'), 'a\0b'],
  ])('shows of a value that has %s what can be shown', (_, value, preview) => {
    expect(made(letter({ value }))).toMatchObject({ preview, valueBytes: value?.length ?? null });
  });

  it('is in a group with what fails alike on its topic', () => {
    const group = (one: IndexedLetter) => made(one).group;
    const first = letter({ error: { message: 'order 1 is wrong' } });
    expect(group(letter({ error: { message: 'order 2 is wrong' } }))).toBe(group(first));
    expect(group(letter({ error: { message: 'order 2 is late' } }))).not.toBe(group(first));
    expect(group(letter({ error: { message: 'order 2 is wrong', class: 'handler' } }))).not.toBe(group(first));
    const elsewhere = letter({ original: { topic: 'other' }, error: { message: 'order 2 is wrong' } });
    expect(group(elsewhere)).not.toBe(group(first));
  });

  it('is parked from its beginning if its replays were used up', () => {
    expect(made(letter({ replays: replayMax - 1 })).state).toBe('open');
    expect(made(letter({ replays: replayMax })).state).toBe('parked');
  });
});

describe('take', () => {
  it('makes a case of the first letter and counts it up with each further one', () => {
    const first = letter({ failedAt: at(-9), attempts: 3 });
    const second = nextLetter(first, {
      failedAt: at(-5),
      firstFailedAt: at(-9),
      replays: 1,
      attempts: 1,
      error: { class: 'handler', message: 'boom' },
      value: Buffer.from('edited'),
    });
    const { case: one, counts } = take(undefined, [made(first), made(second)], replayMax);
    expect(counts).toEqual({ fresh: 1, again: 1, known: 0 });
    expect(one).toEqual({ ...made(second), failures: 2, firstFailedAt: at(-9), failedAt: at(-5), replays: 1 });
    expect(one.payload?.value?.toString()).toBe('edited');
  });

  it('leaves a case as it is when its letters come again, or older ones of their partition', () => {
    const [first, second] = [letter({ place: { offset: '9' } }), letter({ place: { offset: '10' } })].map(made) as [
      Case,
      Case,
    ];
    const { case: one } = take(undefined, [first, second], replayMax);
    const again = take(known(one), [first, second, made(letter({ place: { offset: '2' } }))], replayMax);
    expect(again).toMatchObject({ elsewhere: [], counts: { fresh: 0, again: 0, known: 3 } });
    expect(again.case).toBe(one);
  });

  it('counts a replay that was published twice once, wherever its second letter lies', () => {
    const first = letter({ place: { partition: 0, offset: '5' } });
    const again = nextLetter(first, { place: { offset: '6' }, replayId: 'r1', replays: 1 });
    const twin = nextLetter(first, { place: { offset: '7' }, replayId: 'r1', replays: 1 });
    const faraway = nextLetter(first, { place: { partition: 3, offset: '1' }, replayId: 'r1', replays: 1 });
    const taken = take(known(made(first)), [again, twin, faraway].map(made), replayMax);
    expect(taken).toMatchObject({ counts: { again: 1, known: 2 }, failedReplays: ['r1'], elsewhere: [faraway.place] });
    expect(taken.case).toMatchObject({ failures: 2, replayId: 'r1', replays: 1 });
    const next = nextLetter(first, { place: { offset: '8' }, replayId: 'r2', replays: 2 });
    const later = take(known(taken.case, taken.elsewhere), [next, faraway].map(made), replayMax);
    expect(later).toMatchObject({ counts: { again: 1, known: 1 }, failedReplays: ['r2'], case: { failures: 3 } });
  });

  it('knows a letter again after the case went on in another partition', () => {
    const first = letter({ place: { partition: 0, offset: '5' } });
    const second = nextLetter(first, { place: { partition: 3, offset: '2' } });
    const taken = take(known(made(first)), [made(second)], replayMax);
    expect(taken.elsewhere).toEqual([first.place]);
    const again = take(known(taken.case, taken.elsewhere), [made(first), made(second)], replayMax);
    expect(again).toMatchObject({ elsewhere: [], counts: { fresh: 0, again: 0, known: 2 } });
    expect(again.case).toBe(taken.case);
    const third = nextLetter(first, { place: { partition: 0, offset: '6' } });
    const back = take(known(taken.case, taken.elsewhere), [made(third)], replayMax);
    expect([back.case.failures, back.case.letter, back.elsewhere]).toEqual([3, third.place, [second.place]]);
  });

  it('keeps the newest error when an older letter of another partition comes late, and counts it', () => {
    const newest = letter({ failedAt: at(-1), replays: 2, error: { message: 'newest' } });
    const late = nextLetter(newest, { place: { partition: 9 }, failedAt: at(-7), error: { message: 'late' } });
    const taken = take(known(made(newest)), [made(late)], replayMax);
    expect(taken.case).toEqual({ ...made(newest), failures: 2, firstFailedAt: at(-7) });
    expect(taken.elsewhere).toEqual([late.place]);
  });

  it.each([
    ['open', 1, 'open'],
    ['replaying', 1, 'open'],
    ['replayed', 1, 'open'],
    ['parked', 1, 'parked'],
    ['open', 5, 'parked'],
    ['replayed', 6, 'parked'],
    ['parked', 6, 'parked'],
  ] as const)('makes of %s, after %i replays, %s', (state, replays, expected) => {
    const first = letter();
    const taken = take(known({ ...made(first), state }), [made(nextLetter(first, { replays }))], replayMax);
    expect(taken.case).toMatchObject({ state: expected, failures: 2, discardedAt: null });
  });

  it('leaves discarded what had failed by then, and opens what fails later', () => {
    const first = letter();
    const discarded: Case = { ...made(first), state: 'discarded', discardedAt: at(0) };
    const before = take(known(discarded), [made(nextLetter(first, { failedAt: at(0) }))], replayMax);
    expect(before.case).toMatchObject({ state: 'discarded', failures: 2, discardedAt: at(0) });
    const after = take(known(discarded), [made(nextLetter(first, { failedAt: at(0.001) }))], replayMax);
    expect(after.case).toMatchObject({ state: 'open', failures: 2, discardedAt: null });
    const last = take(known(discarded), [made(nextLetter(first, { failedAt: at(1), replays: 5 }))], replayMax);
    expect(last.case.state).toBe('parked');
  });

  it('is the same however letters are divided, and whatever is read again of each partition', () => {
    const first = letter();
    const partitions = fc.array(fc.nat(2), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(partitions, fc.array(fc.nat(12), { maxLength: 5 }), (order, cuts) => {
        const letters = order.map((partition, index) =>
          made(nextLetter(first, { place: { partition, offset: String(index) }, failedAt: at(index) })),
        );
        const whole = take(undefined, letters, replayMax).case;
        let held: KnownCase | undefined;
        const marks = new Map<number, KnownCase['elsewhere'][number]>();
        for (const end of [...cuts, letters.length].sort((a, b) => a - b)) {
          const part = letters.slice(0, end);
          if (part.length === 0) continue;
          const taken = take(held, part, replayMax);
          for (const place of taken.elsewhere) marks.set(place.partition, place);
          held = { case: taken.case, elsewhere: [...marks.values()] };
        }
        expect(held?.case).toEqual(whole);
        expect(whole).toMatchObject({
          failures: letters.length,
          firstFailedAt: at(0),
          failedAt: at(letters.length - 1),
        });
      }),
    );
  });
});
