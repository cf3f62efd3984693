/** A stretch of time, in steps of equal length; the last one is under way. */
export interface Steps {
  from: Date;
  stepSeconds: number;
  count: number;
}

/** What people read off an axis. */
const stepMinutes = [1, 2, 5, 10, 15, 30, 60, 120];

/** More would be narrower than a line is wide on a phone. */
const mostSteps = 96;

/** The last `hours` (1 to 168) in 48 to 96 steps, which begin where a clock's do, whenever they are asked for. */
export function stepsOf(hours: number, now: number): Steps {
  const minutes = stepMinutes.find((one) => (hours * 60) / one <= mostSteps) ?? stepMinutes.at(-1)!;
  return lastSteps(Math.ceil((hours * 60) / minutes), minutes * 60, now);
}

/** `count` steps, of which the last is the one that `now` is in. */
export function lastSteps(count: number, stepSeconds: number, now: number): Steps {
  const stepMs = stepSeconds * 1_000;
  return { from: new Date((Math.floor(now / stepMs) - (count - 1)) * stepMs), stepSeconds, count };
}

export const endOf = ({ from, stepSeconds, count }: Steps): Date =>
  new Date(from.getTime() + count * stepSeconds * 1_000);

export interface Series {
  topic: string;
  total: number;
  /** By step. */
  counts: number[];
}

/** The `most` topics that have most, the largest first, and the others together; null: there are no others. */
export function seriesOf(
  counted: readonly { topic: string; step: number; count: number }[],
  { count }: Pick<Steps, 'count'>,
  most: number,
): { series: Series[]; others: { topics: number; total: number; counts: number[] } | null } {
  const all = [...Map.groupBy(counted, ({ topic }) => topic)]
    .map(([topic, some]) => ({ topic, total: sum(some.map((one) => one.count)), counts: countsOf(some, count) }))
    .sort((a, b) => b.total - a.total || (a.topic < b.topic ? -1 : 1));
  const rest = all.slice(most);
  return {
    series: all.slice(0, most),
    others:
      rest.length === 0
        ? null
        : {
            topics: rest.length,
            total: sum(rest.map(({ total }) => total)),
            counts: Array.from({ length: count }, (_, step) => sum(rest.map(({ counts }) => counts[step]!))),
          },
  };
}

function countsOf(some: readonly { step: number; count: number }[], length: number): number[] {
  const counts = Array<number>(length).fill(0);
  for (const { step, count } of some) counts[step]! += count;
  return counts;
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);
