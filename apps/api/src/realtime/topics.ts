import { setTimeout as pause } from 'node:timers/promises';
import { type SubscriptionStore } from '@allim/store';
import { type Broadcast } from './broadcast.js';
import { topicRoom } from './rooms.js';
import { type ClientSocket } from './socket-server.js';

const longestPauseMs = 5_000;

/** A person's topics: stored, and in force on all sockets of theirs at once. */
export class Topics {
  constructor(
    private readonly store: SubscriptionStore,
    private readonly broadcast: Broadcast,
  ) {}

  /** Puts a new socket into its rooms. While the database is away it tries again, for as long as the socket lives. */
  async joinAll(socket: ClientSocket): Promise<void> {
    for (let pauseMs = 100; socket.connected; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        await socket.join((await this.of(socket.data.caller.userId)).map(topicRoom));
        return;
      } catch {
        await pause(pauseMs, undefined, { ref: false }); // the InboxFeed logs that the database is away
      }
    }
  }

  of(userId: string): Promise<string[]> {
    return this.store.topicsOf(userId);
  }

  async subscribe(userId: string, topic: string): Promise<void> {
    await this.store.subscribe(userId, topic);
    this.broadcast.joinTopic(userId, topic);
  }

  async unsubscribe(userId: string, topic: string): Promise<void> {
    await this.store.unsubscribe(userId, topic);
    this.broadcast.leaveTopic(userId, topic);
  }
}
