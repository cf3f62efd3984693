import { scaleEnd, stacked, totals, unknownSpans } from './bars.js';

const series = [
  { name: 'a', counts: [1, 0, null] },
  { name: 'b', counts: [3, 2, null] },
];

describe('bars', () => {
  it('stand upon each other', () => {
    expect(stacked(series, 3, 4)).toEqual([
      { series: 0, step: 0, y: 0.75, height: 0.25 },
      { series: 1, step: 0, y: 0, height: 0.75 },
      { series: 1, step: 1, y: 0.5, height: 0.5 },
    ]);
    expect(totals(series, 3)).toEqual([4, 2, 0]);
  });

  it.each([
    [0, 1],
    [1, 1],
    [2, 2],
    [3, 5],
    [7, 10],
    [99, 100],
    [101, 200],
    [1_000_000, 1_000_000],
  ])('for at most %d have a scale up to %d', (most, end) => expect(scaleEnd(most)).toBe(end));

  it('leave out what is not known', () => {
    expect(unknownSpans([false, false, true, false])).toEqual([
      [0, 2],
      [3, 1],
    ]);
    expect(unknownSpans([true])).toEqual([]);
  });
});
