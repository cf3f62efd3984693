import { setTimeout as sleep } from 'node:timers/promises';
import { type Logger } from '@allim/platform';
import { type CustomTransportStrategy, Server } from '@nestjs/microservices';
import kafkajs, {
  type Admin,
  type Batch,
  type Consumer,
  type EachBatchPayload,
  type Kafka,
  type KafkaMessage,
  type Message,
  type Producer,
} from 'kafkajs';
import { type Registry } from 'prom-client';
import { lastValueFrom } from 'rxjs';
import { batchPattern } from './batch-handler.js';
import { Coalescer } from './coalescer.js';
import { deadLetter, deadLetterTopic, type Portion, portions } from './dead-letter.js';
import { groupLag } from './lag.js';
import { batchMetrics } from './metrics.js';
import { type Judged, patient } from './patience.js';
import { type KafkaRecord, ownHeaders, traceIdOf } from './record.js';
import { BadReplay, restored } from './replay.js';
import { type KafkaConsumerSettings } from './settings.js';
import { ensureReplayTopic, ensureTopics } from './topics.js';
import { dead, type Verdict } from './verdict.js';

const { CompressionTypes } = kafkajs;

/** After a crash the partitions move when the session is over: the smallest time-out that brokers accept by default. */
const sessionTimeoutMs = 6_000;
const heartbeatIntervalMs = 1_500;
/** While a transaction takes long, kafkajs is asked for a heartbeat this often. */
const heartbeatCheckMs = 500;
/** What a transaction that is under way may take to its end when the group rebalances. */
const rebalanceGraceMs = 2_000;
/** Without a heartbeat or a fetch for so long, this consumer is dead, whatever else it does. */
const liveWithinMs = 30_000;
/**
 * kafkajs decodes a whole fetch before it hands anything over. More is more memory (10 MB instead of 2: 50 MB), less is
 * more round trips. Several partitions share a fetch, so that its end, too, has work for all transactions.
 */
const fetchBytes = { partition: 98_304, round: 2_097_152 };
/** Bytes of letters from which on packing them is worth its time. */
const compressedFrom = 16_384;
const lagIntervalMs = 5_000;
const reconnectMs = 1_000;
const stoppingPauseMs = 50;
/** A `.DLT` topic that has grown with its topic must be known soon; the default is 5 minutes. */
const metadataMaxAgeMs = 5_000;

/** The next offset of a partition to be consumed. */
interface Position {
  topic: string;
  partition: number;
  offset: string;
}

/** A record that cannot be processed, and what goes to its `.DLT` topic. */
interface Letter {
  record: KafkaRecord;
  verdict: Verdict & { kind: 'dead' };
  message: Message;
}

export interface KafkaBatchServerOptions {
  kafka: Kafka;
  topics: readonly string[];
  /**
   * A topic of replays that is read beside them: its records are handed in as what they were, if they were of one of the
   * topics `of`; what is no such replay is a dead letter of class `bad-replay`.
   */
  replays?: { topic: string; of: readonly string[] };
  /**
   * Whether the topics and their `.DLT` topics are created where they are missing, and what cannot be processed goes there. Else
   * nothing is created or published: what cannot be processed is told, counted and passed over, for it lies in Kafka as it
   * is. Default: true.
   */
  buries?: boolean;
  settings: KafkaConsumerSettings;
  logger: Logger;
  registry: Registry;
  /** The consumer has ended for good: the process must, too, or it would live on without consuming. */
  onFatal: (error: Error) => void;
  /**
   * Whether a few records wait for others while a transaction is under way, which costs less; otherwise they are handled at
   * once beside it. Default: true.
   */
  gathers?: boolean;
  /** Told at the places where a crash is worth a test. */
  passing?: (point: 'letters-acknowledged' | 'resolved' | 'offsets-committed') => void;
}

/**
 * Nest transport that reads topics in batches: what all partitions hand in is merged into transactions, handled by the
 * controller's `@KafkaBatchHandler()`, and only then counts as consumed. What cannot be processed goes to `<topic>.DLT`,
 * acknowledged by all replicas before its offset counts. Offsets are committed by one timer.
 */
