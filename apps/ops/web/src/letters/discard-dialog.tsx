import { type FormEvent, useId, useState } from 'react';
import { ask } from '../api.js';
import { type DiscardedShown } from '../api-shapes.js';
import { Dialog } from '../dialog.js';
import { Problem } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';

/** Gives cases up: they stay in the index, and nobody is reminded of them any more. */
export function DiscardDialog({
  numbers,
  onClose,
  onDone,
}: {
  numbers: number[];
  onClose: () => void;
  onDone: (discarded: number[]) => void;
}) {
  const t = useTexts();
  const number = useNumber();
  const [reason, setReason] = useState('');
  const [error, setError] = useState<Error>();
  const [isBusy, setBusy] = useState(false);
  const reasonId = useId();

  const discard = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      const { discarded } = await ask<DiscardedShown>('/dead-letters/discard', { numbers, reason });
      onDone(discarded);
    } catch (refused) {
      setError(refused as Error);
      setBusy(false);
    }
  };

  return (
    <Dialog title={t.discard.title(number(numbers.length))} onClose={onClose}>
      <form onSubmit={discard}>
        <p>{t.discard.hint}</p>
        <div className="field">
          <label htmlFor={reasonId}>{t.reason}</label>
          <textarea
            id={reasonId}
            rows={3}
            maxLength={500}
            required
            value={reason}
            onChange={({ target }) => setReason(target.value)}
          />
        </div>
        <Problem error={error} />
        <div className="actions">
          <button type="button" className="quiet" onClick={onClose}>
            {t.cancel}
          </button>
          <button type="submit" className="primary danger" disabled={isBusy}>
            {t.letters.discard}
          </button>
        </div>
      </form>
    </Dialog>
  );
}
