import { type InboxState, type NotificationResponse } from '@allim/contracts';
import { Refusal } from '@allim/http';
import { type InboxStore } from '@allim/store';
import { type Broadcast } from '../realtime/broadcast.js';

/** What the owner of an inbox may do, by REST or by socket; what changes is told to all sockets of theirs. */
export class Inbox {
  constructor(
    private readonly store: InboxStore,
    private readonly broadcast: Pick<Broadcast, 'inbox'>,
  ) {}

  state(userId: string): Promise<InboxState> {
    return this.store.state(userId);
  }

  page(...query: Parameters<InboxStore['page']>): ReturnType<InboxStore['page']> {
    return this.store.page(...query);
  }

  before(...query: Parameters<InboxStore['before']>): ReturnType<InboxStore['before']> {
    return this.store.before(...query);
  }

  after(...query: Parameters<InboxStore['after']>): ReturnType<InboxStore['after']> {
    return this.store.after(...query);
  }

  /** Throws an N001. */
  async markRead(userId: string, id: number): Promise<NotificationResponse> {
    const marked = await this.store.markRead(userId, id);
    if (!marked) throw noSuchNotification(id);
    if (marked.changed) this.broadcast.inbox(userId, marked.state);
    return marked.notification;
  }

  /** The number of notifications that were unread. */
  async markAllRead(userId: string): Promise<number> {
    const { changed, state } = await this.store.markAllRead(userId);
    if (changed > 0) this.broadcast.inbox(userId, state);
    return changed;
  }

  async markAllSeen(userId: string): Promise<{ unseen: 0 }> {
    this.broadcast.inbox(userId, await this.store.markAllSeen(userId));
    return { unseen: 0 };
  }

  /** Throws an N001. */
  async remove(userId: string, id: number): Promise<void> {
    const state = await this.store.remove(userId, id);
    if (!state) throw noSuchNotification(id);
    this.broadcast.inbox(userId, state);
  }
}

const noSuchNotification = (id: number) => new Refusal('N001', `there is no notification ${id} in this inbox`);
