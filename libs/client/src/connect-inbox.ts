import { io } from 'socket.io-client';
import { type Inbox, type InboxOptions, openInbox } from './inbox-connection.js';

/** Connects to an inbox: notifications in order and complete, across reconnects; what can be done with them by REST. */
export function connectInbox(options: InboxOptions): Inbox {
  return openInbox(io, options);
}
