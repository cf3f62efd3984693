import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger } from '@allim/platform';
import { type HeldJob, JobLost, type ReplayLetter, type ReplayRules, type ReplayStore } from '@allim/store';
import { canaryLetters, type Trial, verdictOf } from './canary.js';
import { type ReplayMetrics } from './metrics.js';
import { Pace } from './pace.js';
import { Publishing } from './publishing.js';
import { type Look } from './reading.js';
import { type Publication } from './replay-publisher.js';

/** Jobs at the same time on this node. */
const jobsAtOnce = 4;
const lookMs = 500;
/** A runner that dies is made up for after so long. */
const leaseMs = 10_000;
const keepMs = 2_500;
/** Letters that are claimed together, at most. */
const claimedAtOnce = 1_000;
/** Whether all is read is asked so often. */
const readingMs = 200;
/** After the database or Kafka failed us. */
const pauseMs = 1_000;

export interface ReplayRunnerOptions {
  replays: Pick<
    ReplayStore,
    'take' | 'keep' | 'leave' | 'planMore' | 'claim' | 'claimed' | 'published' | 'settle' | 'end' | 'stop'
  >;
  publisher: {
    publish(letters: readonly ReplayLetter[], replayId: string, signal: AbortSignal): Promise<Publication>;
  };
  reading: { since(): Look };
  rules: ReplayRules;
  metrics: ReplayMetrics;
  logger: Logger;
}

/** A job in our hands. */
interface Hold {
  job: number;
  holder: Buffer;
}

/**
 * Does what replay jobs need: freezes their sets, replays them, waits for what became of them. Several may run, on several
 * nodes: each job is held by one. What a dead one had claimed is published again, under the same replay id, by the next.
 */
export class ReplayRunner {
  private readonly stopping = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  private awake = Promise.withResolvers<void>();
  private running?: Promise<void>;

  constructor(private readonly options: ReplayRunnerOptions) {}

  start(): void {
    this.running = this.look();
  }

  /** A job may have something to do. */
  wake(): void {
    this.awake.resolve();
  }

