import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { type Benchmark } from './benchmark.js';
import { resultOf, save, savedResults } from './results.js';
import { table } from './table.js';

const benchmark: Benchmark = {
  name: 'speed',
  what: 'how fast',
  figures: {
    ratio: { label: 'ours ÷ theirs', digits: 1, must: { atLeast: 8 }, aim: 12 },
    seconds: { label: 'pause, s', digits: 1, must: { atMost: 12 }, aim: 7 },
    rows: { label: 'rows/s' },
  },
  run: async () => ({}),
};
const run = (ratio: number, seconds: number) => ({ ratio, seconds, rows: 1_234 });

function judged(...runs: Record<string, number>[]) {
  return resultOf(benchmark, runs, 'servers').figures.map(({ verdict }) => verdict);
}

it('judges by the median, in the direction of what is asked', () => {
  expect(judged(run(1, 100), run(13, 6), run(12, 7))).toEqual(['aim', 'aim', 'reported']);
  expect(judged(run(8, 12))).toEqual(['must', 'must', 'reported']);
  expect(judged(run(7.9, 12.1))).toEqual(['missed', 'missed', 'reported']);
  expect(judged(run(Number.NaN, 6))).toEqual(['missed', 'aim', 'reported']);
});

it('shows the least, the median and the most', () => {
  const text = table([resultOf(benchmark, [run(9, 6), run(11, 6), run(10, 6), run(30, 6)], 'servers')]);
  expect(
    text
      .split('\n')[2]
      ?.split('|')
      .map((cell) => cell.trim()),
  ).toEqual(['', 'speed', 'ours ÷ theirs', '9.0', '10.5', '30.0', '≥ 8', '≥ 12', 'must reached', '']);
});

it('replaces the results of what was measured again, and keeps the others', () => {
  const folder = mkdtempSync(`${tmpdir()}/results-`);
  const result = (name: string, ratio: number) => resultOf({ ...benchmark, name }, [run(ratio, 6)], 'servers');
  for (const one of [result('b', 1), result('a', 2), result('b', 3)]) save(one, folder);
  const saved = savedResults(['a', 'b', 'never-run'], folder);
  rmSync(folder, { recursive: true });
  expect(saved.map(({ name, figures }) => [name, figures[0]?.median])).toEqual([
    ['a', 2],
    ['b', 3],
  ]);
});
