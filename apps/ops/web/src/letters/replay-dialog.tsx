import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { goTo } from '../address.js';
import { ask } from '../api.js';
import { type JobShown } from '../api-shapes.js';
import { Dialog } from '../dialog.js';
import { Problem } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';
import { type Filter } from './filter.js';
import { FilterWords } from './filter-words.js';

/** What is to be replayed: cases by their numbers, one of them perhaps with another payload, or all that match. */
export type Selection = { numbers: number[]; value?: string } | { filter: Filter };

const standardRate = 50;

/** Plans a replay; the job's page shows what it would do, and starts it. */
export function ReplayDialog({
  selection,
  about,
  mustForce = false,
  onClose,
}: {
  selection: Selection;
  /** In place of the filter's own words. */
  about?: ReactNode;
  mustForce?: boolean;
  onClose: () => void;
}) {
  const t = useTexts();
  const number = useNumber();
  const [rate, setRate] = useState(String(standardRate));
  const [isForced, setForced] = useState(mustForce || ('filter' in selection && selection.filter.state === 'parked'));
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const [rateId, rateHint] = [useId(), useId()];

  const plan = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { job } = await ask<JobShown>('/replay-jobs', { ...selection, rate: Number(rate), force: isForced });
      goTo(`/jobs/${job}`);
    } catch (refused) {
      setError(refused as Error);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t.replay.title} onClose={onClose}>
      <form onSubmit={plan}>
        <p>
          {'numbers' in selection
            ? t.replay.ofNumbers(number(selection.numbers.length), selection.value !== undefined)
            : t.replay.ofFilter}
        </p>
        {about ?? ('filter' in selection && <FilterWords filter={selection.filter} />)}
        <div className="field">
          <label htmlFor={rateId}>{t.replay.rate}</label>
          <input
            id={rateId}
            type="number"
            min="0"
            max="100000"
            required
            value={rate}
            aria-describedby={rateHint}
            onChange={({ target }) => setRate(target.value)}
          />
          <p id={rateHint} className="note">
            {t.replay.rateHint}
          </p>
        </div>
        <label className="check">
          <input type="checkbox" checked={isForced} onChange={({ target }) => setForced(target.checked)} />
          <span>{t.replay.force}</span>
        </label>
        <p className="note">{t.replay.dryFirst}</p>
        <Problem error={error} />
        <div className="actions">
          <button type="button" className="quiet" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="primary" disabled={isBusy}>
            {isBusy ? t.replay.planning : t.replay.plan}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