  private async look(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.awake = Promise.withResolvers(); // before the look, or what is ordered during it would wait
      try {
        const holder = randomBytes(16);
        const taken = this.underWay.size < jobsAtOnce ? await this.options.replays.take(holder, leaseMs) : null;
        if (taken) {
          const run = this.run({ job: taken.number, holder }).finally(() => this.underWay.delete(run));
          this.underWay.add(run);
          continue;
        }
      } catch (error) {
        this.options.logger.warn({ err: error }, 'replay jobs cannot be looked for now');
      }
      const timer = setTimeout(this.awake.resolve, lookMs);
      await this.awake.promise;
      clearTimeout(timer);
    }
  }

  /** Never rejects. What fails is tried again, by whoever holds the job then. */
  private async run(hold: Hold): Promise<void> {
    const { replays, logger } = this.options;
    const { job, holder } = hold;
    const keeping = setInterval(() => void replays.keep(job, holder, leaseMs).catch(() => {}), keepMs);
    try {
      while (await this.step(await replays.keep(job, holder, leaseMs), hold));
    } catch (error) {
      if (error instanceof JobLost) logger.info({ job, reason: error.message }, 'a replay job is not ours any more');
      else if (!this.stopping.signal.aborted) {
        logger.warn({ err: error, job }, 'a replay job is interrupted; it goes on by itself');
        await sleep(pauseMs, undefined, { signal: this.stopping.signal }).catch(() => {});
      }
    } finally {
      clearInterval(keeping);
      await replays.leave(job, holder).catch(() => {}); // its lease ends
      this.wake(); // it may have been moved on while we held it
    }
  }

  /** False: there is nothing more to be done. */
  private async step(job: HeldJob, hold: Hold): Promise<boolean> {
    const { replays, rules } = this.options;
    this.stopping.signal.throwIfAborted();
    switch (job.state) {
      case 'planning':
        await replays.planMore(hold.job, hold.holder, rules);
        return true;
      case 'running':
        await this.replay(job, hold);
        return true;
      case 'settling':
        if (!(await this.isRead('settling', hold))) return true;
        await this.settle(hold);
        await replays.end(hold.job, hold.holder, 'done');
        return false;
      case 'cancelling':
        await this.finish(job, hold);
        await this.settle(hold);
        await replays.end(hold.job, hold.holder, 'cancelled');
        return false;
      default:
        if (job.isUnsettled) await this.settle(hold);
        return false;
    }
  }

  /** Until it has another state, or all is published. While letters are published and noted, the next ones are claimed. */
  private async replay(begun: HeldJob, hold: Hold): Promise<void> {
    const { replays } = this.options;
    const { signal } = this.stopping;
    if (begun.hasClaimed) await this.finish(begun, hold);
    const pace = new Pace(begun.rate, performance.now());
    const publishing = new Publishing(
      (letters) => this.publish(letters, begun),
      (publication) => this.note(publication, hold),
    );
    let job = begun;
    let isTried = false;
    try {
      for (;;) {
        const trial = trialOf(job);
        const reason = verdictOf(trial);
        if (reason) {
          await publishing.end();
          return await replays.stop(hold.job, hold.holder, reason);
        }
        if (!isTried && trial.published >= canaryLetters) {
          if (!(await this.isRead('running', hold))) return;
          isTried = true;
          job = await replays.keep(hold.job, hold.holder, leaseMs);
          continue;
        }
        const most = isTried ? claimedAtOnce : canaryLetters - trial.published;
        const { due, waitMs } = pace.next(performance.now(), most);
        if (due === 0) {
          await publishing.end();
          if (job.isUnsettled) await this.settle(hold); // there is time
          job = { ...job, isUnsettled: false };
          await sleep(waitMs, undefined, { signal });
          continue;
        }
        const turn = await replays.claim(hold.job, hold.holder, due);
        await publishing.add(turn.letters);
        job = turn.job;
        if (turn.isEnd || !isTried) await publishing.end();
        if (turn.isEnd) return await replays.end(hold.job, hold.holder, 'settling');
        if (!isTried) job = await replays.keep(hold.job, hold.holder, leaseMs);
      }
    } finally {
      await publishing.settle();
    }
  }

  private async settle({ job, holder }: Hold): Promise<void> {
    while (await this.options.replays.settle(job, holder)) this.stopping.signal.throwIfAborted();
  }

  /** What a runner that died has claimed: it may be published already, and is published again. */
  private async finish(job: HeldJob, hold: Hold): Promise<void> {
    await this.note(await this.publish(await this.options.replays.claimed(hold.job), job), hold);
  }

  private publish(letters: readonly ReplayLetter[], { replayId }: HeldJob): Promise<Publication> {
    return this.options.publisher.publish(letters, replayId, this.stopping.signal);
  }

  private async note(publication: Publication, { job, holder }: Hold): Promise<void> {
    const { replays, metrics } = this.options;
    await replays.published(job, holder, publication);
    metrics.replayed.inc({ result: 'published' }, publication.published.length);
    metrics.replayed.inc({ result: 'refused' }, publication.refused.length);
  }

  /** Waits, as long as it takes, until all that is published is read. False: the job has another state by then. */
  private async isRead(state: HeldJob['state'], hold: Hold): Promise<boolean> {
    const { replays, reading, logger } = this.options;
    const look = reading.since();
    for (;;) {
      try {
        if (await look()) return true;
      } catch (error) {
        logger.debug({ err: error }, 'what is read cannot be asked for now');
      }
      await sleep(readingMs, undefined, { signal: this.stopping.signal });
      if ((await replays.keep(hold.job, hold.holder, leaseMs)).state !== state) return false;
    }
  }

  /** Lets what is being published end where it can; what cannot is published again by whoever comes next. */
  async close(): Promise<void> {
    this.stopping.abort(new Error('stopping'));
    this.wake();
    await this.running;
    await Promise.all(this.underWay);
  }
}

const trialOf = ({ published, failed, judgedFrom }: HeldJob): Trial => ({
  published: published - judgedFrom.published,
  failed: failed - judgedFrom.failed,
});
