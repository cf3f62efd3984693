import { type AnnouncementMessage, type InboxState } from '@allim/contracts';
import { topicRoom, userRoom } from './rooms.js';
import { type SocketServer } from './socket-server.js';

/** What concerns sockets of every node, by Socket.IO's Redis adapter; while Redis is away, of this node. */
export class Broadcast {
  constructor(private readonly io: SocketServer) {}

  /** A state changed by its owner: all tabs of theirs show the same. */
  inbox(userId: string, state: InboxState): void {
    this.io.to(userRoom(userId)).emit('inbox', state);
  }

  joinTopic(userId: string, topic: string): void {
    this.io.in(userRoom(userId)).socketsJoin(topicRoom(topic));
  }

  leaveTopic(userId: string, topic: string): void {
    this.io.in(userRoom(userId)).socketsLeave(topicRoom(topic));
  }

  /** To this node's sockets only: every node gets the hint itself. */
  announceHere(message: AnnouncementMessage): void {
    this.io.local.to(topicRoom(message.topic)).emit('announcement', message);
  }

  hasTopicHere(topic: string): boolean {
    return this.io.sockets.adapter.rooms.has(topicRoom(topic));
  }
}
