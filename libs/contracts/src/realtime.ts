import { z } from 'zod';
import { type ApiResponse } from './errors.js';
import { type InboxState, type NotificationResponse } from './notification.js';

/** Path of the Socket.IO endpoint. */
export const socketPath = '/ws/notifications';

/** What the client sends in the handshake's `auth`. */
export const handshakeAuth = z.object({
  token: z.string().min(1),
  /** The last id the client holds; what came after it is sent again, in order. Absent: only what is new. */
  lastId: z.int().nonnegative().optional(),
});
export type HandshakeAuth = z.infer<typeof handshakeAuth>;

/** One notification with the counters as they stood right after it. Ascending ids, one at a time. */
export interface NotificationMessage {
  notification: NotificationResponse;
  unread: number;
  unseen: number;
}

/** A broadcast to the clients in a topic room. Not kept: subscribers also find it in their inbox. */
export interface AnnouncementMessage {
  topic: string;
  type: string;
  title: string;
  message: string;
  link: string | null;
}

/** `recovered: false`: the gap is larger than the server's limit; fetch by REST. */
export interface CaughtUpMessage {
  recovered: boolean;
  lastId: number;
}

export interface ServerToClientEvents {
  notification: (message: NotificationMessage) => void;
  inbox: (state: InboxState) => void;
  caughtUp: (message: CaughtUpMessage) => void;
  announcement: (message: AnnouncementMessage) => void;
}

export const syncRequest = z.strictObject({ afterId: z.int().nonnegative() });
export type SyncRequest = z.infer<typeof syncRequest>;
/** `completeTo`: up to this id nothing is missing (ids of deleted notifications stay holes). */
export interface SyncAnswer {
  notifications: NotificationResponse[];
  completeTo: number;
}

export const readRequest = z.strictObject({ id: z.int().positive() });
export const topicName = z
  .string()
  .regex(/^[a-z][a-z0-9._-]{0,49}$/, 'expected a topic like "timedeal": a-z, 0-9, ".", "_", "-", at most 50');
export const topicRequest = z.strictObject({ topic: topicName });

type Ack<T> = (answer: ApiResponse<T>) => void;

/** Every client message carries an acknowledgement; `readAll` and `seen` take no payload. */
export interface ClientToServerEvents {
  sync: (request: SyncRequest, ack: Ack<SyncAnswer>) => void;
  read: (request: { id: number }, ack: Ack<NotificationResponse>) => void;
  readAll: (ack: Ack<number>) => void;
  seen: (ack: Ack<{ unseen: 0 }>) => void;
  subscribe: (request: { topic: string }, ack: Ack<void>) => void;
  unsubscribe: (request: { topic: string }, ack: Ack<void>) => void;
}
