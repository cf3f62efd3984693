import { waitFor } from '@allim/testing';
import { Coalescer, longMs } from './coalescer.js';

/** A coalescer whose work ends when told to; `begun` holds what each batch was given. */
function held(options: { limit: number; inFlight: number; worthAnother?: number }) {
  const begun: { items: number[]; end: (error?: Error) => Promise<void> }[] = [];
  const coalescer = new Coalescer<number, string>(
    (items) =>
      new Promise((resolve, reject) => {
        begun.push({
          items,
          end: async (error) => {
            if (error) reject(error);
            else resolve(items.map((item) => `<${item}>`));
            await settled();
          },
        });
      }),
    { worthAnother: options.limit / 4, ...options },
  );
  return { coalescer, begun };
}

/** A batch begins in the turn of the event loop after the one that calls for it. */
async function settled(): Promise<void> {
  for (let turn = 1; turn <= 2; turn++) await new Promise(setImmediate);
}

describe('Coalescer', () => {
  it('begins with all that one turn hands in when nothing is under way, and another one beside it when enough waits', async () => {
    const { coalescer, begun } = held({ limit: 8, inFlight: 2 });
    for (const items of [[1, 2], [3], [4, 5]]) {
      for (const item of items) void coalescer.submit([item]);
      await settled();
    }
    expect(begun.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4, 5],
    ]);
  });

  it('begins the next with what the end of one releases', async () => {
    const { coalescer, begun } = held({ limit: 8, inFlight: 1 });
    void coalescer.submit([1]).then(() => coalescer.submit([3]));
    await settled();
    void coalescer.submit([2]);
    await begun[0]?.end();
    expect(begun[1]?.items).toEqual([2, 3]);
  });

  it('begins another one beside one that takes long, however little waits', async () => {
    const { coalescer, begun } = held({ limit: 8, inFlight: 2 });
    void coalescer.submit([1]);
    await settled();
    void coalescer.submit([2]);
    await settled();
    expect(begun).toHaveLength(1);
    await waitFor(() => begun.length === 2, { what: 'the second batch' });
    expect(begun[1]?.items).toEqual([2]);
  });

  it('gathers what comes in meanwhile, and answers each submission with its own results', async () => {
    const { coalescer, begun } = held({ limit: 10, inFlight: 1 });
    void coalescer.submit([0]);
    await settled();
    const results = [coalescer.submit([1, 2]), coalescer.submit([3])];
    await begun[0]?.end();
    expect(begun[1]?.items).toEqual([1, 2, 3]);
    await begun[1]?.end();
    expect(await Promise.all(results)).toEqual([['<1>', '<2>'], ['<3>']]);
  });

  it('keeps batches within the limit and submissions whole, and lets a small one fill up', async () => {
    const { coalescer, begun } = held({ limit: 3, inFlight: 1 });
    void coalescer.submit([0]);
    await settled();
    for (const items of [[1, 2], [3, 4], [5]]) void coalescer.submit(items);
    for (let batch = 0; batch < 3; batch++) await begun[batch]?.end();
    expect(begun.map(({ items }) => items)).toEqual([[0], [1, 2, 5], [3, 4]]);
  });

  it('takes a submission that is larger than the limit alone', async () => {
    const { coalescer, begun } = held({ limit: 2, inFlight: 1 });
    void coalescer.submit([0]);
    await settled();
    for (const items of [[1, 2, 3], [4]]) void coalescer.submit(items);
    await begun[0]?.end();
    expect(begun[1]?.items).toEqual([1, 2, 3]);
  });

  it('makes batches of one kin where more waits than one takes, and none beside another of its kin', async () => {
    const { coalescer, begun } = held({ limit: 4, inFlight: 3 });
    void coalescer.submit([1, 2, 3, 4], 1);
    await settled();
    for (const [items, kin] of [
      [[11, 12], 1],
      [[21, 22], 2],
      [[31, 32], 3],
      [[23, 24], 2],
    ] as const)
      void coalescer.submit([...items], kin);
    await settled();
    expect(begun.map(({ items }) => items)).toEqual([
      [1, 2, 3, 4],
      [21, 22, 23, 24],
      [11, 12, 31, 32],
    ]);
  });

  it('takes a kin that is under way where nothing else waits', async () => {
    const { coalescer, begun } = held({ limit: 2, inFlight: 2 });
    for (const items of [
      [1, 2],
      [3, 4],
      [5, 6],
    ])
      void coalescer.submit(items, 1);
    await settled();
    expect(begun.map(({ items }) => items)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('fills a batch with other kins where those of one are not worth it', async () => {
    const { coalescer, begun } = held({ limit: 4, inFlight: 1, worthAnother: 3 });
    for (const kin of [1, 2, 3]) void coalescer.submit([10 * kin, 10 * kin + 1], kin);
    await settled();
    expect(begun.map(({ items }) => items)).toEqual([[10, 11, 20, 21]]);
  });

  it('does not pass over the kin of a batch that takes long', async () => {
    const { coalescer, begun } = held({ limit: 2, inFlight: 2 });
    void coalescer.submit([1, 2], 1);
    await settled();
    void coalescer.submit([11, 12], 2);
    await settled();
    const submitted = performance.now();
    void coalescer.submit([3, 4], 1);
    void coalescer.submit([13, 14], 2);
    void coalescer.submit([15, 16], 2);
    await waitFor(() => performance.now() - submitted >= longMs, { what: 'the first batches to have taken long' });
    await begun[1]?.end();
    expect(begun.map(({ items }) => items)).toEqual([
      [1, 2],
      [11, 12],
      [3, 4],
    ]);
  });

  it('never has more batches under way than it may', async () => {
    const { coalescer, begun } = held({ limit: 1, inFlight: 2 });
    for (const item of [0, 1, 2]) void coalescer.submit([item]);
    await settled();
    expect(begun).toHaveLength(2);
    await begun[1]?.end();
    expect(begun).toHaveLength(3);
  });

  it('rejects those whose batch fails, and goes on with the next', async () => {
    const { coalescer, begun } = held({ limit: 2, inFlight: 1 });
    const first = expect(coalescer.submit([0])).rejects.toThrow('no');
    await settled();
    const second = coalescer.submit([1]);
    await begun[0]?.end(new Error('no'));
    await first;
    await begun[1]?.end();
    expect(await second).toEqual(['<1>']);
  });

  it('abandons: rejects what waits, tells what is under way, and takes what comes afterwards', async () => {
    const { coalescer, begun } = held({ limit: 2, inFlight: 1 });
    const underWay = coalescer.submit([0]);
    await settled();
    const { signal } = coalescer;
    const waiting = expect(coalescer.submit([1])).rejects.toThrow('a new membership');
    coalescer.abandon('a new membership');
    await waiting;
    expect(signal.aborted).toBe(true);
    expect(coalescer.signal.aborted).toBe(false);
    const later = coalescer.submit([2]);
    await settled();
    await begun[0]?.end();
    expect(await underWay).toEqual(['<0>']);
    await begun[1]?.end();
    expect(await later).toEqual(['<2>']);
  });

  it('closes: lets end what is under way, rejects what waits, and takes nothing more', async () => {
    const { coalescer, begun } = held({ limit: 2, inFlight: 1 });
    const underWay = coalescer.submit([0]);
    await settled();
    const waiting = expect(coalescer.submit([1])).rejects.toThrow('closing');
    coalescer.close();
    await waiting;
    await expect(coalescer.submit([2])).rejects.toThrow('closing');
    expect(coalescer.signal.aborted).toBe(false);
    await begun[0]?.end();
    expect(await underWay).toEqual(['<0>']);
    expect(begun).toHaveLength(1);
  });
});
