import { waitFor } from '@allim/testing';
import { Gathering } from './gathering.js';

/** Rounds that end when they are told to. */
function rounds(limit: number, refuse?: number) {
  const begun: number[][] = [];
  const ends: (() => void)[] = [];
  const gathering = new Gathering<number, number>(
    async (items) => {
      begun.push(items);
      await new Promise<void>((resolve) => ends.push(resolve));
      if (refuse !== undefined && items.includes(refuse)) throw new Error('refused');
      return items.map((item) => item * 10);
    },
    { limit, rounds: 1, restMs: 0, longMs: 60_000, concernsAll: (error) => (error as Error).message !== 'refused' },
  );
  const ask = (...items: number[]) => Promise.allSettled(items.map((item) => gathering.ask(item)));
  /** Ends each round as it begins, `count` of them. */
  const end = async (count: number) => {
    for (let ended = 0; ended < count; ) {
      await new Promise(setImmediate);
      if (ends.length > 0) {
        ends.shift()!();
        ended++;
      }
    }
  };
  return { begun, ask, end };
}

const done = (value: number) => ({ status: 'fulfilled', value });

describe('Gathering', () => {
  it('does the first at once and then, in rounds, what came meanwhile', async () => {
    const { begun, ask, end } = rounds(3);
    const answers = ask(1, 2, 3, 4, 5);
    expect(begun).toEqual([[1]]);
    await end(3);
    expect(await answers).toEqual([10, 20, 30, 40, 50].map(done));
    expect(begun).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('finds the one that is refused and does the others', async () => {
    const { begun, ask, end } = rounds(9, 3);
    const answers = ask(1, 2, 3, 4);
    await end(5);
    expect(await answers).toEqual([done(10), done(20), { status: 'rejected', reason: new Error('refused') }, done(40)]);
    expect(begun).toEqual([[1], [2, 3, 4], [2], [3], [4]]);
  });

  describe('where few come at a time', () => {
    function few(times: { restMs: number; longMs: number }, work: () => Promise<void>) {
      const begun: number[][] = [];
      const gathering = new Gathering<number, number>(
        async (items) => {
          begun.push(items);
          await work();
          return items;
        },
        { limit: 100, rounds: 2, ...times, concernsAll: () => true },
      );
      return { begun, ask: (...items: number[]) => Promise.all(items.map((item) => gathering.ask(item))) };
    }

    it('lets them gather for a moment after a round began', async () => {
      const { begun, ask } = few({ restMs: 500, longMs: 60_000 }, async () => {});
      await ask(1);
      const second = ask(2);
      await new Promise(setImmediate);
      await Promise.all([second, ask(3)]);
      expect(begun).toEqual([[1], [2, 3]]);
    });

    it('begins beside a round that takes long, and at once when many wait', async () => {
      const { begun, ask } = few({ restMs: 0, longMs: 50 }, () => new Promise(() => {}));
      void ask(1, 2);
      expect(begun).toEqual([[1]]);
      await waitFor(() => begun.length === 2, { what: 'the second round' });

      const busy = few({ restMs: 0, longMs: 60_000 }, () => new Promise(() => {}));
      void busy.ask(...Array.from({ length: 26 }, (_, number) => number));
      expect(busy.begun.map(({ length }) => length)).toEqual([1, 25]);
    });
  });
});
