import { type Counters, countedSince, StepCounts, together } from './counted.js';
import { lastSteps } from './steps.js';

const minute = 60_000;
const start = Date.UTC(2026, 1, 6, 10, 0, 0);
const at = (ms: number) => start + ms;
const counters = (ms: number, values: Record<string, number>, startedAt: number | null = 0): Counters => ({
  at: at(ms),
  startedAt,
  values: new Map(Object.entries(values)),
});
const plain = ({ from, until, counts }: ReturnType<typeof countedSince>) => ({
  from: from - start,
  until: until - start,
  counts: Object.fromEntries(counts),
});

describe('what was counted since', () => {
  it('is the difference', () => {
    expect(plain(countedSince(counters(0, { a: 5 }), counters(10_000, { a: 7, b: 3 })))).toEqual({
      ...{ from: 0, until: 10_000 },
      counts: { a: 2, b: 3 },
    });
  });

  it('is never negative: a process that was started anew counts from 0', () => {
    expect(plain(countedSince(counters(0, { a: 5 }, null), counters(10_000, { a: 2 }, null)))).toEqual({
      ...{ from: 0, until: 10_000 },
      counts: { a: 2 },
    });
    expect(countedSince(counters(0, { a: 5 }, null), counters(10_000, {}, null)).counts).toEqual(new Map());
  });

  it('is all since the start of a process that was started anew, even if it counts more by now', () => {
    const now = counters(10 * minute, { a: 9 }, at(8 * minute));
    expect(plain(countedSince(counters(0, { a: 5 }), now))).toEqual({
      ...{ from: 8 * minute, until: 10 * minute },
      counts: { a: 9 },
    });
  });

  it('ends now, whatever the clock of the other machine says', () => {
    const now = counters(10_000, { a: 1 }, at(minute));
    expect(plain(countedSince(counters(0, { a: 5 }), now))).toMatchObject({ from: 10_000, until: 10_000 });
  });
});

describe('counts by step', () => {
  const shown = (steps: StepCounts, count: number, nowMs: number) => {
    const { isKnown, counts } = steps.read(lastSteps(count, 60, at(nowMs)));
    return { isKnown, counts: Object.fromEntries(counts) };
  };
  const add = (steps: StepCounts, fromMs: number, untilMs: number, counts: Record<string, number>) =>
    steps.add({ from: at(fromMs), until: at(untilMs), counts: new Map(Object.entries(counts)) });

  it('are nothing where nothing was heard, and 0 where nothing was counted', () => {
    const steps = new StepCounts(minute, 60);
    add(steps, minute, minute + 10_000, { a: 3 });
    add(steps, 2 * minute, 2 * minute + 10_000, { a: 0 });
    add(steps, 4 * minute, 4 * minute + 10_000, { b: 1 });
    expect(shown(steps, 5, 4 * minute)).toEqual({
      isKnown: [false, true, true, false, true],
      counts: { a: [null, 3, 0, null, 0], b: [null, 0, 0, null, 1] },
    });
  });

  it('are even, whole and all there where one sample tells of several steps', () => {
    const steps = new StepCounts(minute, 60);
    add(steps, 30_000, 3 * minute, { a: 10, b: 1 });
    const { counts, isKnown } = shown(steps, 3, 2 * minute);
    expect(isKnown).toEqual([true, true, true]);
    expect(counts.a).toEqual([2, 4, 4]);
    expect(counts.b?.reduce((sum, one) => sum! + one!, 0)).toBe(1);
  });

  it('are there though the moment has no length', () => {
    const steps = new StepCounts(minute, 60);
    add(steps, minute, minute, { a: 4 });
    expect(shown(steps, 2, minute).counts).toEqual({ a: [null, 4] });
  });

  it('are forgotten in time, however long nothing was heard', () => {
    const steps = new StepCounts(minute, 3);
    add(steps, 0, 1, { a: 1 });
    add(steps, 0, 1_000 * minute, { a: 1_000 });
    expect(shown(steps, 4, 999 * minute).counts).toEqual({ a: [null, 1, 1, 1] });
  });

  it('of several are summed, as far as they are known', () => {
    const one = { isKnown: [true, true, false], counts: new Map([['a', [1, 2, null]]]) };
    const other = { isKnown: [false, true, false], counts: new Map([['b', [null, 5, null]]]) };
    expect(together([one, other], 3)).toEqual({
      isKnown: [true, true, false],
      counts: new Map([
        ['a', [1, 2, null]],
        ['b', [0, 5, null]],
      ]),
    });
  });
});
