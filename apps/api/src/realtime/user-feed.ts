import { type InboxState, type NotificationMessage, type NotificationResponse } from '@allim/contracts';
import { type Follower, type InboxRead } from './follower.js';

/** Rows of one read; fewer than a send queue takes, also when each is as long as it may be. */
export const pageSize = 100;

/** Hints kept while one before them is missing. More are not worth their memory: the rows are in the database. */
const heldLimit = 64;

/** All sockets of one user on this node: they share hints and reads. Plain logic; the InboxFeed reads and keeps time. */
export class UserFeed {
  readonly followers = new Set<Follower>();
  /** Hints that could not be sent to everybody yet, by id. */
  private readonly held = new Map<number, NotificationMessage>();
  /** The highest id heard of since the last read began. */
  private heard = 0;
  /** Those for whom the read under way was begun. */
  private readers: Follower[] = [];
  /** The counters last told here; what changed them elsewhere may have been told past us. */
  private told: InboxState | null = null;

  constructor(readonly userId: string) {}

  hint(message: NotificationMessage): void {
    const { id } = message.notification;
    this.hear(id);
    if (this.held.size < heldLimit) this.held.set(id, message);
    this.offerHeld();
    if (id > (this.told?.lastId ?? 0)) this.told = { lastId: id, unread: message.unread, unseen: message.unseen };
  }

  /** There are notifications up to this id. */
  hear(lastId: number): void {
    this.heard = Math.max(this.heard, lastId);
  }

  /** Whether a read is needed. */
  get isBehind(): boolean {
    for (const follower of this.followers) if (follower.isBehind(this.heard)) return true;
    return false;
  }

  /**
   * Before the state is read. From here on only later hints are kept: what was heard before was committed before, so the
   * read finds it (and what it doesn't find was never there). False: nobody can take anything now.
   */
  beginRead(): boolean {
    this.readers = [...this.followers].filter((follower) => !follower.outlet.congested());
    if (this.readers.length === 0) return false;
    this.held.clear();
    this.heard = 0;
    return true;
  }

  /** After which id rows must be read; null: none. */
  gapAfter({ lastId }: InboxState, limit: number): number | null {
    const cursors = this.readers
      .filter((follower) => follower.cursor !== null && follower.canRecover(lastId, limit))
      .map((follower) => follower.cursor ?? lastId);
    const first = Math.min(lastId, ...cursors);
    return first < lastId ? first : null;
  }

  /** Hands a read's rows to those who lack them, then the hints that came meanwhile. Answers the outcome of each reader. */
  settle(state: InboxState, from: number | null, rows: readonly NotificationResponse[], limit: number) {
    const full = rows.length >= pageSize;
    const completeTo = full ? Math.min(state.lastId, rows.at(-1)?.id ?? state.lastId) : state.lastId;
    const read: InboxRead = { state, from: from ?? state.lastId, rows, completeTo };
    const outcomes = this.readers
      .filter((follower) => this.followers.has(follower))
      .map((follower) => follower.settle(read, limit));
    this.readers = [];
    this.told = state;
    this.hear(state.lastId); // those who were busy, or got a part of it only, are still behind
    this.offerHeld();
    return outcomes;
  }

  /** Looks at a state read just now: hears of what is new, or tells the counters when only they have changed. */
  compare(state: InboxState): void {
    this.hear(state.lastId);
    const { told } = this;
    if (told?.lastId !== state.lastId || (told.unread === state.unread && told.unseen === state.unseen)) return;
    this.told = state;
    for (const follower of this.followers) if (follower.greeted) follower.outlet.inbox(state);
  }

  private offerHeld(): void {
    if (this.held.size === 0) return;
    let needed = Number.POSITIVE_INFINITY;
    for (const follower of this.followers) {
      for (let id = (follower.cursor ?? 0) + 1; this.held.has(id); id++) follower.offer(this.held.get(id)!);
      needed = Math.min(needed, follower.cursor ?? 0);
    }
    for (const id of this.held.keys()) if (id <= needed) this.held.delete(id);
  }
}
