import { type JobShown } from '../api-shapes.js';

type Counts = Pick<JobShown, 'state' | 'total' | 'published' | 'skipped' | 'rate'>;

export const doneOf = ({ published, skipped }: Counts): number => published + skipped;
export const leftOf = (job: Counts): number => Math.max(0, job.total - doneOf(job));

/** Hundredths, rounded down: 100 is all of it. A set of nothing is done. */
export const percentOf = (job: Counts): number =>
  job.total === 0 ? (job.state === 'planning' ? 0 : 100) : Math.floor((100 * doneOf(job)) / job.total);

export interface Sample {
  /** Unix time in milliseconds. */
  at: number;
  done: number;
}

const windowMs = 15_000;

/** What has been seen lately, with what is seen now. A count that fell is another job's. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  if ((samples.at(-1)?.done ?? 0) > sample.done) return [sample];
  return [...samples.filter(({ at }) => sample.at - at <= windowMs), sample];
}

/** Seconds until the rest is published, by how fast it went lately, else by the rate; undefined: nobody knows. */
export function secondsLeft(job: Counts, samples: readonly Sample[]): number | undefined {
  if (job.state !== 'running') return undefined;
  const [first, last] = [samples[0], samples.at(-1)];
  const measured = first && last && last.at > first.at ? ((last.done - first.done) * 1000) / (last.at - first.at) : 0;
  const perSecond = measured > 0 ? measured : job.rate;
  return perSecond > 0 ? leftOf(job) / perSecond : undefined;
}

/** Seconds that a run will take at least; undefined: as fast as possible. */
export const expectedSeconds = ({ total, rate }: Counts): number | undefined => (rate > 0 ? total / rate : undefined);
