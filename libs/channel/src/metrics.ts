import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What a channel shows to Prometheus, besides its consumers. */
export function channelMetrics(registry: Registry) {
  const registers = [registry];
  return {
    attempts: new Counter({
      name: 'allim_channel_attempts_total',
      help: 'Attempts by what the provider made of them.',
      labelNames: ['channel', 'provider', 'outcome'],
      registers,
    }),
    seconds: new Histogram({
      name: 'allim_channel_attempt_duration_seconds',
      help: 'Time of one attempt at the provider.',
      labelNames: ['channel', 'provider'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
      registers,
    }),
    breaker: new Gauge({
      name: 'allim_channel_breaker_state',
      help: 'Breaker of the provider: 0 closed, 1 half-open, 2 open.',
      labelNames: ['channel', 'provider'],
      registers,
    }),
    rateLimitWaits: new Counter({
      name: 'allim_channel_rate_limit_waits_total',
      help: 'Times a lane had to wait for the rate limit.',
      labelNames: ['channel', 'lane'],
      registers,
    }),
    lost: new Counter({
      name: 'allim_channel_conclusions_lost_total',
      help: 'Attempts whose lease had run out before they were concluded: the delivery may go out again.',
      labelNames: ['channel'],
      registers,
    }),
    sending: new Gauge({
      name: 'allim_channel_sending',
      help: 'Deliveries being sent.',
      labelNames: ['channel', 'lane'],
      registers,
    }),
  };
}
