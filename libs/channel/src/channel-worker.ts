import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Channel,
  channels,
  commandTopic,
  deliveryCommand,
  laneGroup,
  type Priority,
  priorities,
} from '@allim/contracts';
import {
  asReplayed,
  dead,
  done,
  InfrastructureDown,
  KafkaBatchReader,
  type KafkaRecord,
  type Verdict,
} from '@allim/kafka';
import { type Clock, type Logger, systemClock } from '@allim/platform';
import { type Claimed, DatabaseDown } from '@allim/store';
import { type Redis } from 'ioredis';
import { type Kafka } from 'kafkajs';
import { Registry } from 'prom-client';
import { Breaker, type BreakerState } from './breaker.js';
import { conclude } from './conclusion.js';
import { type Deliveries } from './deliveries.js';
import { type ChannelPoint } from './fail-point.js';
import { showLanes } from './lanes.js';
import { Lease } from './lease.js';
import { channelMetrics } from './metrics.js';
import { type Outcome, type Outgoing, type Provider } from './provider.js';
import { type Grant, RateLimiter } from './rate-limit.js';
import { sendWithin } from './send.js';
import { type ChannelWorkerSettings } from './settings.js';
import { RightOfWay, Slots, Turns } from './slots.js';
import { UndeliverableLetters } from './undeliverable.js';

/**
 * What takes longer does not hold up what comes behind it in its partition: from then on its lease alone keeps it. Its
 * record is redelivered to nobody; were it, the claim would refuse it. In the high lane somebody waits.
 */
const holdUpMs: Record<Priority, number> = { high: 5, normal: 1_000, low: 1_000 };
/** Claimed ahead, for each slot. Not many: a crash costs each of them an attempt, and the time until its lease ends. */
const aheadOfEachSlot = 1;
/** What is claimed ahead lasts for so long, so the next claim may gather for it. */
const gatherAheadMs = 20;
/** What the high lane has at hand is claimed and sent within it, mostly; so long the other lanes begin nothing new, at most. */
const rightOfWayMs = 50;
/** What is being sent when we stop may take so long; then it is told to end. Below SHUTDOWN_DEADLINE_MS. */
const stopGraceMs = 8_000;
/** Between tries while the database is away. */
const databaseRetryMs = { first: 100, longest: 2_000 };

const breakerValues: Record<BreakerState, number> = { closed: 0, 'half-open': 1, open: 2 };

export interface ChannelWorkerOptions {
  channel: Channel;
  /** Closed by the worker. */
  provider: Provider;
  /** `DeliveryStore` of @allim/store. */
  deliveries: Deliveries;
  kafka: Kafka;
  /** Of `openRedis`; closed by whoever opened it. */
  redis: Redis;
  settings: ChannelWorkerSettings;
  logger: Logger;
  registry: Registry;
  /** A lane has ended for good: the process must, too. */
  onFatal: (error: Error) => void;
  passing?: (point: ChannelPoint) => void;
  clock?: Clock;
}

/** A command, and where it came from. */
interface Command {
  record: KafkaRecord;
  deliveryId: string;
}

/** All that one attempt needs. */
interface Job {
  lane: Priority;
  record: KafkaRecord;
  claimed: Claimed;
  lease: Lease;
  grant: Grant;
  admission: 'all' | 'probe';
}

/**
 * A channel app but for the sending: takes commands from the three lanes of a channel, each with slots of its own, claims
 * what they name, sends it through the provider within the rate limit and while the breaker is closed, and notes what
 * became of it. The row is the truth; a command is done when its delivery is concluded, or was not ours to claim.
 */
export class ChannelWorker {
  private readonly servers: KafkaBatchReader[];
  /** For what is in our hands: claimed, and sent or waiting for a slot. */
  private readonly room = {} as Record<Priority, Slots>;
  private readonly slots = {} as Record<Priority, Turns>;
  /** Of the high lane: all lanes share a processor, a database and a provider. */
  private readonly rightOfWay = new RightOfWay(rightOfWayMs);
  private readonly limiter: RateLimiter;
  private readonly breaker: Breaker;
  private readonly letters: UndeliverableLetters;
  private readonly metrics: ReturnType<typeof channelMetrics>;
  private readonly clock: Clock;
  /** Nothing more is claimed. */
  private readonly stopping = new AbortController();
  /** What is being sent is told to end. */
  private readonly ending = new AbortController();
  private readonly underWay = new Set<Promise<void>>();
  /** A batch is handed over again when something was down: what is done of it need not be claimed again. */
  private readonly handled = new WeakSet<KafkaRecord>();

