import { mostWithin } from './most-within.js';

it('finds the fullest window, wherever it begins', () => {
  expect(mostWithin([], 1_000)).toBe(0);
  expect(mostWithin([0, 999, 1_000, 1_998], 1_000)).toBe(3);
  expect(mostWithin([1_998, 0, 1_000], 1_000)).toBe(2);
  expect(mostWithin([5, 5, 5], 1_000)).toBe(3);
});
