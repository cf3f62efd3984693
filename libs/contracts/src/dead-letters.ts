/**
 * What a case of the operators' index may be. `open` waits for somebody; `replaying` is in the hands of a replay; `replayed`
 * was published again and has not failed since; `parked` failed again after the last replay that is allowed; `discarded` was
 * given up, with a reason.
 */
export const deadLetterStates = ['open', 'replaying', 'replayed', 'parked', 'discarded'] as const;
export type DeadLetterState = (typeof deadLetterStates)[number];
