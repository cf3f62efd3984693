export { connectInbox } from './connect-inbox.js';
export { type ConnectionState, type Inbox, type InboxOptions, openInbox } from './inbox-connection.js';
export { InboxError, Refused, SignInAgain, TryLater } from './inbox-error.js';
export {
  type InboxAddress,
  type InboxRequests,
  inboxRequests,
  type NewerPage,
  type OlderPage,
  type TokenSource,
} from './inbox-requests.js';
