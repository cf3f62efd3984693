import { setTimeout as pause } from 'node:timers/promises';
import { type InboxPosition, type InboxState, type NotificationMessage } from '@allim/contracts';
import { type Logger } from '@allim/platform';
import { type InboxStore } from '@allim/store';
import { type ApiMetrics } from '../metrics.js';
import { type Follower } from './follower.js';
import { pageSize, UserFeed } from './user-feed.js';

export interface FeedSettings {
  CATCH_UP_LIMIT: number;
  CATCH_UP_SWEEP_MS: number;
}

/** Two transactions may tell of themselves in the other order: the missing hint usually is on its way. */
const gapPatienceMs = 25;
/** Users of one look at the states, and reads under way at a time. */
const usersPerRead = 50;
const usersPerSweep = 1_000;
const longestBackOffMs = 1_000;

const emptyInbox: InboxState = { lastId: 0, unread: 0, unseen: 0 };

/**
 * Live notifications of this node. A hint is sent at once when it is the next id; any gap is closed from the database,
 * which is the truth. While the database is away those who are behind wait; nothing is passed over.
 */
export class InboxFeed {
  private readonly users = new Map<string, UserFeed>();
  /** Waiting for a read. */
  private readonly due = new Set<UserFeed>();
  private readonly patience = new Map<UserFeed, NodeJS.Timeout>();
  private reading = false;
  private readonly stopped = new AbortController();
  private readonly sweepTimer: NodeJS.Timeout;
  private sweeping: Promise<void> | null = null;

  constructor(
    private readonly store: Pick<InboxStore, 'states' | 'after'>,
    private readonly settings: FeedSettings,
    private readonly metrics: Pick<ApiMetrics, 'catchUps'>,
    private readonly logger: Logger,
  ) {
    this.sweepTimer = setInterval(() => this.sweep(), settings.CATCH_UP_SWEEP_MS).unref();
  }

  /** From now on every notification of this user reaches the follower: first those after its cursor, then live ones. */
  join(userId: string, follower: Follower): void {
    const feed = this.users.get(userId) ?? new UserFeed(userId);
    this.users.set(userId, feed);
    feed.followers.add(follower);
    this.readNow(feed);
  }

  leave(userId: string, follower: Follower): void {
    const feed = this.users.get(userId);
    if (!feed?.followers.delete(follower) || feed.followers.size > 0) return;
    this.users.delete(userId);
    this.due.delete(feed);
    clearTimeout(this.patience.get(feed));
    this.patience.delete(feed);
  }

  followersOf(userId: string): ReadonlySet<Follower> {
    return this.users.get(userId)?.followers ?? new Set();
  }

  has(userId: string): boolean {
    return this.users.has(userId);
  }

  hint(message: NotificationMessage): void {
    if (!Number.isSafeInteger(message.notification.id)) throw new SyntaxError('a hint without an id');
    const feed = this.users.get(message.notification.userId);
    if (!feed) return;
    feed.hint(message);
    this.readSoonIfBehind(feed);
  }

  /** Where an inbox stands, from whom a hint may have been lost. */
  position({ userId, lastId, unread, unseen }: InboxPosition): void {
    if (!Number.isSafeInteger(lastId)) throw new SyntaxError('a position without an id');
    const feed = this.users.get(userId);
    if (!feed) return;
    feed.compare({ lastId, unread, unseen });
    this.readSoonIfBehind(feed);
  }

  /** Hints may have been lost: looks at every connected inbox. Also done every now and then by itself. */
  sweep(): void {
    // One after the other: a look that began before the hints were lost does not see it.
    this.sweeping = (this.sweeping ?? Promise.resolve()).then(() => this.look());
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    clearInterval(this.sweepTimer);
    for (const timer of this.patience.values()) clearTimeout(timer);
    this.patience.clear();
    this.due.clear();
    await this.sweeping;
  }

  private readNow(feed: UserFeed): void {
    this.due.add(feed);
    void this.readAllDue();
  }

  private readSoonIfBehind(feed: UserFeed): void {
    if (this.stopped.signal.aborted || this.patience.has(feed) || this.due.has(feed) || !feed.isBehind) return;
    const timer = setTimeout(() => {
      this.patience.delete(feed);
      if (feed.isBehind) this.readNow(feed);
    }, gapPatienceMs);
    this.patience.set(feed, timer);
  }

  /** One at a time: those who come meanwhile share the next look at the states. */
  private async readAllDue(): Promise<void> {
    if (this.reading) return;
    this.reading = true;
    let failures = 0;
    while (this.due.size > 0) {
      const feeds = [...this.due].slice(0, usersPerRead);
      for (const feed of feeds) this.due.delete(feed);
      const failed = await this.read(feeds);
      if (this.stopped.signal.aborted) break;
      for (const feed of failed) if (this.users.get(feed.userId) === feed) this.due.add(feed);
      failures = failed.length > 0 ? failures + 1 : 0;
      if (failures > 0) await this.backOff(failures);
    }
    this.reading = false;
  }

  /** Answers those whose read failed. */
  private async read(feeds: UserFeed[]): Promise<UserFeed[]> {
    const ready = feeds.filter((feed) => feed.beginRead());
    let failed: UserFeed[] = [];
    try {
      const states = ready.length > 0 ? await this.store.states(ready.map((feed) => feed.userId)) : new Map();
      const outcomes = await Promise.allSettled(
        ready.map((feed) => this.close(feed, states.get(feed.userId) ?? emptyInbox)),
      );
      failed = ready.filter((_, index) => outcomes[index]?.status === 'rejected');
      const reason = outcomes.find((outcome) => outcome.status === 'rejected')?.reason;
      if (failed.length > 0) this.logger.warn({ err: reason, users: failed.length }, 'catch-up waits');
    } catch (error) {
      failed = ready;
      this.logger.warn({ err: error, users: ready.length }, 'catch-up waits');
    }
    for (const feed of feeds) if (!failed.includes(feed) && this.has(feed.userId)) this.readSoonIfBehind(feed);
    return failed;
  }

  /** Closes the gap of one user, or a page of it. */
  private async close(feed: UserFeed, state: InboxState): Promise<void> {
    const { CATCH_UP_LIMIT: limit } = this.settings;
    const after = feed.gapAfter(state, limit);
    const rows =
      after === null ? [] : await this.store.after(feed.userId, { after, size: pageSize, unreadOnly: false });
    for (const outcome of feed.settle(state, after, rows, limit))
      if (outcome !== 'nothing') this.metrics.catchUps.inc({ outcome });
  }

  private async look(): Promise<void> {
    for (let failures = 0; !this.stopped.signal.aborted; ) {
      try {
        const userIds = [...this.users.keys()];
        for (let i = 0; i < userIds.length; i += usersPerSweep) {
          for (const [userId, state] of await this.store.states(userIds.slice(i, i + usersPerSweep))) {
            const feed = this.users.get(userId);
            if (!feed) continue;
            feed.compare(state);
            this.readSoonIfBehind(feed);
          }
        }
        return;
      } catch (error) {
        this.logger.warn({ err: error }, 'the sweep waits');
        await this.backOff(++failures);
      }
    }
  }

  private async backOff(failures: number): Promise<void> {
    const ms = Math.min(longestBackOffMs, 50 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);
    await pause(ms, undefined, { signal: this.stopped.signal }).catch(() => {});
  }
}