  constructor(private readonly options: ChannelWorkerOptions) {
    const { channel, provider, kafka, redis, settings, logger, registry } = options;
    this.clock = options.clock ?? systemClock;
    this.metrics = channelMetrics(registry);
    this.metrics.breaker.set({ channel, provider: provider.name }, 0);
    this.breaker = new Breaker({
      probeAfterMs: settings.BREAKER_PROBE_MS,
      onChange: (state, reason) => {
        this.metrics.breaker.set({ channel, provider: provider.name }, breakerValues[state]);
        logger[state === 'open' ? 'warn' : 'info']({ channel, provider: provider.name, state, reason }, 'breaker');
      },
    });
    this.limiter = new RateLimiter({
      redis,
      key: `${settings.REDIS_KEY_PREFIX}rate:${channel}`,
      perSecond: settings.RATE_LIMIT_PER_SECOND,
      logger,
      onWait: (lane) => this.metrics.rateLimitWaits.inc({ channel, lane }),
    });
    const partitions = settings.KAFKA_TOPIC_PARTITIONS;
    this.letters = new UndeliverableLetters({ kafka, channel, partitions, logger }, this.ending.signal);
    const registries = new Map<Priority, Registry>();
    this.servers = priorities.map((lane) => {
      const own = new Registry();
      registries.set(lane, own);
      const ahead = this.claimedAhead(lane);
      this.room[lane] = new Slots(settings.SEND_CONCURRENCY + ahead, ahead > 0 ? gatherAheadMs : undefined);
      this.slots[lane] = new Turns(settings.SEND_CONCURRENCY);
      return new KafkaBatchReader(
        {
          kafka,
          topics: [commandTopic(channel, lane)],
          settings: { ...settings, KAFKA_GROUP_ID: laneGroup(channel, lane) },
          logger: logger.child({ lane }),
          registry: own,
          onFatal: options.onFatal,
          gathers: lane !== 'high',
        },
        (records) => this.handle(lane, records),
      );
    });
    showLanes(registry, registries);
  }

  /**
   * How many may be claimed while others are sent: then claims are few and large, and no slot waits for one. None where
   * a crash would park what was only claimed, where leave to send goes stale, and in the lane where somebody waits.
   */
  private claimedAhead(lane: Priority): number {
    const { channel, settings } = this.options;
    const mayWait = channels[channel].whenAmbiguous === 'retry' && settings.RATE_LIMIT_PER_SECOND === 0;
    return mayWait && lane !== 'high' ? settings.SEND_CONCURRENCY * aheadOfEachSlot : 0;
  }

  /** Creates missing topics and joins the groups; waits for the brokers as long as it takes. */
  async start(): Promise<void> {
    await this.letters.open();
    await Promise.all(this.servers.map((server) => server.join()));
  }

  /** For `/health/live`: why a lane is dead, or nothing. */
  live(): string | undefined {
    for (const server of this.servers) {
      const reason = server.live();
      if (reason) return reason;
    }
    return undefined;
  }

  /** For `/health/ready`: rejects while the brokers do not answer. */
  async ready(): Promise<void> {
    await Promise.all(this.servers.map((server) => server.ready()));
  }

  /**
   * Claims nothing more, lets what is being sent end (and makes it, after a while), leaves the groups, closes the
   * provider. What could not be noted is taken back when its lease runs out.
   */
  async close(): Promise<void> {
    this.stopping.abort(new InfrastructureDown('stopping'));
    const late = setTimeout(() => this.ending.abort(new Error('stopping')), stopGraceMs);
    await Promise.all(this.servers.map((server) => server.close()));
    await Promise.all(this.underWay);
    clearTimeout(late);
    this.limiter.close();
    await Promise.all([this.letters.close(), this.options.provider.close()]);
  }

  private async handle(lane: Priority, records: KafkaRecord[]): Promise<Verdict[]> {
    const read = records.map((record) => ({ record, command: this.read(record) }));
    const commands = new Map<string, Command>();
    for (const { record, command } of read)
      if ('deliveryId' in command && !this.handled.has(record) && !commands.has(command.deliveryId))
        commands.set(command.deliveryId, { record, deliveryId: command.deliveryId });
    await this.sendAll(lane, [...commands.values()]);
    return read.map(({ command }) => ('deliveryId' in command ? done : command));
  }

