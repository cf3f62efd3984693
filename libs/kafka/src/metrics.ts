import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

const known = new WeakMap<Registry, BatchMetrics>();

/** What a batch consumer shows to Prometheus; the same for all that share a registry, one after another. */
export function batchMetrics(registry: Registry): BatchMetrics {
  const metrics = known.get(registry) ?? createMetrics(registry);
  known.set(registry, metrics);
  return metrics;
}

function createMetrics(registry: Registry) {
  const registers = [registry];
  return {
    lag: new Gauge({
      name: 'allim_kafka_lag_records',
      help: 'Records between what is consumed and the end, of the partitions that are ours.',
      labelNames: ['topic', 'partition'],
      registers,
    }),
    batchRecords: new Histogram({
      name: 'allim_kafka_batch_records',
      help: 'Records in one transaction.',
      buckets: [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000],
      registers,
    }),
    batchSeconds: new Histogram({
      name: 'allim_kafka_batch_duration_seconds',
      help: 'Time of one transaction, waits for infrastructure included.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
      registers,
    }),
    deadLetters: new Counter({
      name: 'allim_kafka_dead_letters_total',
      help: 'Records acknowledged on a .DLT topic.',
      labelNames: ['topic', 'error_class'],
      registers,
    }),
    passedOver: new Counter({
      name: 'allim_kafka_passed_over_records_total',
      help: 'Records that could not be processed and were passed over, for no dead letters are written of them.',
      labelNames: ['topic', 'error_class'],
      registers,
    }),
    retries: new Counter({
      name: 'allim_kafka_retries_total',
      help: 'Attempts of single records that failed.',
      registers,
    }),
    waits: new Counter({
      name: 'allim_kafka_infrastructure_waits_total',
      help: 'Times a batch had to wait because something it depends on was down.',
      registers,
    }),
    commits: new Counter({
      name: 'allim_kafka_offset_commits_total',
      help: 'Offset commits by result.',
      labelNames: ['result'],
      registers,
    }),
    rebalances: new Counter({
      name: 'allim_kafka_rebalances_total',
      help: 'Times this member joined its group.',
      registers,
    }),
  };
}

export type BatchMetrics = ReturnType<typeof createMetrics>;
