import { Counter, type Registry } from 'prom-client';

/** What replays count. */
export function replayMetrics(registry: Registry) {
  return {
    replayed: new Counter({
      name: 'allim_ops_replayed_letters_total',
      help: 'Letters of replay jobs by result: published on the topic of replays, or refused by Kafka.',
      labelNames: ['result'] as const,
      registers: [registry],
    }),
  };
}

export type ReplayMetrics = ReturnType<typeof replayMetrics>;