  /** The id of the delivery, or the verdict. */
  private read({ value }: KafkaRecord): { deliveryId: string } | Verdict {
    try {
      const command = deliveryCommand.parse(JSON.parse(value?.toString() ?? ''));
      if (command.channel === this.options.channel) return { deliveryId: command.deliveryId.toLowerCase() };
      return dead('wrong-channel', new Error(`a command for ${command.channel}`));
    } catch (error) {
      return dead('bad-command', error as Error);
    }
  }

  /** Resolves when all are in the hands of somebody, and those in ours are concluded, or take long. */
  private async sendAll(lane: Priority, commands: Command[]): Promise<void> {
    const begun: Promise<void>[] = [];
    if (lane === 'high') this.rightOfWay.begin();
    try {
      for (let start = 0; start < commands.length; ) {
        this.stopping.signal.throwIfAborted();
        const { sends, tried } = await this.sendSome(lane, commands.slice(start));
        begun.push(...sends);
        start += tried;
      }
    } finally {
      if (lane === 'high') this.rightOfWay.end();
      await allOrAfter(begun, holdUpMs[lane]);
    }
  }

  /**
   * Claims as many as there is room for and begins to send them. The claim comes last: what is claimed is sent soon, so
   * that a crash leaves few behind of which nobody knows whether they were sent.
   */
  private async sendSome(lane: Priority, commands: Command[]): Promise<{ sends: Promise<void>[]; tried: number }> {
    const room = this.room[lane];
    let free = await room.take(commands.length);
    try {
      this.breaker.check();
      const grant = await this.limiter.take(free, lane, this.stopping.signal);
      room.release(free - grant.count);
      free = grant.count;
      this.stopping.signal.throwIfAborted();
      const { admission, tried, claimed, lease } = await this.claim(commands.slice(0, free), grant);
      const sends = claimed.map((one) => {
        const { record } = tried.find(({ deliveryId }) => deliveryId === one.id)!;
        return this.track(this.attempt({ lane, record, claimed: one, lease, grant, admission }));
      });
      free -= sends.length;
      return { sends, tried: tried.length };
    } finally {
      room.release(free);
    }
  }

  private async claim(commands: Command[], grant: Grant) {
    let admission: 'all' | 'probe';
    try {
      admission = this.breaker.admit();
    } catch (error) {
      grant.giveBack(commands.length);
      throw error;
    }
    const tried = admission === 'probe' ? commands.slice(0, 1) : commands;
    const { deliveries, settings, logger } = this.options;
    const holder = randomBytes(16);
    let claimed: Claimed[] = [];
    try {
      const ids = tried.map(({ deliveryId }) => deliveryId);
      // Again by the same holder: what a lost answer had given us is ours still.
      const claim = () => deliveries.claim(ids, holder, settings.DELIVERY_LEASE_MS);
      claimed = await this.insist(claim, this.stopping.signal);
    } finally {
      if (claimed.length === 0 && admission === 'probe') this.breaker.release();
      grant.giveBack(commands.length - claimed.length);
    }
    if (claimed.length > 0) this.options.passing?.('claimed');
    const ours = new Set(claimed.map(({ id }) => id));
    for (const { record, deliveryId } of tried) if (!ours.has(deliveryId)) this.handled.add(record);
    const ids = [...ours];
    const lease = new Lease(holder, ids, { deliveries, leaseMs: settings.DELIVERY_LEASE_MS, logger });
    return { admission, tried, claimed, lease };
  }

  private track(attempt: Promise<void>): Promise<void> {
    const ended = attempt.finally(() => this.underWay.delete(ended));
    this.underWay.add(ended);
    return ended;
  }

  /** Never rejects: what cannot be noted is taken back when its lease runs out. */
  private async attempt(job: Job): Promise<void> {
    const { claimed, record, lease } = job;
    const { logger } = this.options;
    if (job.lane === 'high') this.rightOfWay.begin();
    try {
      await this.slots[job.lane].take();
      if (job.lane === 'low') await this.rightOfWay.spare();
      if (job.lane !== 'high') await this.rightOfWay.clear();
      this.metrics.sending.inc({ channel: this.options.channel, lane: job.lane });
      const startedAt = new Date(this.clock());
      const began = performance.now();
      const outcome = await this.send(job).finally(() => this.leaveSlot(job.lane));
      const durationMs = Math.round(performance.now() - began);
      this.options.passing?.('sent');
      await this.note(job, outcome, { startedAt, durationMs });
      this.handled.add(record);
    } catch (error) {
      const stopped = this.ending.signal.aborted;
      logger[stopped ? 'warn' : 'error']({ err: error, delivery: claimed.id }, 'an outcome could not be noted');
    } finally {
      lease.end(claimed.id);
    }
  }

