import {
  type DeadLetterState,
  type ReplayExclusion,
  type ReplayItemState,
  type ReplayJobState,
  replayJobMoves,
  replayJobStates,
} from '@allim/contracts';
import { type CaseFacts, valueBytesMost } from './dead-letter-case.js';
import { type DeadLetterCase, type DeadLetterFilter } from './dead-letter-list.js';

/** What is to be replayed: whatever fits a filter (no state: open; forced: parked, too), or these cases. */
export type ReplaySelection =
  | { filter: Omit<DeadLetterFilter, 'key' | 'since' | 'until'> & { key?: string; since?: string; until?: string } }
  | { numbers: readonly number[] };

/** A replay job as people see it. Times are UTC. */
export interface ReplayJob {
  /** What people call it by; later jobs have higher ones. */
  number: number;
  /** UUID: what its records say. */
  replayId: string;
  state: ReplayJobState;
  selection: ReplaySelection;
  /** Also what is parked, or was replayed too often. */
  isForced: boolean;
  isEdited: boolean;
  /** Records a second, at most; 0: as fast as possible. */
  rate: number;
  /** Of the set; it grows while the job is planned. */
  total: number;
  published: number;
  skipped: number;
  /** Of those published, those that failed again. */
  failed: number;
  /** Cases that were asked for and are not in the set, by reason. */
  excluded: Partial<Record<ReplayExclusion, number>>;
  /** Why it stopped by itself. */
  stopReason: string | null;
  createdBy: string;
  createdAt: Date;
  startedBy: string | null;
  startedAt: Date | null;
  /** Given by who started it. */
  reason: string | null;
  endedAt: Date | null;
  updatedAt: Date;
}

/** A letter of a job's set. */
export interface ReplayItem {
  /** Of the case. */
  number: number;
  state: ReplayItemState;
  /** Why it was skipped. */
  reason: string | null;
}

/** A job in the hands of a runner. */
export interface HeldJob extends ReplayJob {
  /** Whether letters are claimed of which it is not noted what became of them: a runner has died. */
  hasClaimed: boolean;
  /** Whether cases are published that do not say so yet. */
  isUnsettled: boolean;
  /** What was published, and what had failed, when it was started or resumed last. */
  judgedFrom: { published: number; failed: number };
}

/** A case whose turn it is, with all that its record needs. */
export interface ReplayLetter {
  number: number;
  original: { topic: string; partition: number; offset: string; timestamp: Date | null; group: string };
  key: Buffer | null;
  value: Buffer | null;
  headers: Record<string, Buffer[]>;
  /** This one included. */
  replays: number;
  firstFailedAt: Date;
}

export interface ReplayJobRow {
  id: string;
  replay_id: string;
  state: ReplayJobState;
  selection: string;
  is_forced: number;
  is_edited: number;
  rate: number;
  plan_before: string | null;
  total: number;
  claimed_to: string;
  noted_to: string;
  settled_to: string;
  published: number;
  skipped: number;
  failed: number;
  judged_from: number;
  failed_before: number;
  excluded: string;
  stop_reason: string | null;
  created_by: string;
  created_at: Date;
  started_by: string | null;
  started_at: Date | null;
  reason: string | null;
  ended_at: Date | null;
  updated_at: Date;
}

export function jobOf(row: ReplayJobRow): ReplayJob {
  return {
    number: Number(row.id),
    replayId: row.replay_id,
    state: row.state,
    selection: JSON.parse(row.selection),
    isForced: row.is_forced === 1,
    isEdited: row.is_edited === 1,
    rate: row.rate,
    total: row.total,
    published: row.published,
    skipped: row.skipped,
    failed: row.failed,
    excluded: JSON.parse(row.excluded),
    stopReason: row.stop_reason,
    createdBy: row.created_by,
    createdAt: row.created_at,
    startedBy: row.started_by,
    startedAt: row.started_at,
    reason: row.reason,
    endedAt: row.ended_at,
    updatedAt: row.updated_at,
  };
}

export const heldJobOf = (row: ReplayJobRow): HeldJob => ({
  ...jobOf(row),
  hasClaimed: Number(row.claimed_to) > Number(row.noted_to),
  isUnsettled: Number(row.noted_to) > Number(row.settled_to),
  judgedFrom: { published: row.judged_from, failed: row.failed_before },
});

/** From which states a job may move to `to`: the guard of every update. */
export const jobMovableTo = (to: ReplayJobState): ReplayJobState[] =>
  replayJobStates.filter((from) => replayJobMoves[from].includes(to));

/** The filter of a selection as the list takes it. Without a state: every one that may be replayed, and the others to be counted. */
export function filterOf(
  { filter }: Extract<ReplaySelection, { filter: object }>,
  isForced: boolean,
): DeadLetterFilter {
  const { since, until, ...rest } = filter;
  return {
    ...(isForced ? {} : { state: 'open' as const }),
    ...rest,
    since: since === undefined ? undefined : new Date(since),
    until: until === undefined ? undefined : new Date(until),
  };
}

/** What may be replayed at all. */
export interface ReplayRules {
  topicAllowed: (topic: string) => boolean;
  /** Whether what we publish reaches this consumer group. */
  groupIsOurs: (group: string) => boolean;
  /** Replays after which only force helps. */
  replayMax: number;
}

/** Which states a claim may take a case from. */
export const replayableStates = (isForced: boolean): DeadLetterState[] => (isForced ? ['open', 'parked'] : ['open']);

/** Why a case cannot be replayed; undefined: it can. */
export function exclusionOf(
  one: Pick<
    DeadLetterCase & CaseFacts,
    'state' | 'replays' | 'topic' | 'consumerGroup' | 'partition' | 'offset' | 'valueBytes'
  >,
  rules: ReplayRules,
  { isForced, isEdited }: Pick<ReplayJob, 'isForced' | 'isEdited'>,
): ReplayExclusion | undefined {
  if (!replayableStates(isForced).includes(one.state)) return 'state';
  if (!isForced && one.replays >= rules.replayMax) return 'replayed-too-often';
  if (!rules.topicAllowed(one.topic)) return 'topic-not-allowed';
  if (one.partition === null || one.offset === null || one.consumerGroup === null) return 'place-unknown';
  if (!rules.groupIsOurs(one.consumerGroup)) return 'group-not-ours';
  if (!isEdited && (one.valueBytes ?? 0) > valueBytesMost) return 'value-cut';
  return undefined;
}
