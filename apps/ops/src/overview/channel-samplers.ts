import { setTimeout as sleep } from 'node:timers/promises';
import { type Clock, type Logger, systemClock } from '@allim/platform';
import { type ChannelReading, type CounterKind, counterName, readChannel } from './channel-metrics.js';
import { countedSince, type KnownSteps, StepCounts, together } from './counted.js';
import { lastSteps } from './steps.js';

/** The last hour. */
const stepSeconds = 60;
const stepsShown = 60;
const answerWithinMs = 5_000;

/** Where an app of a channel shows its metrics. */
export interface ChannelTarget {
  channel: string;
  url: string;
}

/** A channel by its apps' own counters, over the last hour. */
export interface ChannelState {
  channel: string;
  instances: InstanceState[];
  from: Date;
  stepSeconds: number;
  /** By step. */
  isKnown: boolean[];
  outcomes: Map<string, (number | null)[]>;
  rateLimitWaits: Map<string, (number | null)[]>;
}

export interface InstanceState {
  /** `host:port`. */
  instance: string;
  /** Of its last sample; null: it was not answered, and `unknown` says why. */
  last: ChannelReading | null;
  unknown: string | null;
  /** Of the newest that was answered. */
  sampledAt: Date | null;
}

/** Asks the apps of the channels for their metrics, each by itself, for they keep no history. */
export class ChannelSamplers {
  private readonly samplers: Sampler[];
  private readonly stopping = new AbortController();
  private running: Promise<unknown> = Promise.resolve();

  constructor(
    targets: readonly ChannelTarget[],
    private readonly options: { everyMs: number; logger: Logger; clock?: Clock },
  ) {
    this.samplers = targets.map((target) => new Sampler(target, options.logger, options.clock ?? systemClock));
  }

  start(): void {
    this.running = Promise.all(this.samplers.map((sampler) => this.keepAsking(sampler)));
  }

  private async keepAsking(sampler: Sampler): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      await sampler.ask(signal);
      await sleep(this.options.everyMs, undefined, { signal }).catch(() => {});
    }
  }

  /** In the order of the targets. */
  read(): ChannelState[] {
    const now = (this.options.clock ?? systemClock)();
    const steps = lastSteps(stepsShown, stepSeconds, now);
    return [...Map.groupBy(this.samplers, ({ channel }) => channel)].map(([channel, some]) => {
      const { isKnown, counts } = together(
        some.map((sampler) => sampler.counts.read(steps)),
        stepsShown,
      );
      return {
        channel,
        instances: some.map((sampler) => sampler.state()),
        ...{ from: steps.from, stepSeconds, isKnown },
        outcomes: ofKind('outcome', counts),
        rateLimitWaits: ofKind('lane', counts),
      };
    });
  }

  async close(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }
}

/** By label. */
function ofKind(kind: CounterKind, counts: KnownSteps['counts']): KnownSteps['counts'] {
  const start = counterName(kind, '');
  const own = [...counts].filter(([name]) => name.startsWith(start));
  return new Map(own.map(([name, steps]) => [name.slice(start.length), steps]));
}

/** What is known of one app. */
class Sampler {
  readonly channel: string;
  readonly counts = new StepCounts(stepSeconds * 1_000, stepsShown);
  private last: ChannelReading | null = null;
  /** The newest that was answered, if not the last. */
  private answered: ChannelReading | null = null;
  private unknown: string | null = 'not asked yet';

  constructor(
    private readonly target: ChannelTarget,
    private readonly logger: Logger,
    private readonly clock: Clock,
  ) {
    this.channel = target.channel;
  }

  /** Never rejects. */
  async ask(stopping: AbortSignal): Promise<void> {
    try {
      const reading = await this.fetch(stopping);
      if (this.answered) this.counts.add(countedSince(this.answered.counters, reading.counters));
      if (this.unknown !== null) this.logger.info(this.names(), 'the metrics of a channel are read');
      this.last = this.answered = reading;
      this.unknown = null;
    } catch (error) {
      if (stopping.aborted) return;
      const reason = reasonOf(error as Error);
      // Told once, not every ten seconds.
      if (this.unknown !== reason)
        this.logger.warn({ ...this.names(), reason }, 'the metrics of a channel cannot be read');
      this.last = null;
      this.unknown = reason;
    }
  }

  private async fetch(stopping: AbortSignal): Promise<ChannelReading> {
    const response = await fetch(this.target.url, {
      headers: { accept: 'text/plain;version=0.0.4' },
      redirect: 'error',
      signal: AbortSignal.any([stopping, AbortSignal.timeout(answerWithinMs)]),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`answered ${response.status}`);
    const reading = readChannel(text, this.channel, this.clock());
    if (!reading) throw new Error(`shows no metrics of ${this.channel}`);
    return reading;
  }

  state(): InstanceState {
    const { last, unknown, answered } = this;
    const sampledAt = answered && new Date(answered.counters.at);
    return { instance: new URL(this.target.url).host, last, unknown, sampledAt };
  }

  private names() {
    return { channel: this.channel, instance: new URL(this.target.url).host };
  }
}

/** `fetch` hides what was wrong behind "fetch failed". */
function reasonOf(error: Error): string {
  if (error.name === 'TimeoutError') return `no answer within ${answerWithinMs / 1_000} s`;
  const cause = error.cause as (Error & { code?: string }) | undefined;
  if (cause?.code === 'ECONNREFUSED') return 'connection refused';
  return cause?.message || error.message;
}