export class KafkaBatchServer extends Server implements CustomTransportStrategy {
  private readonly consumer: Consumer;
  private readonly producer: Producer;
  private readonly admin: Admin;
  private readonly metrics: ReturnType<typeof batchMetrics>;
  /** All that are read. */
  private readonly topics: readonly string[];
  /** The topics of which records may be replayed. */
  private readonly replayed: ReadonlySet<string>;
  /** Abandoned with each membership: what was fetched as a former member is fetched again by whoever owns it now. */
  private coalescer?: Coalescer<KafkaRecord, Judged>;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly stopping = new AbortController();
  /** By partition, what was handed in last: it is one batch behind what kafkajs fetches meanwhile. */
  private readonly underWay = new Map<string, Promise<void>>();
  /** By partition, resolves when everything of it that is handled has its dead letters acknowledged, too. */
  private readonly acknowledged = new Map<string, Promise<void>>();
  /** By partition, the next offset to be consumed, as far as it is not committed to Kafka yet. */
  private readonly consumed = new Map<string, Position>();
  /** kafkajs gives it with each batch only; that of the latest batch of this membership. */
  private commitOffsets?: EachBatchPayload['commitOffsetsIfNecessary'];
  private joined = false;
  private assigned = new Set<string>();
  private lastProgress = Date.now();

