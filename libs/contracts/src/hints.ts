import { type AnnouncementMessage, type NotificationMessage } from './realtime.js';

/**
 * Redis channel (after the deployment's key prefix) on which the consumer tells every api node what one transaction
 * has made. A hint may be lost: the inbox in the database is the truth and api nodes catch up from it.
 */
export const hintChannel = 'hints';

/** What one transaction made: at most one Redis message, however many notifications. */
export interface Hint {
  notifications: NotificationMessage[];
  announcements: AnnouncementMessage[];
}

/**
 * One line per thing: `u<user id>\t<NotificationMessage>` or `a<topic>\t<AnnouncementMessage>`, the second half JSON.
 * The address stands outside of the JSON, so that a node parses only what one of its own sockets waits for.
 * (User ids and topics hold no tab or line break: the catalogue refuses control characters in ids.)
 */
export function encodeHint(hint: Hint): string {
  const lines: string[] = [];
  for (const message of hint.notifications) lines.push(`u${message.notification.userId}\t${JSON.stringify(message)}`);
  for (const message of hint.announcements) lines.push(`a${message.topic}\t${JSON.stringify(message)}`);
  return lines.join('\n');
}

export interface HintReader {
  /** Whether anybody here waits for this user's or topic's messages. */
  wantsUser(userId: string): boolean;
  wantsTopic(topic: string): boolean;
  notification(message: NotificationMessage): void;
  announcement(message: AnnouncementMessage): void;
}

/** Reads a hint in order. Throws a SyntaxError at the first line that is no hint. */
export function readHint(text: string, reader: HintReader): void {
  if (text === '') return;
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t');
    const kind = line[0];
    if (tab < 1 || (kind !== 'u' && kind !== 'a'))
      throw new SyntaxError(`not a hint: ${JSON.stringify(line.slice(0, 40))}`);
    const address = line.slice(1, tab);
    if (kind === 'u') {
      if (reader.wantsUser(address)) reader.notification(JSON.parse(line.slice(tab + 1)));
    } else if (reader.wantsTopic(address)) reader.announcement(JSON.parse(line.slice(tab + 1)));
  }
}
