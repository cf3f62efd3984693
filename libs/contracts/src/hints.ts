import { type InboxState, type NotificationResponse, type NotificationType } from './notification.js';
import { type AnnouncementMessage, type NotificationMessage } from './realtime.js';

/**
 * Redis channel (after the deployment's key prefix) on which the consumer tells every api node what one transaction
 * has made. A hint may be lost: the inbox in the database is the truth and api nodes catch up from it.
 */
export const hintChannel = 'hints';

/**
 * Where a user's inbox stands: sent for records that are redelivered after a crash, whose own hint may have been lost.
 * Who holds less than `lastId` catches up from the database.
 */
export interface InboxPosition extends InboxState {
  userId: string;
}

/** What one transaction made (new notifications are unread): at most one Redis message, however many notifications. */
export interface Hint {
  notifications: NotificationMessage[];
  positions: InboxPosition[];
  announcements: AnnouncementMessage[];
}

/**
 * One line per thing: `u<user id>\t<new notification>`, `p<user id>\t<InboxPosition>` or
 * `a<topic>\t<AnnouncementMessage>`, the second half JSON. A new notification is the list of what is its own: names, and
 * what every new one has in common, would make half of each hint.
 * The address stands outside of the JSON, so that a node parses only what one of its own sockets waits for.
 * (User ids and topics hold no tab or line break: the catalogue refuses control characters in ids.)
 */
export function encodeHint(hint: Hint): string {
  const lines: string[] = [];
  for (const message of hint.notifications)
    lines.push(`u${message.notification.userId}\t${JSON.stringify(pack(message))}`);
  for (const position of hint.positions) lines.push(`p${position.userId}\t${JSON.stringify(position)}`);
  for (const message of hint.announcements) lines.push(`a${message.topic}\t${JSON.stringify(message)}`);
  return lines.join('\n');
}

type Packed = [
  id: number,
  type: NotificationType,
  title: string,
  message: string,
  link: string | null,
  referenceType: string | null,
  referenceId: string | null,
  createdAt: string,
  unread: number,
  unseen: number,
];

function pack({ notification: one, unread, unseen }: NotificationMessage): Packed {
  const { id, type, title, message, link, referenceType, referenceId, createdAt } = one;
  return [id, type, title, message, link, referenceType, referenceId, createdAt, unread, unseen];
}

function unpack(userId: string, packed: Packed): NotificationMessage {
  const [id, type, title, message, link, referenceType, referenceId, createdAt, unread, unseen] = packed;
  const notification: NotificationResponse = {
    id,
    userId,
    type,
    title,
    message,
    link,
    status: 'UNREAD',
    referenceId,
    referenceType,
    createdAt,
    readAt: null,
  };
  return { notification, unread, unseen };
}

export interface HintReader {
  /** Whether anybody here waits for this user's or topic's messages. */
  wantsUser(userId: string): boolean;
  wantsTopic(topic: string): boolean;
  notification(message: NotificationMessage): void;
  position(position: InboxPosition): void;
  announcement(message: AnnouncementMessage): void;
}

/** Reads a hint in order. Throws a SyntaxError at the first line that is no hint. */
export function readHint(text: string, reader: HintReader): void {
  if (text === '') return;
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    if (tab < 1) throw notAHint(line);
    const address = line.slice(1, tab);
    const payload = () => JSON.parse(line.slice(tab + 1));
    switch (line[0]) {
      case 'u':
        if (reader.wantsUser(address)) reader.notification(unpack(address, payload()));
        break;
      case 'p':
        if (reader.wantsUser(address)) reader.position(payload());
        break;
      case 'a':
        if (reader.wantsTopic(address)) reader.announcement(payload());
        break;
      default:
        throw notAHint(line);
    }
  }
}

function notAHint(line: string): SyntaxError {
  return new SyntaxError(`not a hint: ${JSON.stringify(line.slice(0, 40))}`);
}
