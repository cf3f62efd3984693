import { type Counters } from './counted.js';
import { readSamples, type Sample } from './metrics-text.js';

/** As `channelMetrics` of @allim/channel names them. */
const names = {
  attempts: 'allim_channel_attempts_total',
  waits: 'allim_channel_rate_limit_waits_total',
  breaker: 'allim_channel_breaker_state',
  sending: 'allim_channel_sending',
  startedAt: 'process_start_time_seconds',
};
const wanted = new Set(Object.values(names));

export const breakerStates = ['closed', 'half-open', 'open'] as const;
export type BreakerState = (typeof breakerStates)[number];

/** What a channel app says of itself. */
export interface ChannelReading {
  /** By `outcome accepted` and `lane high`: see `counterName`. */
  counters: Counters;
  /** Deliveries being sent. */
  sending: number;
  breakers: { provider: string; state: BreakerState }[];
}

/** What is counted of a channel: attempts by outcome, waits for its rate limit by lane. */
export type CounterKind = 'outcome' | 'lane';
export const counterName = (kind: CounterKind, label: string): string => `${kind} ${label}`;

/** Reads what the app of a channel shows to Prometheus; null: it is not that channel's. `at`: milliseconds since 1970. */
export function readChannel(text: string, channel: string, at: number): ChannelReading | null {
  const samples = readSamples(text, wanted).filter(({ value }) => Number.isFinite(value));
  const own = samples.filter(({ labels }) => labels.get('channel') === channel);
  const named = (name: string, of: readonly Sample[] = own) => of.filter((one) => one.name === name);
  const breakers = named(names.breaker).map(({ labels, value }) => ({
    provider: labels.get('provider') ?? '',
    state: breakerStates[value] ?? 'open',
  }));
  // There from its start, unlike what it counts.
  if (breakers.length === 0) return null;
  const values = new Map<string, number>();
  for (const [kind, name] of [
    ['outcome', names.attempts],
    ['lane', names.waits],
  ] as const)
    for (const { labels, value } of named(name)) {
      const counter = counterName(kind, labels.get(kind) ?? '');
      values.set(counter, (values.get(counter) ?? 0) + value);
    }
  const [start] = named(names.startedAt, samples);
  return {
    counters: { at, startedAt: start ? start.value * 1_000 : null, values },
    sending: named(names.sending).reduce((sum, { value }) => sum + value, 0),
    breakers,
  };
}
