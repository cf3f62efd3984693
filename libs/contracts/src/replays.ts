/** Where replays travel: read by our own groups only, so that nobody else processes a record again. */
export const replayTopic = 'allim.replay';

/** What a replay job may be; `replayJobMoves` says what becomes of it. */
export const replayJobStates = [
  /** Its set is being frozen. */
  'planning',
  /** A dry run: its set is what a run will replay. */
  'planned',
  'running',
  'paused',
  /** By itself: too much of it failed again. */
  'stopped',
  /** All is published; it waits until all is read, so that what failed again is counted. */
  'settling',
  'done',
  /** What was in hand is brought to an end. */
  'cancelling',
  'cancelled',
] as const;
export type ReplayJobState = (typeof replayJobStates)[number];

/** The moves a job may make; whatever is not here never happens. */
export const replayJobMoves: Record<ReplayJobState, readonly ReplayJobState[]> = {
  planning: ['planned', 'cancelled'],
  planned: ['running', 'cancelled'],
  running: ['paused', 'stopped', 'settling', 'cancelling'],
  paused: ['running', 'cancelling'],
  stopped: ['running', 'cancelling'],
  settling: ['done'],
  done: [],
  cancelling: ['cancelled'],
  cancelled: [],
};

/** What may become of a letter of a job's set. `claimed` is in the hands of a runner, `skipped` was not replayed. */
export const replayItemStates = ['pending', 'claimed', 'published', 'skipped'] as const;
export type ReplayItemState = (typeof replayItemStates)[number];

/** Why a case that was asked for is not in the set of a job. */
export const replayExclusions = [
  /** Neither open nor, where it is forced, parked. */
  'state',
  'replayed-too-often',
  'topic-not-allowed',
  /** Another program failed: what we publish would not reach it. */
  'group-not-ours',
  /** Its letter does not say which record failed. */
  'place-unknown',
  /** The index has only the beginning of its value. */
  'value-cut',
] as const;
export type ReplayExclusion = (typeof replayExclusions)[number];
