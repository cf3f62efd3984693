import { bar, progressLine, progressSentence, type Sample, sampled, secondsLeft, speedOf } from './dlt-progress.js';
import { widthOf } from './dlt-width.js';
import { sampleJob } from './sample-job.js';

const big = (published: number, change = {}) => sampleJob({ total: 10_000, published, ...change });
/** Two looks, two seconds apart, 100 letters between them. */
const steady = (published: number): Sample[] => [
  { at: 0, handled: published - 100 },
  { at: 2_000, handled: published },
];

describe('the speed', () => {
  it('is that of the last ten seconds', () => {
    let samples: Sample[] = [];
    // For a minute nothing, then 20 a second.
    for (let at = 0; at <= 60_000; at += 1_000) samples = sampled(samples, big(0), at);
    for (let second = 1; second <= 10; second++) samples = sampled(samples, big(20 * second), 60_000 + 1_000 * second);
    expect(speedOf(samples)).toBe(20);
    expect(samples).toHaveLength(11);
  });

  it('counts skipped ones, whose turn is over, too', () => {
    const samples = sampled(sampled([], big(0), 0), big(30, { skipped: 10 }), 2_000);
    expect(speedOf(samples)).toBe(20);
  });

  it('is not known from one look, nor within a second', () => {
    expect(speedOf([])).toBeUndefined();
    expect(speedOf([{ at: 0, handled: 5 }])).toBeUndefined();
    expect(
      speedOf([
        { at: 0, handled: 0 },
        { at: 999, handled: 50 },
      ]),
    ).toBeUndefined();
  });

  it('begins anew behind a pause', () => {
    expect(sampled(steady(500), big(500, { state: 'paused' }), 3_000)).toEqual([]);
  });
});

it.each([
  ['at its speed', big(6_000), 40, 100],
  ['at its rate, before it has a speed', big(6_000), undefined, 80],
  ['as nobody knows, without either', big(6_000, { rate: 0 }), undefined, undefined],
  ['as nobody knows, while it stands', big(6_000), 0, undefined],
  ['as nobody knows, paused', big(6_000, { state: 'paused' }), 40, undefined],
  ['no time, with all handled', big(9_990, { skipped: 10 }), 40, 0],
])('takes as long as is left %s', (_, job, speed, seconds) => {
  expect(secondsLeft(job, speed)).toBe(seconds);
});

it.each([
  [0, '[----------]'],
  [0.05, '[----------]'],
  [0.5, '[#####-----]'],
  [0.999, '[#########-]'],
  [1, '[##########]'],
  [1.5, '[##########]'],
])('a bar of %f is %s', (share, shown) => {
  expect(bar(share, 10)).toBe(shown);
});

describe('the line of a terminal', () => {
  it('has bar, counts, speed and what is left', () => {
    const job = big(6_100, { skipped: 20, failed: 3 });
    expect(progressLine(job, steady(6_120), 120)).toBe(
      '[##################------------]   61%  6,120/10,000  50/s  1 min 18 s left  3 failed  20 skipped',
    );
  });

  it.each([
    ['paused', ' 50%  50/100  paused'],
    ['settling', ' 50%  50/100  waiting until they have been read'],
    ['cancelling', ' 50%  50/100  being cancelled'],
    ['planning', 'Looking for the letters: 100 so far'],
  ] as const)('says when it is %s', (state, end) => {
    const job = sampleJob({ published: 50, state });
    expect(progressLine(job, [], 120).endsWith(end)).toBe(true);
  });

  it('is 100 % only when none is left', () => {
    expect(progressLine(big(9_999), [], 120)).toContain(' 99%  9,999/10,000');
    expect(progressLine(big(10_000, { state: 'settling' }), [], 120)).toContain(
      '[##############################]  100%',
    );
  });

  it('gives up the bar, then speed and time, before what has failed', () => {
    const at = (columns: number) => progressLine(big(6_120, { failed: 3 }), steady(6_120), columns);
    expect(at(66)).toBe('[######----]   61%  6,120/10,000  50/s  1 min 18 s left  3 failed');
    expect(at(60)).toBe(' 61%  6,120/10,000  50/s  1 min 18 s left  3 failed');
    expect(at(46)).toBe(' 61%  6,120/10,000  1 min 18 s left  3 failed');
    expect(at(30)).toBe(' 61%  6,120/10,000  3 failed');
  });

  it.each(Array.from({ length: 120 }, (_, index) => index + 1))('leaves the last of %i columns free', (columns) => {
    const jobs = [big(6_120, { failed: 3, skipped: 2 }), big(1, { state: 'planning' }), big(9, { state: 'settling' })];
    for (const job of jobs) expect(widthOf(progressLine(job, steady(6_122), columns))).toBeLessThan(columns);
  });

  it('lets no state act on it', () => {
    expect(progressLine(sampleJob({ state: 'x\x1b[2J' as 'paused' }), [], 120)).toContain('x\\x1b[2J');
  });
});

it('is a sentence where there is no terminal', () => {
  expect(progressSentence(big(6_120, { failed: 3 }), steady(6_120))).toBe(
    'Job 7 is running: 6,120 of 10,000 letters replayed, 3 of them failed again; 50/s, 1 min 18 s left.',
  );
  expect(progressSentence(big(6_120, { state: 'paused' }), [])).toBe(
    'Job 7 is paused: 6,120 of 10,000 letters replayed.',
  );
});
