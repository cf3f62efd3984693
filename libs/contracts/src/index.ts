export { type AmbiguityPolicy, type Channel, type ChannelSettings, channelNames, channels } from './channels.js';
export { type DeadLetterState, deadLetterStates } from './dead-letters.js';
export {
  attemptOfRound,
  commandTopic,
  commandTopics,
  type DeliveryCommand,
  type DeliveryState,
  deliveryCommand,
  deliveryMoves,
  deliveryStates,
  laneGroup,
  laneGroups,
  movableTo,
  type Priority,
  priorities,
  replayableStates,
  undeliverableTopic,
} from './deliveries.js';
export { type ApiResponse, type ErrorCode, errorCodes } from './errors.js';
export { encodeHint, type Hint, type HintReader, hintChannel, type InboxPosition, readHint } from './hints.js';
export {
  type InboxState,
  inboxState,
  limits,
  type NotificationResponse,
  type NotificationType,
  notificationResponse,
  notificationType,
  notificationTypes,
} from './notification.js';
export {
  type ContactDetails,
  contactDetails,
  type DeviceDetails,
  deviceDetails,
  deviceToken,
  minutesOfDay,
  type Person,
  type Preference,
  type Preferences,
  personLimits,
  preference,
  preferences,
  stranger,
  timeOfMinutes,
} from './person.js';
export {
  type AnnouncementMessage,
  type CaughtUpMessage,
  type ClientToServerEvents,
  type HandshakeAuth,
  handshakeAuth,
  type NotificationMessage,
  readRequest,
  type ServerToClientEvents,
  type SyncAnswer,
  type SyncRequest,
  socketPath,
  syncRequest,
  topicName,
  topicRequest,
} from './realtime.js';
export {
  type ReplayExclusion,
  type ReplayItemState,
  type ReplayJobState,
  replayExclusions,
  replayItemStates,
  replayJobMoves,
  replayJobStates,
  replayTopic,
} from './replays.js';
