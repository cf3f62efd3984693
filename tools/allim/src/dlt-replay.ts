import { readFile } from 'node:fs/promises';
import type { ReplayJobState } from '@allim/contracts';
import { type ReplayOrder, WrongUsage } from './command-line.js';
import { json, type Said } from './dlt.js';
import { type Ask, type Job, type JobLetter, type LetterSummary, NotAnswered } from './dlt-api.js';
import { howTo, jobSentence, letters, planShown } from './dlt-job-shown.js';
import type { Page } from './dlt-pages.js';
import { progressLine, progressSentence, type Sample, sampled } from './dlt-progress.js';
import type { Screen } from './dlt-table.js';
import type { Terminal } from './dlt-terminal.js';

interface Place {
  /** Of stdout. */
  screen: Screen;
  now: Date;
  terminal: Terminal;
}

/** Letters that a plan shows. */
const shownLetters = 5;

/** Plans a job, shows its set, asks, starts it and follows it. What is not wanted then is cancelled. */
export async function replay(order: ReplayOrder & { json: boolean }, ask: Ask, place: Place): Promise<Said> {
  const { terminal } = place;
  if (!order.dryRun && !order.yes && !terminal.canAsk)
    throw new WrongUsage('dlt replay: nobody can be asked here: expected --yes, or --dry-run, which only shows.');
  const value = order.edit === undefined ? undefined : await payloadIn(order.edit);
  const { rate, force } = order;
  const { job } = await ask<Job>('/replay-jobs', { body: { ...order.set, value, rate, force } });
  const plan = await watch(job, ask, terminal, ({ state }) => state !== 'planning');
  if (!plan) return await unwanted(job, ask, order);
  if (plan.state !== 'planned') return ended(plan, order);
  const first = await firstOf(plan, ask);

  if (order.dryRun) {
    const hint = plan.total > 0 ? `\n\nNothing was replayed. To replay these: ${howTo.start(job)}` : '';
    return { said: order.json ? json(plan) : planShown(plan, first, place.now, place.screen) + hint, isDone: true };
  }
  terminal.say(`${planShown(plan, first, place.now, terminal.screen())}\n`);
  if (plan.total === 0)
    return { ...(await unwanted(job, ask, order)), note: 'there is nothing to replay.', isDone: isWhole(plan, order) };
  const isWanted = order.yes || (await terminal.confirm(`Replay ${letters(plan.total)}?`));
  if (!isWanted || terminal.interrupted.aborted) return await unwanted(job, ask, order);

  const started = await start(job, order.reason, ask);
  if (order.detach) {
    const note = `follow it: ${howTo.follow(job)}`;
    return { said: order.json ? json(started) : jobSentence(started), note, isDone: true };
  }
  return await follow(job, ask, place, order);
}

/** Shows how a job goes on until it does not. */
export async function followJob(order: { job: number; json: boolean }, ask: Ask, place: Place): Promise<Said> {
  const job = await ask<Job>(`/replay-jobs/${order.job}`);
  if (job.state === 'planning' || job.state === 'planned') return ended(job, order);
  return await follow(order.job, ask, place, order);
}

async function follow(job: number, ask: Ask, { terminal }: Place, order: Order): Promise<Said> {
  try {
    const over = await watch(job, ask, terminal, ({ state }) => overStates.includes(state));
    if (over) return ended(over, order);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Error(`${error.message} Job ${job} does not need us; see ${howTo.follow(job)}`, { cause: error });
  }
  const hints = [`pause it: ${howTo.pause(job)}`, `cancel it: ${howTo.cancel(job)}`, `follow it: ${howTo.follow(job)}`];
  return { said: '', note: [`job ${job} goes on.`, ...hints].join('\n  '), isDone: false };
}

const overStates: readonly ReplayJobState[] = ['done', 'cancelled', 'stopped'];

interface Order {
  json: boolean;
  set?: ReplayOrder['set'];
}

