import { fixedClock } from '@allim/testing';
import { Allowance } from './allowance.js';

describe('an allowance', () => {
  it('lets a burst through, then as many as come in again, for each user by itself', () => {
    const clock = fixedClock();
    const allowance = new Allowance({ perSecond: 2, burst: 3 }, clock);
    expect([1, 2, 3].map(() => allowance.take('a'))).toEqual([0, 0, 0]);
    expect(allowance.take('a')).toBe(1);
    expect(allowance.take('b')).toBe(0);
    clock.advance(500);
    expect(allowance.take('a')).toBe(0);
    expect(allowance.take('a')).toBe(1);
  });

  it('forgets those whose bucket is full again', () => {
    const clock = fixedClock();
    const allowance = new Allowance({ perSecond: 1, burst: 10 }, clock);
    allowance.take('a');
    clock.advance(9_000);
    allowance.take('b');
    clock.advance(1_000);
    allowance.tidy();
    expect(allowance.size).toBe(1);
  });
});
