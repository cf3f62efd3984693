import { randomUUID } from 'node:crypto';
import { type Priority, priorities } from '@allim/contracts';
import { type Logger } from '@allim/platform';
import { type Redis } from 'ioredis';
import { type Entry, Grants, windowMs } from './grants.js';

/**
 * Which part of the limit a lane may fill. The rest of the window is free whenever something more urgent comes, from
 * whichever worker: a flood in `low` leaves a fifth to the others.
 */
const share: Record<Priority, number> = { high: 1, normal: 0.9, low: 0.8 };

/** What lies between a grant and its use at first; longer once it takes longer. Costs as much of the limit: 50 ms are 5 %. */
const slackMs = { least: 50, most: 2_000 };
/** Of so many sends the fastest one tells what every send takes. */
const fastestOf = 50;
/** A worker that was not heard of for so long shares no more. */
const seenWithinMs = 10_000;
const heartbeatMs = 3_000;
/** While Redis is away. */
const retryMs = 250;
/** By then every worker has found that Redis is back: until then each keeps to its share, so that the sum holds. */
const settleMs = 2_000;
/** Takes of one call: Lua's unpack has its bounds. */
const mostAtOnce = 1_000;

/**
 * KEYS: grants. ARGV: wanted, limit, slack in µs, name of this take. Answers how many are granted, and if none, in how
 * many µs to ask again. A grant's score is the last moment at which its send may have reached the provider; it counts until
 * a second after that, so that workers may be slow in different ways and no second ever holds more than the limit. Redis'
 * own clock: theirs differ.
 */
const takeScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local limit = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 1000000)
local count = redis.call('ZCARD', KEYS[1])
local granted = math.min(tonumber(ARGV[1]), limit - count)
if granted <= 0 then
  local entry = redis.call('ZRANGE', KEYS[1], count - limit, count - limit, 'WITHSCORES')
  return { 0, entry[2] + 1000000 - now }
end
local entries = {}
for number = 1, granted do
  entries[2 * number - 1] = now + tonumber(ARGV[3])
  entries[2 * number] = ARGV[4] .. ':' .. number
