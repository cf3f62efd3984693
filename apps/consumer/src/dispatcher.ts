import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, commandTopic, commandTopics, type DeliveryCommand, type Lane, lanesOf } from '@allim/contracts';
import { ensureTopics } from '@allim/kafka';
import { type Logger } from '@allim/platform';
import { type DeliveryStore, type DueDelivery } from '@allim/store';
import kafkajs, { type Kafka } from 'kafkajs';
import { Counter, type Registry } from 'prom-client';

/** Due ones that are published in one transaction. */
const atOnce = 500;
/**
 * Commands of a lane that wait for a worker. At most: several times what it takes until we look again, or what a slow provider
 * takes within their lease. At least, where nobody takes any: more would only wait in Kafka instead of the database, be published
 * again when their lease ends, and cost a consumer that has a backlog to drain what it needs for its inboxes.
 */
const inFlight = { least: 500, most: 2_000 };
/** Retries, quiet hours and `sendAt` fall due by themselves: so often we look at all lanes. What a commit made due wakes us for its own. */
const intervalMs = 250;
/** A lane that is full is left alone so long: longer than it takes to see that it is full still, shorter than its commands last. */
const restMs = 250;
const takeBackIntervalMs = 5_000;
/** After Kafka or the database failed us. */
const pauseMs = 1_000;
/**
 * Whoever claims one of the rows that are published waits so long, at most: less than the wait for a lock. What arrives
 * after it is a second command.
 */
const publishDeadlineMs = 5_000;
const connectDeadlineMs = 30_000;

export interface DispatcherOptions {
  deliveries: Pick<DeliveryStore, 'dispatch' | 'takeBack'>;
  kafka: Kafka;
  channels: readonly Channel[];
  partitions: number;
  logger: Logger;
  registry: Registry;
}

/**
 * Publishes the commands of due deliveries, and takes back what a dead worker held. Several may run at once: each takes
 * rows that no other one holds. A delivery whose command was published, but not noted, is published again; the worker's
 * claim absorbs it.
 */
export class Dispatcher {
  private readonly producer;
  private readonly admin;
  private readonly dispatched: Counter;
  private readonly takenBack: Counter;
  private readonly stopping = new AbortController();
  private readonly lanes: readonly Lane[];
  /** In which something may be due. */
  private readonly woken = new Set<Lane>();
  /** Full ones, and when we look at them again, by performance.now(). */
  private readonly resting = new Map<Lane, number>();
  private awake = Promise.withResolvers<void>();
  private running?: Promise<void>;
  private nextTakeBack = 0;
  /** When we look at all lanes, by performance.now(). */
  private nextRound = 0;

  constructor(private readonly options: DispatcherOptions) {
    const { channels, kafka, registry } = options;
    this.lanes = lanesOf(channels);
    this.admin = kafka.admin();
    this.producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    const registers = [registry];
    this.dispatched = new Counter({
      name: 'allim_dispatcher_commands_total',
      help: 'Delivery commands published, by channel and priority.',
      labelNames: ['channel', 'priority'],
      registers,
    });
    this.takenBack = new Counter({
      name: 'allim_dispatcher_taken_back_total',
      help: 'Deliveries whose lease ran out: lost (command not claimed), retried, or parked as unknown.',
      labelNames: ['as'],
      registers,
    });
  }

  /** Begins; waits for Kafka and the database in the background, as long as it takes. */
  start(): void {
    this.running = this.run();
  }

  /** Something may be due there: called after each commit that made it so. Default: anywhere. */
  wake(lanes: readonly Lane[] = this.lanes): void {
    for (const lane of this.lanes) if (lanes.some((one) => isSame(one, lane))) this.woken.add(lane);
    this.awake.resolve();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    let connected = false;
    while (!signal.aborted) {
      try {
        if (!connected) {
          await this.within(connectDeadlineMs, this.connect());
          connected = true;
        }
        this.awake = Promise.withResolvers(); // before the look, or what is committed during it would wait
        await this.takeBack();
        await this.dispatch();
        if (this.woken.size === 0) await this.untilWoken();
      } catch (error) {
        if (signal.aborted) return;
        this.options.logger.warn({ err: error }, 'deliveries are not dispatched; they stay due');
        await sleep(pauseMs, undefined, { signal }).catch(() => {});
      }
    }
  }

  /** Only where something may be due: a look at the others after each commit took a twentieth of what a consumer can do. */
  private async dispatch(): Promise<void> {
    const now = performance.now();
    const isRound = now >= this.nextRound;
    const mayHaveDue = (lane: Lane) => {
      const restsUntil = this.resting.get(lane);
      return restsUntil === undefined ? isRound || this.woken.has(lane) : now >= restsUntil;
    };
    const lanes = this.lanes.filter(mayHaveDue);
    this.woken.clear();
    for (const lane of lanes) this.resting.delete(lane);
    const onFull = (lane: Lane) => void this.resting.set(lane, performance.now() + restMs);
    const taken = await this.options.deliveries.dispatch(atOnce, (due) => this.publish(due), {
      lanes,
      inFlight,
      onFull,
    });
    if (taken > 0) this.wake(lanes); // there may be more
    if (isRound) this.nextRound = performance.now() + intervalMs;
  }

  private async connect(): Promise<void> {
    const { channels, partitions } = this.options;
    await Promise.all([this.admin.connect(), this.producer.connect()]);
    await ensureTopics(this.admin, commandTopics(channels), partitions);
  }

  private async takeBack(): Promise<void> {
    if (performance.now() < this.nextTakeBack) return;
    const taken = await this.options.deliveries.takeBack(atOnce);
    const { lost, retried, parked } = taken;
    this.nextTakeBack = performance.now() + (lost + retried + parked === atOnce ? 0 : takeBackIntervalMs);
    for (const [as, count] of Object.entries(taken)) this.takenBack.inc({ as }, count);
  }

  private async publish(due: readonly DueDelivery[]): Promise<void> {
    const lanes = Map.groupBy(due, ({ channel, priority }) => commandTopic(channel, priority));
    const topicMessages = [...lanes].map(([topic, deliveries]) => ({
      topic,
      messages: deliveries.map(({ id, channel }) => ({
        key: id,
        value: JSON.stringify({ deliveryId: id, channel } satisfies DeliveryCommand),
      })),
    }));
    await this.within(publishDeadlineMs, this.producer.sendBatch({ topicMessages, acks: -1 }));
    for (const { channel, priority } of due) this.dispatched.inc({ channel, priority });
  }

  /** Kafka's client may hang for as long as it likes. Rejects when the time is over, or when we stop. */
  private within<T>(ms: number, work: Promise<T>): Promise<T> {
    const { signal } = this.stopping;
    const over = Promise.withResolvers<never>();
    const late = setTimeout(() => over.reject(new Error(`Kafka gave no answer within ${ms} ms`)), ms);
    const stop = () => over.reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    return Promise.race([work, over.promise]).finally(() => {
      clearTimeout(late);
      signal.removeEventListener('abort', stop);
    });
  }

  private async untilWoken(): Promise<void> {
    const next = Math.min(this.nextRound, ...this.resting.values());
    const timer = setTimeout(this.awake.resolve, Math.max(0, next - performance.now()));
    await this.awake.promise;
    clearTimeout(timer);
  }

  /** Lets the transaction under way end. */
  async close(): Promise<void> {
    this.stopping.abort();
    this.wake();
    await this.running;
    await Promise.all([this.producer.disconnect(), this.admin.disconnect()]);
  }
}

const isSame = (a: Lane, b: Lane): boolean => a.channel === b.channel && a.priority === b.priority;
