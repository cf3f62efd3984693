import { replayExclusions } from '@allim/contracts';
import { type ReplayJob, type ReplaySelection } from '@allim/store';
import { type JobShown, type PlanBody } from './replays-fields.js';

export function showJob(one: ReplayJob): JobShown {
  const { number, replayId, state, selection, isForced, isEdited, rate, total, published, skipped, failed } = one;
  return {
    ...{ job: number, replayId, state, isForced, isEdited, rate, total, published, skipped, failed },
    filter: 'filter' in selection ? shownFilter(selection) : null,
    numbers: 'numbers' in selection ? [...selection.numbers] : null,
    excluded: replayExclusions.flatMap((reason) => {
      const count = one.excluded[reason];
      return count ? [{ reason, count }] : [];
    }),
    stopReason: one.stopReason,
    createdBy: one.createdBy,
    createdAt: one.createdAt.toISOString(),
    startedBy: one.startedBy,
    startedAt: one.startedAt?.toISOString() ?? null,
    reason: one.reason,
    endedAt: one.endedAt?.toISOString() ?? null,
  };
}

function shownFilter({ filter: { errorClass, ...filter } }: Extract<ReplaySelection, { filter: object }>) {
  return errorClass === undefined ? filter : { ...filter, class: errorClass };
}

export function selectionOf({ filter, numbers }: Pick<PlanBody, 'filter' | 'numbers'>): ReplaySelection {
  if (numbers) return { numbers: [...new Set(numbers)] };
  const { class: errorClass, ...rest } = filter ?? {};
  return { filter: errorClass === undefined ? rest : { ...rest, errorClass } };
}