  private async send({ lane, claimed, grant, admission }: Job): Promise<Outcome> {
    const { provider, settings } = this.options;
    let leave = grant;
    try {
      this.ending.signal.throwIfAborted();
      // The database took too long for it.
      while (!leave.isFresh()) leave = await this.limiter.take(1, lane, this.ending.signal);
    } catch {
      if (admission === 'probe') this.breaker.release();
      return { kind: 'infrastructure', reason: 'stopping' };
    }
    const began = performance.now();
    const outcome = await this.breaker.run(admission, () =>
      sendWithin(provider, outgoing(claimed), {
        budgetMs: settings.SEND_TIMEOUT_MS,
        stopping: this.ending.signal,
      }),
    );
    leave.sent(performance.now() - began);
    return outcome;
  }

  /** Once it is sent: while it is noted, another one may be. */
  private leaveSlot(lane: Priority): void {
    this.metrics.sending.dec({ channel: this.options.channel, lane });
    this.slots[lane].end();
    this.room[lane].release();
    if (lane === 'high') this.rightOfWay.end();
  }

  private async note(job: Job, outcome: Outcome, when: { startedAt: Date; durationMs: number }): Promise<void> {
    const { lane, record, claimed, lease } = job;
    const { channel, provider, deliveries } = this.options;
    const conclusion = conclude(outcome, claimed, this.clock(), Math.random());
    this.observe(lane, claimed, outcome, when.durationMs);
    if (conclusion.kind === 'permanent') {
      const replay = await this.insist(() => deliveries.replayOf(claimed.id), this.ending.signal);
      const failed = replay ? asReplayed(record, replay) : record;
      await this.letters.publish(failed, claimed, laneGroup(channel, lane), conclusion.reason);
    }
    const { token } = claimed.address;
    if (outcome.kind === 'permanent' && outcome.forgetToken && token)
      await this.insist(() => deliveries.forgetDevice(token), this.ending.signal);
    const attempted = {
      id: claimed.id,
      holder: lease.holder,
      attempt: claimed.attempt,
      provider: provider.name,
      ...when,
    };
    this.options.passing?.('concluding');
    if (!(await this.insist(() => deliveries.conclude(attempted, conclusion), this.ending.signal))) {
      this.metrics.lost.inc({ channel });
      this.options.logger.warn(
        { delivery: claimed.id, attempt: claimed.attempt },
        'the lease was lost before the outcome',
      );
    }
    this.options.passing?.('concluded');
  }

  private observe(lane: Priority, claimed: Claimed, outcome: Outcome, durationMs: number): void {
    const { channel, provider, logger } = this.options;
    this.metrics.attempts.inc({ channel, provider: provider.name, outcome: outcome.kind });
    this.metrics.seconds.observe({ channel, provider: provider.name }, durationMs / 1000);
    logger.info(
      {
        delivery: claimed.id,
        notification: claimed.notificationId,
        channel,
        lane,
        provider: provider.name,
        attempt: claimed.attempt,
        outcome: outcome.kind,
        reason: 'reason' in outcome ? outcome.reason : undefined,
        durationMs,
      },
      'attempt',
    );
  }

  /** Waits for the database as long as it takes: an outcome that is known must not be forgotten. Rejects by the signal. */
  private async insist<Result>(write: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    for (let waitMs = databaseRetryMs.first; ; waitMs = Math.min(waitMs * 2, databaseRetryMs.longest)) {
      try {
        return await write();
      } catch (error) {
        if (!(error instanceof DatabaseDown)) throw error;
        this.options.logger.warn({ reason: error.message, waitMs }, 'waiting for the database');
        await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }
}

function outgoing({ id, channel: _, priority: __, reference: ___, ...rest }: Claimed): Outgoing {
  return { deliveryId: id, ...rest };
}

/**
 * Resolves when all of `works`, none of which rejects, are over, or `ms` have passed. Not the timer of node:timers/promises:
 * ended early, as it mostly is here, it makes an error with its stack.
 */
function allOrAfter(works: Promise<void>[], ms: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    void Promise.all(works).then(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}