end
redis.call('ZADD', KEYS[1], unpack(entries))
redis.call('PEXPIRE', KEYS[1], 10000)
return { granted, 0 }`;

/** KEYS: grants. ARGV: a grant whose send has just ended, how long before that it must have reached the provider, in µs. */
const sentScript = `
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'GT', time[1] * 1000000 + time[2] - ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], 10000)`;

/** KEYS: workers. ARGV: this worker, for how many µs one counts. Answers how many there are. */
const heartbeatScript = `
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[2])
redis.call('PEXPIRE', KEYS[1], 60000)
return redis.call('ZCARD', KEYS[1])`;

/** Leave to send so many, now. */
export interface Grant {
  readonly count: number;
  /** False when it was not used in time: then it does not count any more, and must be taken again. */
  isFresh(): boolean;
  /** One send of it has ended, so many milliseconds after it began: it may have reached the provider that late. */
  sent(tookMs: number): void;
  /** That many will not be used. */
  giveBack(count: number): void;
}

/** Leave without a limit. */
export const unlimited = (count: number): Grant => ({ count, isFresh: () => true, sent: () => {}, giveBack: () => {} });

interface Waiter {
  wanted: number;
  lane: Priority;
  resolve: (grant: Grant) => void;
  reject: (error: unknown) => void;
}

export interface RateLimiterOptions {
  redis: Redis;
  /** Of everything this limit keeps in Redis; the same for all workers that share it, and for no others. */
  key: string;
  /** Sends in any second, of all workers together; 0: no limit. */
  perSecond: number;
  logger: Logger;
  /** Told each time something has to wait. */
  onWait?: (lane: Priority) => void;
}

/**
 * Never more than `perSecond` reach the provider in any second, wherever it begins, of all workers together, also where some
 * take longer on their way than others; the most urgent first. While
 * Redis is away each worker keeps to its share: the limit divided by the workers seen lately, but at least one a second
 * (and no more than that before it has ever heard of the others). Nothing is lost, it waits.
 */
export class RateLimiter {
  private readonly worker = randomUUID();
  private readonly keys: { grants: string; workers: string };
  private readonly own = new Grants();
  private readonly waiting: Record<Priority, Waiter[]> = { high: [], normal: [], low: [] };
  private serving = false;
  private wake?: () => void;
  private heartbeat?: NodeJS.Timeout;
  private takes = 0;
  private slackMs = slackMs.least;
  /** Of the latest sends, milliseconds. */
  private readonly took = new Array<number>(fastestOf).fill(0);
  private workers?: number;
  private isAway = false;
  /** Nothing is granted before: what others were granted lately nobody remembers. By performance.now(). */
  private holdUntil = 0;
  /** Until then the share counts as well as Redis. */
  private settledAt = 0;
  private closed = false;
  private readonly lost = () => this.leave('the connection is closed');

  constructor(private readonly options: RateLimiterOptions) {
    const base = `${options.key.replace(/([^:]+)$/, '{$1}')}`; // one slot of a cluster for both
    this.keys = { grants: `${base}:grants`, workers: `${base}:workers` };
    if (options.perSecond === 0) return;
    options.redis.on('close', this.lost);
    void this.beat();
  }

  /** Whether all workers share one window just now. */
  get isShared(): boolean {
    return !this.isAway;
  }

  /** How many share the limit, as far as is known; undefined before Redis was ever asked. */
  get workersSeen(): number | undefined {
    return this.workers;
  }

  /** Waits for leave to send some of `wanted`, at least one. Rejects with the signal's reason, or once closed. */
  take(wanted: number, lane: Priority, signal?: AbortSignal): Promise<Grant> {
    if (this.options.perSecond === 0) return Promise.resolve(unlimited(wanted));
    const { promise, resolve, reject } = Promise.withResolvers<Grant>();
    if (this.closed) reject(new Error('closed'));
    else if (signal?.aborted) reject(signal.reason);
    else {
      const waiter = { wanted: Math.min(wanted, mostAtOnce), lane, resolve, reject };
      const abandon = () => {
        this.forget(waiter);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abandon, { once: true });
      this.waiting[lane].push(waiter);
      void this.serve();
      this.wake?.(); // it may be more urgent than what is waited for
      return promise.finally(() => signal?.removeEventListener('abort', abandon));
    }
    return promise;
  }

  close(): void {
    this.closed = true;
    this.options.redis.off('close', this.lost);
    clearTimeout(this.heartbeat);
    for (const lane of priorities) for (const { reject } of this.waiting[lane].splice(0)) reject(new Error('closed'));
    this.wake?.();
  }

  private head(): Waiter | undefined {
    return this.waiting.high[0] ?? this.waiting.normal[0] ?? this.waiting.low[0];
  }

  /** Whether it still waited. */
  private forget(waiter: Waiter): boolean {
    const lane = this.waiting[waiter.lane];
    const index = lane.indexOf(waiter);
    if (index >= 0) lane.splice(index, 1);
    return index >= 0;
  }

  /** One at a time asks for all: where the most urgent gets nothing, nobody would. */
  private async serve(): Promise<void> {
    if (this.serving) return;
    this.serving = true;
    try {
      for (let head = this.head(); head; head = this.head()) {
        const answer = await this.ask(head.wanted, limitOf(head.lane, this.options.perSecond));
        if (typeof answer === 'number') {
          if (answer > 0) await this.pause(answer, head);
        } else if (this.forget(head)) head.resolve(answer);
        else answer.giveBack(answer.count);
      }
    } finally {
      this.serving = false;
    }
  }

  private async pause(ms: number, { lane }: Waiter): Promise<void> {
    this.options.onWait?.(lane);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.ceil(ms));
      this.wake = () => {
        if (!this.closed && priorities.indexOf(this.head()?.lane ?? lane) >= priorities.indexOf(lane)) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }

  /** A grant, or in how many milliseconds to ask again. */
  private async ask(wanted: number, limit: number): Promise<Grant | number> {
    const now = performance.now();
    if (now < this.holdUntil) return this.holdUntil - now;
    if (!this.isAway && now >= this.settledAt) return this.askRedis(wanted, limit);
    const part = this.shareOf(limit);
    const room = this.own.room(wanted, part, now);
    if (room === 0) return this.own.waitMs(part, now);
    return this.isAway ? this.grant(room, now) : this.askRedis(room, limit);
  }

  private shareOf(limit: number): number {
    return this.workers ? Math.max(1, Math.floor(limit / this.workers)) : 1;
  }

  private async askRedis(wanted: number, limit: number): Promise<Grant | number> {
    const name = `${this.worker}:${this.takes++}`;
    const slack = this.slackMs;
    const asked = performance.now(); // not later than Redis grants it
    try {
      const [granted, waitUs] = (await this.options.redis.eval(
        takeScript,
        1,
        this.keys.grants,
        wanted,
        limit,
        Math.floor(slack * 1_000),
        name,
      )) as [number, number];
      if (granted === 0) return Math.max(1, waitUs / 1_000);
      if (asked < this.holdUntil) return 0; // Redis was lost meanwhile, and with it who else was granted what
      const grant = this.grant(granted, asked, name);
      if (!grant.isFresh()) {
        grant.giveBack(granted);
        this.slackMs = Math.min(slack * 2, slackMs.most);
        return 0;
      }
      this.slackMs = Math.max(slack * 0.99, slackMs.least);
      return grant;
    } catch (error) {
      this.leave(error instanceof Error ? error.message : String(error));
      return 0;
    }
  }

  private grant(count: number, from: number, name?: string): Grant {
    const usableUntil = from + this.slackMs;
    const entries: Entry[] = this.own.add(count, usableUntil, from);
    let sent = 0;
    return {
      count,
      isFresh: () => performance.now() <= usableUntil,
      sent: (tookMs) => this.prolong(entries[sent++]!, tookMs, name && `${name}:${sent}`),
      giveBack: (unused) => {
        if (unused === 0) return;
        const last = entries.length;
        this.own.remove(entries.splice(-unused));
        if (!name || this.isAway) return;
        const members = Array.from({ length: unused }, (_, index) => `${name}:${last - index}`);
        this.options.redis.zrem(this.keys.grants, ...members).catch(() => {}); // then they only count a second longer
      },
    };
  }

  /**
   * Nobody tells us when a send arrives: at the latest when it is over, less what even the fastest one takes. Were that
   * not counted, those that were held up would arrive beside those of the next second.
   */
  private prolong(entry: Entry, tookMs: number, member?: string): void {
    this.took.shift();
    this.took.push(tookMs);
    const fastestMs = Math.min(...this.took);
    const arrivedBy = performance.now() - fastestMs;
    if (arrivedBy <= entry.usableUntil) return;
    entry.usableUntil = arrivedBy;
    if (!member || this.isAway) return;
    const before = Math.floor(fastestMs * 1_000);
    this.options.redis.eval(sentScript, 1, this.keys.grants, member, before).catch(() => {}); // then the share counts
  }

  private leave(reason: string): void {
    if (this.isAway || this.closed) return;
    this.isAway = true;
    // What Redis granted to others up to now is still being used.
    this.holdUntil = performance.now() + windowMs + slackMs.most / 4;
    const { logger, perSecond } = this.options;
    logger.warn(
      { reason, share: this.shareOf(perSecond) },
      'Redis is away: the rate limit is divided among the workers',
    );
    clearTimeout(this.heartbeat);
    this.heartbeat = setTimeout(() => void this.beat(), retryMs).unref();
  }

  /** Tells the others that we are here, and finds out how many they are. While Redis is away: whether it is back. */
  private async beat(): Promise<void> {
    try {
      const workers = (await this.options.redis.eval(
        heartbeatScript,
        1,
        this.keys.workers,
        this.worker,
        seenWithinMs * 1_000,
      )) as number;
      const now = performance.now();
      if (this.isAway) {
        this.isAway = false;
        this.settledAt = now + settleMs;
        this.options.logger.info('Redis is back: the rate limit is shared again');
      }
      // A Redis that has come back empty does not know the others yet.
      this.workers = now < this.settledAt ? Math.max(this.workers ?? 1, workers) : workers;
    } catch (error) {
      // Before the first connection nobody counts on it; whoever asks finds out.
      if (this.workers !== undefined) this.leave(error instanceof Error ? error.message : String(error));
    }
    if (this.closed) return;
    clearTimeout(this.heartbeat);
    const soon = this.isAway || this.workers === undefined || performance.now() < this.settledAt;
    this.heartbeat = setTimeout(() => void this.beat(), soon ? retryMs : heartbeatMs).unref();
  }
}

const limitOf = (lane: Priority, perSecond: number) => Math.max(1, Math.floor(perSecond * share[lane]));
