import type { DeadLetterState, ReplayItemState, ReplayJobState } from '@allim/contracts';
import type { Counts, Deed, GroupOfLetters, Job, JobLetter, LetterSummary, TopicOfLetters } from './dlt-api.js';
import type { Filter } from './dlt-filter.js';
import { bytesInLine } from './dlt-show.js';
import type { Column, Style } from './dlt-table.js';
import { ago, momentShown } from './dlt-time.js';

const styles: Record<DeadLetterState, Style> = {
  open: 'yellow',
  replaying: 'cyan',
  replayed: 'green',
  parked: 'red',
  discarded: 'dim',
};
const states = Object.keys(styles) as DeadLetterState[];

const countColumn = (state: DeadLetterState): Column<{ counts: Counts }> => ({
  title: state.toUpperCase(),
  text: ({ counts }) => counts[state],
  align: 'right',
  style: ({ counts }) => (counts[state] > 0 ? styles[state] : undefined),
});

/** Where there is little room, how long ago is enough. */
const failedColumns = (now: Date): Column<{ failedAt: string }>[] => [
  { title: 'FAILED (UTC)', text: ({ failedAt }) => momentShown(failedAt), spare: 2 },
  { title: 'AGO', text: ({ failedAt }) => ago(failedAt, now).replace(' ago', ''), align: 'right' },
];

export const topicColumns = (now: Date): Column<TopicOfLetters>[] => [
  { title: 'TOPIC', text: ({ topic }) => topic, least: 20 },
  ...states.map(countColumn),
  ...failedColumns(now),
];

/** The id stays whole: it is what `--filter group=` wants. */
export const groupColumns = (now: Date, { state }: Filter): Column<GroupOfLetters>[] => [
  { title: 'GROUP', text: ({ id }) => id },
  countColumn(states.find((known) => known === state) ?? 'open'),
  { title: 'ALL', text: ({ counts }) => states.reduce((sum, one) => sum + counts[one], 0), align: 'right' },
  ...failedColumns(now),
  { title: 'TOPIC', text: ({ topic }) => topic, least: 10 },
  { title: 'CLASS', text: ({ errorClass }) => errorClass, least: 8, spare: 1 },
  { title: 'MESSAGE', text: ({ pattern }) => pattern, least: 16 },
];

export const letterColumns = (now: Date): Column<LetterSummary>[] => [
  { title: 'NUMBER', text: ({ number }) => number, align: 'right' },
  { title: 'STATE', text: ({ state }) => state, style: ({ state }) => styles[state] },
  { title: 'TIMES', text: ({ failures }) => failures, align: 'right', spare: 1 },
  ...failedColumns(now),
  { title: 'TOPIC', text: ({ topic }) => topic, least: 12 },
  { title: 'CLASS', text: ({ errorClass }) => errorClass, least: 8 },
  { title: 'KEY', text: ({ key }) => key && bytesInLine(key), least: 8, spare: 3 },
  { title: 'MESSAGE', text: ({ message }) => message, least: 24 },
];

const jobStyles: Record<ReplayJobState, Style> = {
  planning: 'dim',
  planned: 'dim',
  running: 'cyan',
  paused: 'yellow',
  stopped: 'red',
  settling: 'cyan',
  done: 'green',
  cancelling: 'yellow',
  cancelled: 'yellow',
};

const mostNamed = 20;

/** Which cases: as `--filter` takes it again, or their numbers, the first of many. */
export function selected({ filter, numbers }: Pick<Job, 'filter' | 'numbers'>): string {
  if (numbers && numbers.length > mostNamed)
    return `${numbers.slice(0, mostNamed).join(' ')} … ${numbers.length} numbers`;
  if (numbers) return numbers.join(' ');
  const pairs = Object.entries(filter ?? {}).map(([field, value]) => `${field}=${value.replaceAll(',', '\\,')}`);
  return pairs.length > 0 ? pairs.join(',') : 'state=open';
}

export const jobColumns = (now: Date): Column<Job>[] => [
  { title: 'JOB', text: ({ job }) => job, align: 'right' },
  { title: 'STATE', text: ({ state }) => state, style: ({ state }) => jobStyles[state] },
  { title: 'LETTERS', text: ({ total }) => total, align: 'right' },
  { title: 'PUBLISHED', text: ({ published }) => published, align: 'right', spare: 2 },
  {
    title: 'FAILED',
    text: ({ failed }) => failed,
    align: 'right',
    style: ({ failed }) => (failed > 0 ? 'red' : undefined),
  },
  { title: 'SKIPPED', text: ({ skipped }) => skipped, align: 'right', spare: 3 },
  { title: 'CREATED (UTC)', text: ({ createdAt }) => momentShown(createdAt), spare: 4 },
  { title: 'AGO', text: ({ createdAt }) => ago(createdAt, now).replace(' ago', ''), align: 'right' },
  { title: 'BY', text: ({ createdBy }) => createdBy, least: 8, spare: 1 },
  { title: 'WHICH', text: selected, least: 12 },
  { title: 'REASON', text: ({ reason }) => reason, least: 12, spare: 5 },
];

const jobLetterStyles: Record<ReplayItemState, Style> = {
  pending: 'dim',
  claimed: 'cyan',
  published: 'green',
  skipped: 'yellow',
};

export const jobLetterColumns: Column<JobLetter>[] = [
  { title: 'NUMBER', text: ({ number }) => number, align: 'right' },
  { title: 'STATE', text: ({ state }) => state, style: ({ state }) => jobLetterStyles[state] },
  { title: 'REASON', text: ({ reason }) => reason, least: 16 },
];

export const deedColumns: Column<Deed>[] = [
  { title: 'AT (UTC)', text: ({ at }) => momentShown(at) },
  { title: 'ACTOR', text: ({ actor }) => actor, least: 8 },
  { title: 'ACTION', text: ({ action }) => action },
  { title: 'TO', text: ({ subject }) => subjectShown(subject), least: 12 },
  { title: 'REASON', text: ({ reason }) => reason, least: 16 },
];

/** `{ job: 7, cases: [1, 2] }` is `job 7, cases 1 2`. */
const subjectShown = (subject: Deed['subject']) =>
  Object.entries(subject)
    .map(([name, value]) => `${name} ${Array.isArray(value) ? value.join(' ') : asText(value)}`)
    .join(', ');

const asText = (value: unknown) => (typeof value === 'object' ? JSON.stringify(value) : String(value));
