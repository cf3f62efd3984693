import { fixedClock } from '@allim/testing';
import { KeptReadings } from './kept-readings.js';

/** Readings that are answered by hand. */
function opened() {
  const asked: { key: string; answer: PromiseWithResolvers<number> }[] = [];
  const clock = fixedClock();
  const readings = new KeptReadings(
    (key: string) => {
      const answer = Promise.withResolvers<number>();
      asked.push({ key, answer });
      return answer.promise;
    },
    10_000,
    clock,
  );
  return { asked, clock, readings };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('readings that are kept', () => {
  it('are one for all who ask meanwhile, and for ten seconds', async () => {
    const { asked, clock, readings } = opened();
    const both = [readings.get('a'), readings.get('a')];
    await turn();
    clock.advance(60_000); // it takes long
    const third = readings.get('a');
    asked[0]?.answer.resolve(1);
    expect(await Promise.all([...both, third])).toEqual([1, 1, 1]);
    clock.advance(9_999);
    expect(await readings.get('a')).toBe(1);
    expect(asked).toHaveLength(1);
    clock.advance(1);
    const next = readings.get('a');
    await turn();
    asked[1]?.answer.resolve(2);
    expect(await next).toBe(2);
  });

  it('follow each other', async () => {
    const { asked, readings } = opened();
    const a = readings.get('a');
    const b = readings.get('b');
    await turn();
    expect(asked.map(({ key }) => key)).toEqual(['a']);
    asked[0]?.answer.reject(new Error('away'));
    await expect(a).rejects.toThrow('away');
    await turn();
    expect(asked.map(({ key }) => key)).toEqual(['a', 'b']);
    asked[1]?.answer.resolve(2);
    expect(await b).toBe(2);
  });

  it('are not kept where they failed', async () => {
    const { asked, readings } = opened();
    const failed = readings.get('a');
    await turn();
    asked[0]?.answer.reject(new Error('away'));
    await expect(failed).rejects.toThrow('away');
    const again = readings.get('a');
    await turn();
    asked[1]?.answer.resolve(3);
    expect(await again).toBe(3);
  });
});
