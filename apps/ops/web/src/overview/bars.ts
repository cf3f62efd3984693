/** One line of counts by step; null: not known, which is not 0. */
export interface Series {
  name: string;
  /** Of a page that tells more. */
  href?: string;
  counts: readonly (number | null)[];
}

export interface Bar {
  series: number;
  step: number;
  y: number;
  height: number;
}

/** The end of the scale: 1, 2 or 5 with noughts behind, so that its halves are whole from 2 on. */
export function scaleEnd(most: number): number {
  if (most <= 1) return 1;
  const magnitude = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((factor) => factor * magnitude).find((end) => end >= most)!;
}

export function totals(series: readonly Series[], steps: number): number[] {
  return Array.from({ length: steps }, (_, step) => series.reduce((sum, { counts }) => sum + (counts[step] ?? 0), 0));
}

/** Bars that stand upon each other, the first series lowest. Heights in parts of `end`. */
export function stacked(series: readonly Series[], steps: number, end: number): Bar[] {
  const bars: Bar[] = [];
  for (let step = 0; step < steps; step++) {
    let below = 0;
    for (const [index, { counts }] of series.entries()) {
      const count = counts[step] ?? 0;
      if (count === 0) continue;
      const height = count / end;
      bars.push({ series: index, step, y: 1 - below - height, height });
      below += height;
    }
  }
  return bars;
}

/** Steps in a row of which nothing is known, as [first, count]. */
export function unknownSpans(known: readonly boolean[]): [first: number, count: number][] {
  const spans: [number, number][] = [];
  for (const [step, isKnown] of known.entries()) {
    if (isKnown) continue;
    const last = spans.at(-1);
    if (last && last[0] + last[1] === step) last[1]++;
    else spans.push([step, 1]);
  }
  return spans;
}
