import type { ReplayJobState } from '@allim/contracts';
import type { Job } from './dlt-api.js';
import { counted, jobSentence, tally } from './dlt-job-shown.js';
import { duration } from './dlt-time.js';
import { visible } from './dlt-visible.js';
import { cut, widthOf } from './dlt-width.js';

/** How many of a job's letters had had their turn at a moment of our clock, in milliseconds. */
export interface Sample {
  at: number;
  handled: number;
}

/** The speed is that of so long. */
const windowMs = 10_000;
/** Less tells nothing. */
const leastMs = 1_000;

const handledOf = ({ published, skipped }: Job) => published + skipped;

/** The samples with a new one. What was before a pause says nothing about the speed after it. */
export function sampled(samples: readonly Sample[], job: Job, at: number): Sample[] {
  if (job.state !== 'running') return [];
  const lately = samples.filter((sample) => at - sample.at <= windowMs);
  return [...lately, { at, handled: handledOf(job) }];
}

/** @returns letters a second; undefined as long as it cannot be known */
export function speedOf(samples: readonly Sample[]): number | undefined {
  const [first] = samples;
  const last = samples.at(-1);
  if (!first || !last || last.at - first.at < leastMs) return undefined;
  return ((last.handled - first.handled) * 1_000) / (last.at - first.at);
}

/** @returns undefined when nobody can know: while it stands still, and before it has a speed, unless it has a rate */
export function secondsLeft(job: Job, speed: number | undefined): number | undefined {
  if (job.state !== 'running') return undefined;
  const left = job.total - handledOf(job);
  const expected = speed ?? (job.rate > 0 ? job.rate : undefined);
  return expected ? left / expected : undefined;
}

// Not blocks: terminals of East Asia draw those in two columns, ours would break its line.
const done = '#';
const left = '-';

/** @param share 0 to 1; the bar is full at 1 only */
export function bar(share: number, width: number): string {
  const filled = Math.floor(Math.min(1, Math.max(0, share)) * width);
  return `[${done.repeat(filled)}${left.repeat(width - filled)}]`;
}

const barWidth = { least: 10, most: 30 };
const gap = '  ';

const standing: Partial<Record<ReplayJobState, string>> = {
  paused: 'paused',
  settling: 'waiting until they have been read',
  cancelling: 'being cancelled',
};

/** The line that is written over and over: shorter than the terminal is wide, so that no terminal breaks it. */
export function progressLine(job: Job, samples: readonly Sample[], columns: number): string {
  const room = columns - 1;
  if (job.state === 'planning') return cut(`Looking for the letters: ${counted(job.total)} so far`, room);
  const handled = handledOf(job);
  const share = job.total > 0 ? handled / job.total : 1;
  const speed = speedOf(samples);
  const seconds = secondsLeft(job, speed);
  const counts = [`${Math.floor(share * 100)}%`.padStart(4), `${counted(handled)}/${counted(job.total)}`];
  const state = job.state === 'running' ? [] : [visible(standing[job.state] ?? job.state)];
  const pace = speed === undefined ? [] : [`${counted(Math.round(speed))}/s`];
  const rest = seconds === undefined ? [] : [`${duration(seconds)} left`];
  const failures = [
    ...(job.failed > 0 ? [`${counted(job.failed)} failed`] : []),
    ...(job.skipped > 0 ? [`${counted(job.skipped)} skipped`] : []),
  ];
  // Where there is little room, the first that fits: failures are worth more than the speed.
  const lines = [
    [...counts, ...state, ...pace, ...rest, ...failures],
    [...counts, ...state, ...rest, ...failures],
    [...counts, ...state, ...failures],
  ].map((parts) => parts.join(gap));
  const line = lines.find((one) => widthOf(one) <= room) ?? cut(lines.at(-1)!, room);
  const width = Math.min(barWidth.most, room - widthOf(line) - gap.length - widthOf(bar(0, 0)));
  return width < barWidth.least ? line : `${bar(share, width)}${gap}${line}`;
}

/** The same for a file or a program, as a line of its own. */
export function progressSentence(job: Job, samples: readonly Sample[]): string {
  const speed = speedOf(samples);
  const seconds = secondsLeft(job, speed);
  if (speed === undefined || seconds === undefined) return jobSentence(job);
  return visible(
    `Job ${job.job} is running: ${tally(job)}; ${counted(Math.round(speed))}/s, ${duration(seconds)} left.`,
  );
}