/** What there is to say about a job that does not go on by itself. */
function ended(job: Job, order: Order): Said {
  const { state, failed, skipped } = job;
  const isAll = isWhole(job, order);
  const hints = [
    ...(state === 'planned' ? [`start it: ${howTo.start(job.job)}`] : []),
    ...(state === 'stopped' ? [`resume it: ${howTo.resume(job.job)}`, `cancel it: ${howTo.cancel(job.job)}`] : []),
    ...(skipped > 0 ? [`see what was skipped: ${howTo.seeSkipped(job.job)}`] : []),
    ...(isAll ? [] : ['not every one of these numbers can be replayed.']),
  ];
  return {
    said: order.json ? json(job) : jobSentence(job),
    note: hints.length > 0 ? hints.join('\n  ') : undefined,
    isDone: state === 'done' && failed === 0 && skipped === 0 && isAll,
  };
}

/** A filter finds what it finds; but who names numbers means every one of them. */
const isWhole = ({ total }: Job, { set }: Order) => !(set && 'numbers' in set) || total === set.numbers.length;

async function unwanted(job: number, ask: Ask, order: Order): Promise<Said> {
  const cancelled = await ask<Job>(`/replay-jobs/${job}/cancel`, { body: { reason: 'not wanted after the dry run' } });
  return { said: order.json ? json(cancelled) : '', note: 'nothing was replayed.', isDone: false };
}

async function start(job: number, reason: string | undefined, ask: Ask): Promise<Job> {
  try {
    return await ask<Job>(`/replay-jobs/${job}/start`, { body: { reason } });
  } catch (error) {
    if (!(error instanceof NotAnswered)) throw error;
    throw new Error(`${error.message} Whether job ${job} has been started: ${howTo.follow(job)}`, { cause: error });
  }
}

/** One after the other: ops reads each with its payload. */
async function firstOf({ job, total }: Job, ask: Ask): Promise<LetterSummary[]> {
  if (total === 0) return [];
  const query = { size: shownLetters };
  const { items } = await ask<Page<JobLetter>>(`/replay-jobs/${job}/letters`, { query });
  const first: LetterSummary[] = [];
  for (const { number } of items) first.push(await ask<LetterSummary>(`/dead-letters/${number}`));
  return first;
}

/** @throws with the file's name when it is not text */
async function payloadIn(file: string): Promise<string> {
  const bytes = await readFile(file);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new Error(`${file}: expected text in UTF-8.`, { cause: error });
  }
}

/** The shortest jobs end within the first ones. */
const looksMs = { first: 100, most: 1_000 };
/** Between two lines where there is no status. */
const sayEveryMs = 5_000;
/** The job goes on while ops restarts or its database is away, so do we. */
const patienceMs = 300_000;

/**
 * Looks at a job until `isOver`, and shows how it goes.
 *
 * @returns undefined when interrupted
 * @throws NotAnswered when ops has been away for five minutes
 */
async function watch(
  job: number,
  ask: Ask,
  terminal: Terminal,
  isOver: (job: Job) => boolean,
): Promise<Job | undefined> {
  const { interrupted } = terminal;
  const interruption = new Promise<undefined>((resolve) => {
    interrupted.addEventListener('abort', () => resolve(undefined), { once: true });
  });
  let samples: Sample[] = [];
  let last: { state: ReplayJobState; saidAt: number } | undefined;
  let answeredAt = terminal.now();
  let isAway = false;
  try {
    for (let waitMs = looksMs.first; !interrupted.aborted; waitMs = Math.min(2 * waitMs, looksMs.most)) {
      try {
        const seen = await Promise.race([ask<Job>(`/replay-jobs/${job}`), interruption]);
        if (!seen) return undefined;
        if (isOver(seen)) return seen;
        answeredAt = terminal.now();
        isAway = false;
        samples = sampled(samples, seen, answeredAt);
        last ??= { state: seen.state, saidAt: answeredAt };
        if (terminal.isLive) terminal.status(progressLine(seen, samples, terminal.screen().columns));
        else if (last.state !== seen.state || answeredAt - last.saidAt >= sayEveryMs) {
          terminal.say(progressSentence(seen, samples));
          last = { state: seen.state, saidAt: answeredAt };
        }
      } catch (error) {
        if (!(error instanceof NotAnswered) || terminal.now() - answeredAt >= patienceMs) throw error;
        if (!isAway) terminal.say(`${error.message} Trying again …`);
        isAway = true;
      }
      await terminal.pause(waitMs);
    }
    return undefined;
  } finally {
    terminal.status(undefined);
  }
}
