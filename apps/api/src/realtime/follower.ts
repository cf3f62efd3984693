import {
  type CaughtUpMessage,
  type InboxState,
  type NotificationMessage,
  type NotificationResponse,
} from '@allim/contracts';

/** Where a follower's messages go: its socket. */
export interface Outlet {
  notification(message: NotificationMessage, how: 'live' | 'catch_up'): void;
  inbox(state: InboxState): void;
  caughtUp(message: CaughtUpMessage): void;
  /** Still busy with what it was given: a catch-up waits for it instead of filling its queue. */
  congested(): boolean;
}

/** What one read of an inbox has found. */
export interface InboxRead {
  /** Read before the rows, so every id up to `state.lastId` was committed when they were read. */
  state: InboxState;
  /** The rows with ids above `from`, ascending. */
  from: number;
  rows: readonly NotificationResponse[];
  /** Up to this id `rows` are all there are after `from`; other ids are holes (deleted by their user). */
  completeTo: number;
}

/**
 * One socket's place in its user's inbox. Whatever comes, in whatever order and however often, its ids strictly ascend
 * and none is left out: an id is passed only when it was sent, or when a read has shown that it is a hole.
 */
export class Follower {
  /** The last id sent or known to be a hole. Null: from now on, and "now" isn't read yet. */
  cursor: number | null;
  /** Whether the state and `caughtUp` were sent. */
  greeted = false;

  constructor(
    readonly outlet: Outlet,
    lastId?: number,
  ) {
    this.cursor = lastId ?? null;
  }

  /** Sends it when it is the next one. Until it is greeted a follower takes reads only: its cursor is the client's word. */
  offer(message: NotificationMessage): void {
    if (!this.greeted || this.cursor === null || message.notification.id !== this.cursor + 1) return;
    this.cursor += 1;
    this.outlet.notification(message, 'live');
  }

  isBehind(lastId: number): boolean {
    return !this.greeted || this.cursor === null || this.cursor < lastId;
  }

  /** Whether the gap up to `lastId` can be sent. A client that claims to be ahead of its inbox holds something else. */
  canRecover(lastId: number, limit: number): boolean {
    if (this.cursor === null) return true;
    return this.cursor > lastId ? this.greeted : lastId - this.cursor <= limit;
  }

  /** Takes what a read has found. Answers whether it got rows, or had to give up on its gap. */
  settle(read: InboxRead, limit: number): 'nothing' | 'recovered' | 'too_large' {
    const { state } = read;
    if (!this.canRecover(state.lastId, limit)) {
      this.cursor = state.lastId;
      this.greet(state, false);
      return 'too_large';
    }
    const before = this.cursor;
    if (this.cursor === null) this.cursor = state.lastId;
    else if (this.cursor >= read.from) this.catchUp(this.cursor, read);
    if (!this.greeted && this.cursor >= state.lastId) this.greet(state, true);
    return before !== null && this.cursor > before ? 'recovered' : 'nothing';
  }

  private catchUp(cursor: number, { rows, state, completeTo }: InboxRead): void {
    for (const notification of rows) {
      if (notification.id <= cursor || notification.id > completeTo) continue;
      this.outlet.notification({ notification, unread: state.unread, unseen: state.unseen }, 'catch_up');
    }
    this.cursor = Math.max(cursor, completeTo);
  }

  private greet(state: InboxState, recovered: boolean): void {
    this.greeted = true;
    this.outlet.inbox(state);
    this.outlet.caughtUp({ recovered, lastId: state.lastId });
  }
}