  constructor(private readonly options: KafkaBatchServerOptions) {
    super();
    const { kafka, topics, replays, settings, registry } = options;
    this.metrics = batchMetrics(registry);
    this.topics = replays ? [...topics, replays.topic] : topics;
    this.replayed = new Set(replays?.of);
    this.admin = kafka.admin();
    this.producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      metadataMaxAge: metadataMaxAgeMs,
    });
    this.consumer = kafka.consumer({
      groupId: settings.KAFKA_GROUP_ID,
      sessionTimeout: sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: fetchBytes.partition,
      maxBytes: fetchBytes.round,
      allowAutoTopicCreation: false,
      retry: {
        initialRetryTime: 200,
        maxRetryTime: 2_000,
        retries: 5,
        restartOnFailure: async () => !this.stopping.signal.aborted,
      },
    });
  }

  /** Creates missing topics, joins the group and begins; waits for the brokers as long as it takes. */
  async listen(callback: (error?: unknown) => void): Promise<void> {
    try {
      await this.start();
      callback();
    } catch (error) {
      callback(error);
    }
  }

  private async start(): Promise<void> {
    const { settings } = this.options;
    this.coalescer = this.createCoalescer();
    this.watch();
    const partitions = await this.connect();
    await this.consumer.subscribe({ topics: [...this.topics], fromBeginning: true });
    await this.run(partitions);
    this.timers.push(
      setInterval(() => void this.commit(), settings.KAFKA_COMMIT_INTERVAL_MS),
      setInterval(() => void this.measureLag(), lagIntervalMs),
    );
  }

  private run(partitions: number): Promise<void> {
    return this.consumer.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: partitions,
      eachBatch: (payload) => this.eachBatch(payload),
    });
  }

  private createCoalescer(): Coalescer<KafkaRecord, Judged> {
    const handler = this.getHandlerByPattern(batchPattern);
    if (!handler) throw new Error('no controller has a @KafkaBatchHandler()');
    const { settings, logger, gathers = true } = this.options;
    const handle = async (records: KafkaRecord[]): Promise<Verdict[]> =>
      lastValueFrom(this.transformToObservable(await handler(records)));
    const work = patient(handle, {
      retryIntervalMs: settings.KAFKA_RETRY_INTERVAL_MS,
      retryMaxAttempts: settings.KAFKA_RETRY_MAX_ATTEMPTS,
      onWaiting: (error, waitMs) => {
        this.metrics.waits.inc();
        logger.warn({ reason: error.message, waitMs }, 'waiting for what we depend on');
      },
      onRetry: (error, attempt) => {
        this.metrics.retries.inc();
        logger.warn({ err: error, attempt }, 'a record failed by itself');
      },
    });
    return new Coalescer(
      async (records, signal) => {
        const began = performance.now();
        const judged = await work(records, signal);
        const ms = performance.now() - began;
        this.metrics.batchRecords.observe(records.length);
        this.metrics.batchSeconds.observe(ms / 1000);
        logger.info({ records: records.length, ms: Math.round(ms), traceIds: traceIds(records) }, 'batch');
        return judged;
      },
      {
        limit: settings.KAFKA_BATCH_RECORDS,
        inFlight: settings.KAFKA_BATCHES_IN_FLIGHT,
        worthAnother: gathers ? settings.KAFKA_BATCH_RECORDS / 4 : 1,
      },
    );
  }

  /** Answers how many partitions there are, so that none waits for another one's turn. */
  private async connect(): Promise<number> {
    const { settings, logger } = this.options;
    for (;;) {
      this.lastProgress = Date.now(); // waiting for Kafka is what we are here for
      try {
        await Promise.all([this.admin.connect(), this.producer.connect(), this.consumer.connect()]);
        await this.ensureTopics();
        // A new or restarted broker answers everything else before its group coordinator does.
        await this.admin.describeGroups([settings.KAFKA_GROUP_ID]);
        const { topics: metadata } = await this.admin.fetchTopicMetadata({ topics: [...this.topics] });
        return metadata.reduce((sum, topic) => sum + topic.partitions.length, 0);
      } catch (error) {
        this.stopping.signal.throwIfAborted();
        logger.warn({ reason: error instanceof Error ? error.message : error }, 'Kafka is not ready yet');
        await sleep(reconnectMs, undefined, { signal: this.stopping.signal });
      }
    }
  }

  private watch(): void {
    const { CRASH, FETCH, GROUP_JOIN, HEARTBEAT, REBALANCING } = this.consumer.events;
    const progress = () => {
      this.lastProgress = Date.now();
    };
    this.consumer.on(FETCH, progress);
    this.consumer.on(HEARTBEAT, progress);
    this.consumer.on(GROUP_JOIN, ({ payload }) => {
      progress();
      this.coalescer?.abandon('another membership has begun');
      this.joined = true;
      this.commitOffsets = undefined;
      this.underWay.clear();
      this.acknowledged.clear();
      this.consumed.clear();
      this.assigned = new Set(
        Object.entries(payload.memberAssignment).flatMap(([topic, partitions]) =>
          partitions.map((partition) => laneOf({ topic, partition })),
        ),
      );
      this.metrics.lag.reset();
      this.metrics.rebalances.inc();
    });
    // Sent on the coordinator's connection before the request to join again, so the old membership still counts.
    this.consumer.on(REBALANCING, () => this.commit());
    this.consumer.on(CRASH, ({ payload }) => {
      this.joined = false;
      this.coalescer?.abandon('the membership is over');
      if (payload.restart || this.stopping.signal.aborted) return;
      // To kafkajs a coordinator that is not back yet is the end; to us it is a broker to be waited for.
      if (comesBack(payload.error)) void this.rejoin();
      else this.options.onFatal(payload.error);
    });
  }

  private async rejoin(): Promise<void> {
    try {
      await this.run(await this.connect());
    } catch (error) {
      if (!this.stopping.signal.aborted) this.options.onFatal(error as Error);
    }
  }

  /**
   * Hands a batch in and lets kafkajs fetch the next one meanwhile, which waits here until this one is handled. What is
   * resolved to kafkajs is only where it fetches; what is committed to Kafka follows `consumed`. Whatever is thrown here
   * but kafkajs' own errors would stop the consumer for good, while the process lives on.
   */
  private async eachBatch(payload: EachBatchPayload): Promise<void> {
    const { batch } = payload;
    const lane = laneOf(batch);
    this.commitOffsets = payload.commitOffsetsIfNecessary;
    await this.keepingMembership(payload, this.underWay.get(lane));
    if (!this.coalescer || !payload.isRunning() || payload.isStale()) return;
    if (this.stopping.signal.aborted) return void (await sleep(stoppingPauseMs)); // else the same is fetched again and again
    this.underWay.set(lane, this.consume(this.coalescer, batch));
    payload.resolveOffset(batch.lastOffset());
    await payload.heartbeat();
  }

  /**
   * Resolves when the batch is handled and the dead letters of the one before are acknowledged; its own may still be on
   * their way while the next one is handled. Never rejects: what fails by a fault of ours is fetched again.
   */
  private async consume(coalescer: Coalescer<KafkaRecord, Judged>, batch: Batch): Promise<void> {
    const { topic, partition, messages } = batch;
    const { signal } = coalescer;
    const limit = this.options.settings.KAFKA_BATCH_RECORDS;
    const before = this.acknowledged.get(laneOf(batch));
    let from = messages[0]?.offset ?? '0'; // of what is not acknowledged, nor on its way to be
    const letters: Letter[] = []; // of the whole batch in one request: a broker minds requests more than letters
    for (let start = 0; start < messages.length; start += limit) {
      const some = messages.slice(start, start + limit);
      const records = some.map((message) => toRecord(topic, partition, message));
      const isLast = start + limit >= messages.length;
      try {
        const isReplay = topic === this.options.replays?.topic;
        letters.push(
          ...(isReplay
            ? await this.lettersOfReplays(records, coalescer)
            : this.lettersOf(records, await coalescer.submit(records, partition))),
        );
        signal.throwIfAborted();
      } catch (error) {
        // Abandoned: this partition may be another's by now.
        if (signal.aborted || this.stopping.signal.aborted) return;
        this.options.logger.error({ err: error }, 'a batch could not be handled');
        await sleep(reconnectMs);
        if (signal.aborted || this.stopping.signal.aborted) return;
        this.consumer.seek({ topic, partition, offset: from });
        return;
      }
      if (letters.length > 0 && !isLast) continue;
      const last = isLast ? batch.lastOffset() : some.at(-1)!.offset; // a transaction's end mark comes after its last record
      from = String(BigInt(last) + 1n);
      this.acknowledge({ topic, partition, offset: from }, letters, signal);
    }
    await before?.catch(() => {});
  }

  /** What is restored is handled as what it was, and its letters are its first topic's; what is none is a letter itself. */
  private async lettersOfReplays(records: KafkaRecord[], coalescer: Coalescer<KafkaRecord, Judged>): Promise<Letter[]> {
    const read = records.map((record) => restored(record, this.replayed));
    const good = read.flatMap((one) => (one instanceof BadReplay ? [] : [one]));
    const judged = (good.length > 0 ? await coalescer.submit(good) : []).values();
    return read.flatMap((one, index) =>
      one instanceof BadReplay
        ? this.lettersOf([records[index]!], [{ verdict: dead('bad-replay', one), attempts: 1 }])
        : this.lettersOf([one], [judged.next().value!]),
    );
  }

  private lettersOf(records: KafkaRecord[], judged: Judged[]): Letter[] {
    const group = this.options.settings.KAFKA_GROUP_ID;
    const failedAt = Date.now();
    return records.flatMap((record, index) => {
      const { verdict, attempts } = judged[index]!;
      if (verdict.kind !== 'dead') return [];
      return [{ record, verdict, message: deadLetter(record, { ...verdict.error, attempts, group, failedAt }) }];
    });
  }

  /** Up to `position` a partition counts as consumed: when its letters, and whatever came before, are acknowledged. */
  private acknowledge(position: Position, letters: Letter[], signal: AbortSignal): void {
    const lane = laneOf(position);
    const acknowledged = (this.acknowledged.get(lane) ?? Promise.resolve()).then(async () => {
      if (letters.length > 0 && this.options.buries === false) this.passOver(letters);
      else if (letters.length > 0) await this.bury(letters, signal);
      signal.throwIfAborted();
      this.consumed.set(lane, position);
      this.options.passing?.('resolved');
    });
    acknowledged.catch(() => {}); // abandoned: nothing after it counts either, and whoever owns the partition fetches it again
    this.acknowledged.set(lane, acknowledged);
  }

  /** Publishes letters and waits, as long as it takes, for their acknowledgement by all replicas. */
  private async bury(letters: Letter[], signal: AbortSignal): Promise<void> {
    // One partition's, but for those of replays.
    const lanes = [...Map.groupBy(letters, ({ record }) => laneOf(record)).values()];
    await Promise.all(
      lanes.map(async (lane) => {
        const { topic, replay } = lane[0]!.record;
        for (const portion of portions(lane.map(({ message }) => message)))
          await this.publish(deadLetterTopic(topic), portion, {
            mayMove: replay !== undefined,
            signal: AbortSignal.any([signal, this.stopping.signal]),
          });
      }),
    );
    this.options.passing?.('letters-acknowledged');
    for (const lane of lanes) this.tell(lane);
  }

  private tell(letters: Letter[]): void {
    const { topic, partition } = letters[0]!.record;
    for (const [errorClass, alike] of Map.groupBy(letters, ({ verdict }) => verdict.error.errorClass)) {
      this.metrics.deadLetters.inc({ topic, error_class: errorClass }, alike.length);
      const { record, verdict } = alike[0]!;
      this.options.logger.warn(
        {
          topic,
          partition,
          errorClass,
          letters: alike.length,
          offset: record.offset,
          reason: verdict.error.error.message,
          traceId: traceIdOf(record),
        },
        'dead letters; the first of them is named',
      );
    }
  }

  private passOver(letters: Letter[]): void {
    for (const { record, verdict } of letters) {
      const { topic, partition, offset } = record;
      const { errorClass, error } = verdict.error;
      this.metrics.passedOver.inc({ topic, error_class: errorClass });
      this.options.logger.error(
        { topic, partition, offset, errorClass, reason: error.message, traceId: traceIdOf(record) },
        'a record cannot be processed and is passed over',
      );
    }
  }

  /** `mayMove`: to the partition that its key says, where the topic does not have the one it is for. */
  private async publish(
    topic: string,
    { messages, bytes }: Portion,
    { mayMove, signal }: { mayMove: boolean; signal: AbortSignal },
  ): Promise<void> {
    const compression = bytes > compressedFrom ? CompressionTypes.GZIP : CompressionTypes.None;
    for (;;) {
      try {
        const placed = mayMove ? await this.placed(topic, messages) : messages;
        const written = await this.producer.send({ topic, messages: placed, acks: -1, compression });
        // For a partition that it does not know, kafkajs sends nothing and reports success.
        if (written.length > 0) return;
        throw new Error(`${topic} has no partition ${messages[0]?.partition} yet`);
      } catch (error) {
        signal.throwIfAborted();
        this.options.logger.error(
          { err: error, topic, letters: messages.length },
          'dead letters are not acknowledged; the partition waits',
        );
        await sleep(reconnectMs, undefined, { signal });
        await this.ensureTopics().catch(() => {}); // a topic has grown, or its .DLT was deleted
      }
    }
  }

  /**
   * What is replayed may have lain in a partition that is not there any more, for its topic was deleted and made anew: nobody
   * would make it, and its letter would wait for ever.
   */
  private async placed(topic: string, messages: Message[]): Promise<Message[]> {
    const { topics } = await this.admin.fetchTopicMetadata({ topics: [topic] });
    const known = new Set(topics[0]?.partitions.map(({ partitionId }) => partitionId));
    return messages.map(({ partition, ...rest }) =>
      partition !== undefined && known.has(partition) ? { partition, ...rest } : rest,
    );
  }

  private async ensureTopics(): Promise<void> {
    const { buries, replays, settings } = this.options;
    if (buries === false) return;
    const partitions = settings.KAFKA_TOPIC_PARTITIONS;
    if (replays) await ensureReplayTopic(this.admin, replays.topic, partitions);
    const topics = new Set([...this.topics, ...this.replayed]);
    await ensureTopics(this.admin, [...topics], partitions, { areReplayed: replays !== undefined });
  }

  /**
   * Heartbeats while the work goes on: between waits, not by a timer of its own, which would keep a dead loop a member.
   * When the group rebalances, work that is about to end may end; otherwise it is left to whoever gets the partition.
   */
  private async keepingMembership(payload: EachBatchPayload, work: Promise<void> | undefined): Promise<void> {
    if (!work) return;
    let ended = false;
    const end = work.then(() => {
      ended = true;
    });
    // Not the timer of node:timers/promises: ended early it makes an error, which took 7 % of a busy consumer's time.
    const endOr = (ms: number) =>
      new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        void end.then(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    for (;;) {
      await endOr(heartbeatCheckMs);
      if (ended) return;
      try {
        await payload.heartbeat();
      } catch (error) {
        await endOr(rebalanceGraceMs);
        if (!ended) throw error;
      }
    }
  }

  /** Commits what is consumed. A commit that fails is made up for by the next one, or by redelivery. */
  private async commit(): Promise<void> {
    const consumed = [...this.consumed];
    if (!this.commitOffsets || consumed.length === 0) return;
    try {
      const topics = Map.groupBy(
        consumed.map(([, one]) => one),
        ({ topic }) => topic,
      );
      await this.commitOffsets({ topics: [...topics].map(([topic, partitions]) => ({ topic, partitions })) });
      for (const [lane, one] of consumed) if (this.consumed.get(lane) === one) this.consumed.delete(lane);
      this.options.passing?.('offsets-committed');
      this.metrics.commits.inc({ result: 'ok' });
    } catch (error) {
      this.metrics.commits.inc({ result: 'failed' });
      this.options.logger.debug({ err: error }, 'offsets were not committed');
    }
  }

  private async measureLag(): Promise<void> {
    try {
      for (const one of await groupLag(this.admin, this.options.settings.KAFKA_GROUP_ID, this.topics)) {
        const { topic, partition, lag } = one;
        if (this.assigned.has(laneOf(one))) this.metrics.lag.set({ topic, partition }, lag);
      }
    } catch (error) {
      this.options.logger.debug({ err: error }, 'the lag could not be measured');
    }
  }

  /** For `/health/live`: why this consumer is dead, or nothing. */
  live(): string | undefined {
    const idleMs = Date.now() - this.lastProgress;
    return idleMs > liveWithinMs ? `no heartbeat and no fetch for ${Math.round(idleMs / 1000)} s` : undefined;
  }

  /** For `/health/ready`: rejects while the brokers do not answer. */
  async ready(): Promise<void> {
    if (!this.joined) throw new Error('not in the group yet');
    await this.admin.listTopics();
  }

  /** Lets what is under way end, commits, leaves the group. What only waits stays unresolved and is redelivered. */
  async close(): Promise<void> {
    if (this.stopping.signal.aborted) return;
    this.stopping.abort();
    for (const timer of this.timers) clearInterval(timer);
    this.coalescer?.close();
    await Promise.all(this.underWay.values());
    await Promise.allSettled(this.acknowledged.values());
    await this.commit();
    await this.consumer.stop();
    await Promise.all([this.consumer.disconnect(), this.producer.disconnect(), this.admin.disconnect()]);
  }

  on(): never {
    throw new Error('a KafkaBatchServer tells its state by its metrics and health');
  }

  unwrap<Client>(): Client {
    return this.consumer as Client;
  }
}

/** What ends kafkajs for good though it is only a broker that restarts; the second one is a plain Error of its. */
function comesBack({ name, message }: Error): boolean {
  return name === 'KafkaJSGroupCoordinatorNotFound' || message === 'Broker not connected';
}

const laneOf = ({ topic, partition }: { topic: string; partition: number }) => `${topic}:${partition}`;

function toRecord(topic: string, partition: number, message: KafkaMessage): KafkaRecord {
  const { batchContext } = message as { batchContext?: { timestampType?: number } };
  return {
    topic,
    partition,
    offset: message.offset,
    key: message.key,
    value: message.value,
    headers: ownHeaders(message.headers ?? {}),
    timestamp: message.timestamp,
    timestampType: batchContext?.timestampType === 1 ? 'LogAppendTime' : 'CreateTime',
  };
}

/** Of a few: a batch of hundreds is no unit that a trace follows. */
function traceIds(records: KafkaRecord[]): string[] | undefined {
  const ids = records.length <= 10 ? records.flatMap((record) => traceIdOf(record) ?? []) : [];
  return ids.length > 0 ? ids : undefined;
}
