import { Pace } from './pace.js';

/** Runs a pace against a clock that only its waits and what takes long move; answers how many went in each second. */
function run(rate: number, seconds: number, tookMs: (second: number) => number = () => 0, most = 500): number[] {
  let now = 5_000;
  const pace = new Pace(rate, now);
  const bySecond = Array.from({ length: seconds }, () => 0);
  while (now < 5_000 + seconds * 1_000) {
    const second = Math.floor((now - 5_000) / 1_000);
    const { due, waitMs } = pace.next(now, most);
    bySecond[second]! += due;
    now += due > 0 ? tookMs(second) : waitMs;
    if (due > 0 && tookMs(second) === 0) continue;
  }
  return bySecond;
}

describe('Pace', () => {
  it.each([1, 3, 7, 50, 333, 5_000])('lets %i a second go, within 5 %% in the long run', (rate) => {
    const gone = run(rate, 20).reduce((sum, one) => sum + one, 0);
    expect(gone).toBeGreaterThanOrEqual(rate * 20 * 0.95);
    expect(gone).toBeLessThanOrEqual(rate * 20 * 1.05 + 1);
  });

  it('keeps its rate where publishing itself takes time', () => {
    const gone = run(50, 20, () => 30).reduce((sum, one) => sum + one, 0);
    expect(Math.abs(gone - 1_000)).toBeLessThanOrEqual(50);
  });

  it('makes up for no more than a second of a stall', () => {
    const bySecond = run(100, 20, (second) => (second === 5 ? 8_000 : 0));
    expect(Math.max(...bySecond)).toBeLessThanOrEqual(210);
    for (const each of bySecond.slice(16)) expect(Math.abs(each - 100)).toBeLessThanOrEqual(1);
  });

  it('gives all there are without a rate', () => {
    expect(new Pace(0, 0).next(0, 500)).toEqual({ due: 500, waitMs: 0 });
  });

  it('never gives more at once than is asked for', () => {
    const pace = new Pace(10_000, 0);
    expect(pace.next(1_000, 7).due).toBe(7);
  });
});
