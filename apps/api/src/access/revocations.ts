import { setTimeout as pause } from 'node:timers/promises';
import { type Caller, tryLater } from '@allim/http';
import { type Logger } from '@allim/platform';
import { type RedisLink } from '../realtime/redis-link.js';

/** Without a session: all of the user's that began up to then. */
export interface Revocation {
  userId: string;
  sessionId?: string;
  /** Seconds since 1970. */
  at: number;
}

/** Between two reads of the whole set: the message that told of a revocation may have been lost. */
const mergeEveryMs = 10_000;

/**
 * Which sessions are revoked. Kept in Redis and in every node's memory: a node whose Redis is away goes on refusing what
 * it knows, and gives it back to a Redis that has lost its data. A node that has never reached Redis lets nobody in,
 * because it cannot know.
 */
export class Revocations {
  private readonly known = new Map<string, Revocation>();
  private loaded = false;
  private readonly firstLoad = Promise.withResolvers<void>();
  private readonly listeners: ((revocation: Revocation) => void)[] = [];
  private readonly set: string;
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly link: RedisLink,
    private readonly options: { prefix: string; keptS: number },
    private readonly logger: Logger,
  ) {
    this.set = `${options.prefix}revocations`;
    link.subscribe(this.set, (_channel, message) => this.learn(JSON.parse(message.toString())));
    link.onBack(() => void this.merge());
    this.timer = setInterval(() => void this.merge(), mergeEveryMs).unref();
  }

  /** Resolves when they are known; at the latest after `deadlineMs`, for Redis may be away when we start. */
  whenKnown(deadlineMs: number): Promise<void> {
    return Promise.race([this.firstLoad.promise, pause(deadlineMs, undefined, { ref: false })]);
  }

  /** Whether this caller's session is revoked. Throws a C005 as long as nobody can know. */
  refuse(caller: Caller): boolean {
    if (caller.byGateway) return false; // the gateway judges the token; here is none
    if (!this.loaded) throw tryLater('which sessions are revoked is not known yet; try again');
    const all = this.known.get(keyOf(caller.userId));
    const one = caller.sessionId === null ? undefined : this.known.get(keyOf(caller.userId, caller.sessionId));
    return [all, one].some((revocation) => revocation !== undefined && means(revocation, caller));
  }

  /** Resolves when it is kept in Redis; the other nodes hear of it at once. Throws a C005 while Redis is away: nothing is revoked then. */
  async revoke(userId: string, sessionId?: string): Promise<void> {
    const revocation: Revocation = { userId, sessionId, at: nowS() };
    try {
      await this.keep([revocation]);
    } catch (error) {
      throw tryLater('the revocation could not be kept; try again', error);
    }
    this.learn(revocation);
    this.link.publish(this.set, JSON.stringify(revocation));
  }

  /** Told of each revocation once, whichever node took it. */
  onRevoked(listener: (revocation: Revocation) => void): void {
    this.listeners.push(listener);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private learn(revocation: Revocation): void {
    const key = keyOf(revocation.userId, revocation.sessionId);
    const before = this.known.get(key);
    if (before && before.at >= revocation.at) return;
    this.known.set(key, revocation);
    for (const listener of this.listeners) listener(revocation);
  }

  /** Both ways: what Redis knows to us, what we know to Redis; what is older than any token goes. */
  private async merge(): Promise<void> {
    const oldest = nowS() - this.options.keptS;
    try {
      await this.link.commands.zremrangebyscore(this.set, '-inf', oldest);
      const kept = await this.link.commands.zrange(this.set, 0, -1, 'WITHSCORES');
      const inRedis = new Map<string, number>();
      for (let i = 0; i + 1 < kept.length; i += 2) inRedis.set(kept[i]!, Number(kept[i + 1]));
      for (const [key, at] of inRedis) this.learn(revocationOf(key, at));
      this.loaded = true;
      this.firstLoad.resolve();
      for (const [key, { at }] of this.known) if (at <= oldest) this.known.delete(key);
      await this.keep([...this.known.values()].filter((known) => !inRedis.has(keyOf(known.userId, known.sessionId))));
    } catch (error) {
      this.logger.debug({ err: error }, 'revocations not read');
    }
  }

  private async keep(revocations: Revocation[]): Promise<void> {
    const entries = revocations.flatMap(({ userId, sessionId, at }) => [at, keyOf(userId, sessionId)]);
    if (entries.length > 0) await this.link.commands.zadd(this.set, 'GT', ...entries);
  }
}

/** Whether a revocation means this caller's session. */
export function means(revocation: Revocation, caller: Caller): boolean {
  if (revocation.userId !== caller.userId) return false;
  if (revocation.sessionId !== undefined) return revocation.sessionId === caller.sessionId;
  // A token's time has whole seconds: one of the same second may be the older one.
  return caller.issuedAt === null || caller.issuedAt <= revocation.at;
}

function keyOf(userId: string, sessionId?: string): string {
  return JSON.stringify(sessionId === undefined ? [userId] : [userId, sessionId]);
}

function revocationOf(key: string, at: number): Revocation {
  const [userId, sessionId] = JSON.parse(key) as [string, string?];
  return { userId, sessionId, at };
}

function nowS(): number {
  return Math.floor(Date.now() / 1000);
}
