import { Kept } from './kept.js';

interface Letter {
  id: string;
  bytes: number;
}

function keptWith(limits: { count: number; bytes: number }, ...sizes: number[]): Kept<Letter> {
  const kept = new Kept<Letter>(limits);
  for (const bytes of sizes) kept.add((id) => ({ id, bytes }));
  return kept;
}
const ids = (kept: Kept<Letter>) => kept.newestFirst().map(({ id }) => id);

describe('what is kept', () => {
  it('comes newest first and is found by its id', () => {
    const kept = keptWith({ count: 10, bytes: 100 }, 1, 2, 3);
    expect(ids(kept)).toEqual(['3', '2', '1']);
    expect(kept.get('2')).toEqual({ id: '2', bytes: 2 });
    expect(kept.get('4')).toBeUndefined();
  });

  it('is bounded in number', () => {
    const kept = keptWith({ count: 2, bytes: 100 }, 1, 1, 1, 1);
    expect(ids(kept)).toEqual(['4', '3']);
    expect([kept.size, kept.received]).toEqual([2, 4]);
  });

  it('is bounded in bytes: as many of the oldest go as must, and no more', () => {
    expect(ids(keptWith({ count: 10, bytes: 10 }, 4, 4, 2))).toEqual(['3', '2', '1']);
    expect(ids(keptWith({ count: 10, bytes: 10 }, 4, 4, 2, 1))).toEqual(['4', '3', '2']);
    expect(ids(keptWith({ count: 10, bytes: 10 }, 4, 4, 2, 7))).toEqual(['4', '3']);
  });

  it('does not hold what alone is too large, and counts bytes rightly after it', () => {
    expect(ids(keptWith({ count: 10, bytes: 10 }, 4, 11))).toEqual([]);
    expect(ids(keptWith({ count: 10, bytes: 10 }, 4, 11, 6, 4))).toEqual(['4', '3']);
  });

  it('never uses an id twice, and has all its room again after it was cleared', () => {
    const kept = keptWith({ count: 2, bytes: 10 }, 5, 5);
    kept.clear();
    expect(ids(kept)).toEqual([]);
    kept.add((id) => ({ id, bytes: 10 }));
    expect(ids(kept)).toEqual(['3']);
  });

  it('tells of each change for as long as somebody watches', () => {
    const kept = keptWith({ count: 2, bytes: 10 });
    const sizes: number[] = [];
    const end = kept.watch(() => sizes.push(kept.size));
    kept.add((id) => ({ id, bytes: 1 }));
    kept.clear();
    end();
    kept.add((id) => ({ id, bytes: 1 }));
    expect(sizes).toEqual([1, 0]);
  });
});
