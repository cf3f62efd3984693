import type { ReplayExclusion, ReplayJobState } from '@allim/contracts';
import type { Job, LetterSummary } from './dlt-api.js';
import { letterColumns, selected } from './dlt-columns.js';
import { fields } from './dlt-show.js';
import { type Screen, styled, table } from './dlt-table.js';
import { ago, duration, momentShown } from './dlt-time.js';
import { visible } from './dlt-visible.js';

/** As it can be typed where nothing is installed. */
const program = 'npm run allim -- dlt';
export const howTo = {
  start: (job: number) => `${program} job start ${job} --reason …`,
  follow: (job: number) => `${program} job follow ${job}`,
  pause: (job: number) => `${program} job pause ${job}`,
  resume: (job: number) => `${program} job resume ${job}`,
  cancel: (job: number) => `${program} job cancel ${job}`,
  seeSkipped: (job: number) => `${program} job letters ${job} --filter state=skipped`,
};

/** @returns `10,000` */
export const counted = (count: number): string => count.toLocaleString('en');

/** @returns `1 letter`, `10,000 letters` */
export const letters = (count: number): string => `${counted(count)} ${count === 1 ? 'letter' : 'letters'}`;

/** As ops names them; one that is new is shown by its name. */
const whyExcluded: Record<ReplayExclusion, string> = {
  state: 'being replayed, replayed or discarded; or parked: --force replays those, too',
  'replayed-too-often': 'replayed as often as is allowed: --force replays them once more',
  'topic-not-allowed': 'of a topic that ops must not replay',
  'group-not-ours': 'failed in a consumer group that is not ours, and reads no replays',
  'place-unknown': 'without topic, partition and offset of the record that failed',
  'value-cut': 'too long: only the beginning of the payload is kept',
};

/** Everything about one job. */
export function jobShown(job: Job, now: Date, screen: Screen): string {
  const deed = (iso: string | null, by: string | null) => (iso === null ? 'not yet' : `${moment(iso, now)} by ${by}`);
  const lines = fields({
    which: selected(job),
    letters: tally(job),
    ...choices(job),
    ...(job.excluded.length > 0 && { excluded: excluded(job) }),
    planned: deed(job.createdAt, job.createdBy),
    started: deed(job.startedAt, job.startedBy),
    ...(job.reason !== null && { reason: job.reason }),
    ended: job.endedAt === null ? 'not yet' : moment(job.endedAt, now),
    ...(job.stopReason !== null && { stopped: job.stopReason }),
    'replay id': job.replayId,
  });
  return section(`Replay job ${job.job}: ${job.state}`, lines, screen);
}

/**
 * What a job would replay.
 *
 * @param first of its letters, as many as are to be shown
 */
export function planShown(job: Job, first: readonly LetterSummary[], now: Date, screen: Screen): string {
  const plan = section(
    `Job ${job.job} replays ${letters(job.total)}`,
    fields({
      which: selected(job),
      ...choices(job),
      ...(job.rate > 0 && job.total > 0 && { takes: `about ${duration(job.total / job.rate)}` }),
      ...(job.excluded.length > 0 && { 'left out': excluded(job) }),
    }),
    screen,
  );
  if (first.length === 0) return plan;
  const title = first.length < job.total ? `The first ${counted(first.length)} of them` : 'These are';
  return `${plan}\n\n${styled('bold', title, screen)}\n${table(letterColumns(now), first, screen)}`;
}

/** One sentence on where a job is. */
export function jobSentence(job: Job): string {
  const { stopReason } = job;
  const why = job.state === 'stopped' && stopReason !== null ? `; ${stopReason.replace(/\.$/, '')}` : '';
  return visible(`Job ${job.job} ${does(job.state)}: ${tally(job)}${why}.`);
}

/** @returns `6,120 of 10,000 letters replayed, 3 of them failed again, 1 skipped` */
export function tally({ state, total, published, failed, skipped }: Job): string {
  if (state === 'planning') return `${letters(total)} so far`;
  return [
    `${counted(published)} of ${letters(total)} replayed`,
    ...(failed > 0 ? [`${counted(failed)} of them failed again`] : []),
    ...(skipped > 0 ? [`${counted(skipped)} skipped`] : []),
  ].join(', ');
}

const deeds: Record<ReplayJobState, string> = {
  planning: 'is looking for its letters',
  planned: 'is planned',
  running: 'is running',
  paused: 'is paused',
  stopped: 'is stopped',
  settling: 'is waiting until its letters have been read',
  done: 'is done',
  cancelling: 'is being cancelled',
  cancelled: 'is cancelled',
};
const does = (state: ReplayJobState) => deeds[state] ?? `is ${state}`;

const choices = ({ rate, isForced, isEdited }: Job) => ({
  rate: rate === 0 ? 'as fast as possible' : `${letters(rate)} a second`,
  ...(isForced && { forced: 'replays, too, what is parked or was replayed as often as is allowed' }),
  ...(isEdited && { edited: 'the payload is not the one that failed' }),
});

/** A line for each reason. */
function excluded(job: Job): string {
  const width = Math.max(...job.excluded.map(({ count }) => counted(count).length));
  return job.excluded
    .map(
      ({ reason, count }) => `${counted(count).padStart(width)}  ${whyExcluded[reason as ReplayExclusion] ?? reason}`,
    )
    .join('\n');
}

const moment = (iso: string, now: Date) => `${momentShown(iso)} UTC (${ago(iso, now)})`;

const section = (title: string, lines: string[], screen: Screen) =>
  [styled('bold', visible(title), screen), ...lines.map((line) => `  ${line}`)].join('\n');
