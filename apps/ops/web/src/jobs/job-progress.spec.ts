import { expectedSeconds, leftOf, percentOf, secondsLeft, withSample } from './job-progress.js';

const job = { state: 'running' as const, total: 1_000, published: 240, skipped: 10, rate: 50 };

describe('the progress of a job', () => {
  it('counts what was skipped as done', () => {
    expect([percentOf(job), leftOf(job), expectedSeconds(job)]).toEqual([25, 750, 20]);
    expect(percentOf({ ...job, published: 989 })).toBe(99);
    expect(percentOf({ ...job, total: 0 })).toBe(100);
    expect(percentOf({ ...job, total: 0, published: 0, skipped: 0, state: 'planning' })).toBe(0);
  });

  it('ends when the rate says, until it is known how fast it goes', () => {
    expect(secondsLeft(job, [])).toBe(15);
    expect(secondsLeft({ ...job, rate: 0 }, [])).toBeUndefined();
    const samples = withSample([{ at: 1_000, done: 150 }], { at: 3_000, done: 250 });
    expect(secondsLeft(job, samples)).toBe(15);
    expect(secondsLeft({ ...job, rate: 0 }, withSample([{ at: 1_000, done: 50 }], { at: 3_000, done: 250 }))).toBe(7.5);
    expect(secondsLeft({ ...job, state: 'paused' }, samples)).toBeUndefined();
  });

  it('forgets what is long ago, and what was of another job', () => {
    expect(withSample([{ at: 0, done: 1 }], { at: 60_000, done: 9 })).toEqual([{ at: 60_000, done: 9 }]);
    expect(withSample([{ at: 0, done: 10 }], { at: 1_000, done: 9 })).toEqual([{ at: 1_000, done: 9 }]);
  });
});
