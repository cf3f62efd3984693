/** What the API answers: the types are its own, so that one that changes does not compile here. */
export type {
  DeadLetterState,
  ReplayExclusion,
  ReplayItemState,
  ReplayJobState,
} from '@allim/contracts';
export type { AuditAction } from '@allim/store';
export type { AuditShown } from '../../src/audit/audit.controller.js';
export type { ConsoleSettings } from '../../src/console/console-settings.controller.js';
export type {
  DeadLetterShown,
  DeadLetterSummary,
  DeadLettersPage,
  DiscardedShown,
  GroupsShown,
  TopicsShown,
} from '../../src/dead-letters/dead-letters-shown.js';
export type { BytesShown } from '../../src/dead-letters/payload.js';
export type { OverviewShown } from '../../src/overview/overview-shown.js';
export type { ItemsShown, JobShown, JobsShown } from '../../src/replays/replays-fields.js';

export type { NotificationShown, TimelineShown } from '../../src/timeline/timeline-shown.js';
