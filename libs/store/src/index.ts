export { type AuditAction, type AuditEntry, type AuditQuery, auditActions, readAudit } from './audit-log.js';
export { ContactStore } from './contact-store.js';
export { type Database, openDatabase, pingDatabase, withSession } from './database.js';
export type { IndexCounts, IndexedLetter } from './dead-letter-case.js';
export { type DeadLetterStep, deadLetterSteps } from './dead-letter-history.js';
export type {
  DeadLetter,
  DeadLetterCase,
  DeadLetterFilter,
  DeadLetterGroup,
  DeadLetterPage,
  DeadLetterTopic,
} from './dead-letter-list.js';
export { DeadLetterStore, type Deed } from './dead-letter-store.js';
export type { Conclusion } from './delivery-conclusion.js';
export { uuidBytes, uuidText } from './delivery-id.js';
export type { DeliveryReplay, Requeue, Requeued } from './delivery-replay.js';
export { type Claimed, DeliveryStore, type DueDelivery, type EndedAttempt, type TakenBack } from './delivery-store.js';
export type { DeliveryTimeline, TimelineQuery } from './delivery-timeline.js';
export { type Device, DeviceStore, tokenHash } from './device-store.js';
export { type Erasure, ErasureStore, type Removed } from './erasure-store.js';
export { DatabaseDown, DataRefused } from './errors.js';
export { InboxStore } from './inbox-store.js';
export {
  type Draft,
  Intake,
  type NewDelivery,
  type NewNotification,
  type Origin,
  type Saved,
  type Wording,
} from './intake.js';
export { PreferenceStore } from './preference-store.js';
export type {
  HeldJob,
  ReplayItem,
  ReplayJob,
  ReplayLetter,
  ReplayRules,
  ReplaySelection,
} from './replay-job.js';
export { type JobDeed, JobLost, type ReplayOfCase, type ReplayOrder, ReplayStore } from './replay-store.js';
export { storeSettings } from './settings.js';
export { SubscriptionStore } from './subscription-store.js';
