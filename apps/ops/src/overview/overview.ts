import { type DeadLetterState, deadLetterStates } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { type Database, type DeadLetterStore, deadLetterSteps } from '@allim/store';
import { type ChannelSamplers, type ChannelState, type InstanceState } from './channel-samplers.js';
import { type GroupLags } from './group-lags.js';
import { KeptReadings } from './kept-readings.js';
import { type OverviewShown } from './overview-shown.js';
import { endOf, seriesOf, stepsOf } from './steps.js';

/** Consoles ask again and again, each for itself. */
const keptMs = 10_000;

/** More lines nobody tells apart. */
const topicsShown = 8;

/** What there is to see at a glance. */
export class Overview {
  private readonly deadLetters: KeptReadings<number, OverviewShown['deadLetters']>;
  private readonly lags: KeptReadings<'lags', Pick<OverviewShown, 'lag' | 'lagUnknown'>>;
  private readonly clock: Clock;

  constructor(
    private readonly parts: {
      database: Database;
      letters: DeadLetterStore;
      lags: GroupLags;
      samplers: ChannelSamplers;
      clock?: Clock;
    },
  ) {
    this.clock = parts.clock ?? systemClock;
    this.deadLetters = new KeptReadings((hours) => this.count(hours), keptMs, this.clock);
    this.lags = new KeptReadings(() => this.readLags(), keptMs, this.clock);
  }

  /** Throws a DatabaseDown; Kafka or a channel that is away leaves a gap. */
  async of(hours: number): Promise<OverviewShown> {
    const [deadLetters, lags] = await Promise.all([this.deadLetters.get(hours), this.lags.get('lags')]);
    return { deadLetters, ...lags, channels: this.parts.samplers.read().map(channelShown) };
  }

  private async count(hours: number): Promise<OverviewShown['deadLetters']> {
    const { database, letters } = this.parts;
    const now = this.clock();
    const steps = stepsOf(hours, now);
    const { from, stepSeconds } = steps;
    const counted = await deadLetterSteps(database, { from, until: endOf(steps), stepSeconds });
    const topics = await letters.topics();
    const total = (state: DeadLetterState) => topics.reduce((sum, { counts }) => sum + counts[state], 0);
    return {
      at: new Date(now).toISOString(),
      from: from.toISOString(),
      stepSeconds,
      ...seriesOf(counted, steps, topicsShown),
      totals: Object.fromEntries(deadLetterStates.map((state) => [state, total(state)])) as Record<
        DeadLetterState,
        number
      >,
    };
  }

  private async readLags(): Promise<Pick<OverviewShown, 'lag' | 'lagUnknown'>> {
    const lags = await this.parts.lags.read();
    if ('unknown' in lags) return { lag: null, lagUnknown: lags.unknown };
    return { lag: { at: lags.at.toISOString(), groups: lags.groups }, lagUnknown: null };
  }
}

function channelShown(state: ChannelState): OverviewShown['channels'][number] {
  return {
    channel: state.channel,
    instances: state.instances.map(instanceShown),
    from: state.from.toISOString(),
    stepSeconds: state.stepSeconds,
    known: state.isKnown,
    outcomes: counted(state.outcomes).map(([outcome, counts]) => ({ outcome, ...counts })),
    rateLimitWaits: counted(state.rateLimitWaits).map(([lane, counts]) => ({ lane, ...counts })),
  };
}

const instanceShown = ({ instance, last, unknown, sampledAt }: InstanceState) => ({
  instance,
  isUp: last !== null,
  unknown,
  sampledAt: sampledAt?.toISOString() ?? null,
  sending: last?.sending ?? null,
  breakers: last?.breakers ?? [],
});

/** By name. */
const counted = (all: Map<string, (number | null)[]>) =>
  [...all]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, counts]) => [name, { total: counts.reduce<number>((sum, one) => sum + (one ?? 0), 0), counts }] as const,
    );
