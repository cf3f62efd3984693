import type { NotificationResponse, SyncAnswer } from '@allim/contracts';

/**
 * Puts the notifications of one inbox into order, whatever the way here lost, repeated or mixed up: every one is handed
 * out once, ascending. No I/O: whoever holds it asks for what is missing while `gap` is true.
 */
export class InboxOrder {
  /** Came too early: something between the last one handed out and them may be missing. */
  private readonly early = new Map<number, NotificationResponse>();
  private newest = 0;

  /** `lastId`: the last id the application holds. Undefined: it wants only what is new from now on. */
  constructor(private last?: number) {}

  /** Up to here nothing is missing. Undefined until the first word from the server. */
  get lastId(): number | undefined {
    return this.last;
  }

  /** Something newer than `lastId` is known to exist and cannot be handed out yet. */
  get gap(): boolean {
    return this.last !== undefined && this.newest > this.last;
  }

  /** The inbox has been counted up to `lastId`. */
  exists(lastId: number): void {
    this.last ??= lastId;
    this.newest = Math.max(this.newest, lastId);
  }

  /** The server's inbox ends before `lastId`: it was begun anew, and its ids count again from here. */
  restart(lastId: number): void {
    this.last = lastId;
    this.newest = lastId;
    this.early.clear();
  }

  /** Takes one that came by itself; returns what can be handed out now. */
  offer(notification: NotificationResponse): NotificationResponse[] {
    this.last ??= notification.id - 1;
    this.keep(notification);
    return this.inSequence();
  }

  /** Takes an answer to "what came after n" with n ≤ `lastId`, however late it comes; returns what can be handed out now. */
  fill({ notifications, completeTo }: SyncAnswer): NotificationResponse[] {
    this.exists(completeTo);
    for (const notification of notifications) this.keep(notification);
    // Ids that did not come although the answer covers them belong to deleted notifications.
    const covered = [...this.early.keys()].filter((id) => id <= completeTo).sort((a, b) => a - b);
    const ready = covered.map((id) => this.take(id));
    this.last = Math.max(this.last ?? 0, completeTo);
    return [...ready, ...this.inSequence()];
  }

  private keep(notification: NotificationResponse): void {
    if (notification.id <= (this.last ?? 0)) return;
    this.early.set(notification.id, notification);
    this.newest = Math.max(this.newest, notification.id);
  }

  private inSequence(): NotificationResponse[] {
    const ready: NotificationResponse[] = [];
    for (let next = (this.last ?? 0) + 1; this.early.has(next); next++) {
      ready.push(this.take(next));
      this.last = next;
    }
    return ready;
  }

  private take(id: number): NotificationResponse {
    const notification = this.early.get(id)!;
    this.early.delete(id);
    return notification;
  }
}
