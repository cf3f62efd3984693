import { type ApiResponse, readRequest, type SyncAnswer, syncRequest, topicRequest } from '@allim/contracts';
import { badRequest, ok, readShape } from '@allim/http';
import { z } from 'zod';
import { type Inbox } from '../inbox/inbox.js';
import { type Topics } from './topics.js';

/** What a client may ask on its socket. Throws as REST does; the gateway makes the acknowledgement of it. */
export class ClientMessages {
  constructor(
    private readonly inbox: Inbox,
    readonly topics: Topics,
    private readonly syncLimit: number,
  ) {}

  /** @param payload the arguments of the event without the acknowledgement */
  async answer(userId: string, event: string, payload: unknown[]): Promise<ApiResponse<unknown>> {
    switch (event) {
      case 'sync':
        return ok(await this.sync(userId, one(syncRequest, payload).afterId));
      case 'read':
        return ok(await this.inbox.markRead(userId, one(readRequest, payload).id));
      case 'readAll':
        none(payload);
        return ok(await this.inbox.markAllRead(userId));
      case 'seen':
        none(payload);
        return ok(await this.inbox.markAllSeen(userId));
      case 'subscribe':
        return ok(await this.topics.subscribe(userId, one(topicRequest, payload).topic));
      case 'unsubscribe':
        return ok(await this.topics.unsubscribe(userId, one(topicRequest, payload).topic));
      default:
        throw badRequest('event: expected sync, read, readAll, seen, subscribe or unsubscribe');
    }
  }

  /** The state first: every id up to its lastId is committed when the rows are read. */
  private async sync(userId: string, afterId: number): Promise<SyncAnswer> {
    const { lastId } = await this.inbox.state(userId);
    const notifications = await this.inbox.after(userId, { after: afterId, size: this.syncLimit, unreadOnly: false });
    const highest = notifications.at(-1)?.id ?? 0;
    return { notifications, completeTo: notifications.length >= this.syncLimit ? highest : Math.max(lastId, highest) };
  }
}

function one<T>(shape: z.ZodType<T>, payload: unknown[]): T {
  if (payload.length !== 1) throw badRequest(`payload: expected one object, got ${payload.length} values`);
  return readShape(shape, payload[0], 'payload');
}

function none(payload: unknown[]): void {
  if (payload.length > 0) throw badRequest('payload: expected none');
}
