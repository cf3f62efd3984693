/** The most of these moments that lie within any window of so many milliseconds; its end is not part of it. */
export function mostWithin(moments: readonly number[], lengthMs: number): number {
  const sorted = moments.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  sorted.forEach((moment, index) => {
    while (moment - sorted[first]! >= lengthMs) first += 1;
    most = Math.max(most, index - first + 1);
  });
  return most;
}
