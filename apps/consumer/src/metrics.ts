import { type KafkaRecord } from '@allim/kafka';
import { type NewDelivery, type Requeued } from '@allim/store';
import { Counter, Histogram, type Registry } from 'prom-client';

/** `nobody`: nobody was to be told. `duplicate`: another record had told it before. The last ones are of replayed commands. */
export type Outcome = 'saved' | 'redelivered' | 'duplicate' | 'nobody' | 'dead' | Exclude<Requeued, 'sending'>;

export class EventMetrics {
  private readonly events: Counter;
  private readonly latency: Histogram;
  private readonly deliveries: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.events = new Counter({
      name: 'allim_consumer_events_total',
      help: 'Records by topic and what became of them.',
      labelNames: ['topic', 'outcome'],
      registers,
    });
    this.latency = new Histogram({
      name: 'allim_consumer_event_latency_seconds',
      help: "From the record's timestamp to its notification committed and told.",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60, 600],
      registers,
    });
    this.deliveries = new Counter({
      name: 'allim_consumer_deliveries_total',
      help: 'Planned deliveries of new notifications by channel, state, and the reason for which one stays in the house.',
      labelNames: ['channel', 'state', 'reason'],
      registers,
    });
  }

  /** Counts new deliveries. */
  observePlanned(planned: readonly NewDelivery[]): void {
    const alike = Map.groupBy(planned, ({ channel, state, reason }) => `${channel} ${state} ${reason}`);
    for (const deliveries of alike.values()) {
      const { channel, state, reason } = deliveries[0]!;
      this.deliveries.inc({ channel, state, reason: reason ?? '' }, deliveries.length);
    }
  }

  /** Counts records by what each came to; of what is replayed the time it took says nothing of us. They lie together by topic, and most of them come to the same: runs are counted at once. */
  observe(records: readonly KafkaRecord[], outcomes: readonly Outcome[]): void {
    let run = 0;
    for (const [index, { topic, timestamp, replay }] of records.entries()) {
      const outcome = outcomes[index] as Outcome;
      run++;
      if (records[index + 1]?.topic !== topic || outcomes[index + 1] !== outcome) {
        this.events.inc({ topic, outcome }, run);
        run = 0;
      }
      const publishedAt = Number(timestamp); // -1: unknown
      if (outcome === 'saved' && publishedAt > 0 && !replay)
        this.latency.observe(Math.max(0, (Date.now() - publishedAt) / 1000));
    }
  }
}
