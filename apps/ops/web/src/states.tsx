import { type ReactNode, useEffect } from 'react';
import { type Answer, ApiError } from './api.js';
import { type DeadLetterState, type ReplayJobState } from './api-shapes.js';
import { type Scope, useMay } from './session.js';
import { Shown } from './shown.js';
import { useTexts } from './texts/texts.js';

/** The heading of a page, which is also its title; it takes the focus when the page was changed to. */
export function Heading({ title, children }: { title: string; children?: ReactNode }) {
  const t = useTexts();
  useEffect(() => {
    document.title = `${title} · ${t.brand}`;
  }, [title, t]);
  return (
    <div className="heading">
      <h1>{title}</h1>
      {children}
    </div>
  );
}

/** What is read is shown; until then, or instead, that it is not there. `isEmpty`: there is nothing to be shown. */
export function Read<T>({
  answer,
  isEmpty,
  empty,
  children,
}: {
  answer: Answer<T>;
  isEmpty?: (data: T) => boolean;
  empty?: ReactNode;
  children: (data: T) => ReactNode;
}) {
  const { data, error, readAgain } = answer;
  if (data === undefined) return error ? <Failed error={error} onRetry={readAgain} /> : <Loading />;
  return (
    <>
      {error && <Problem error={error} />}
      {isEmpty?.(data) ? <div className="card blank">{empty}</div> : children(data)}
    </>
  );
}

export function Loading() {
  const t = useTexts();
  return (
    <div className="card loading">
      <span className="hidden-text" role="status">
        {t.loading}
      </span>
      <i />
      <i />
      <i />
    </div>
  );
}

function Failed({ error, onRetry }: { error: Error; onRetry: () => void }) {
  const t = useTexts();
  return (
    <div className="card blank" role="alert">
      <h2>{t.failed}</h2>
      <p>
        <ErrorText error={error} />
      </p>
      <button type="button" className="primary" onClick={onRetry}>
        {t.retry}
      </button>
    </div>
  );
}

export function Problem({ error }: { error: Error | undefined }) {
  return (
    <div role="alert">
      {error && (
        <p className="problem">
          <ErrorText error={error} />
        </p>
      )}
    </div>
  );
}

/** The API's errors as they are worded: they name the field and what was expected of it. */
function ErrorText({ error }: { error: Error }) {
  const t = useTexts();
  if (!(error instanceof ApiError)) return <>{t.noAnswer}</>;
  return (
    <>
      <Shown text={error.message} /> <span className="code-name">{error.code}</span>
    </>
  );
}

/** Says what cannot be done here, and why: a button that is grey says neither. */
export function MissingScope({ scope }: { scope: Scope }) {
  const t = useTexts();
  const may = useMay(scope);
  return may ? null : <p className="note missing-scope">{t.scopes.missing(t.scopes.needed[scope], scope)}</p>;
}

const tones: Record<DeadLetterState | ReplayJobState, string> = {
  open: 'bad',
  replaying: 'busy',
  replayed: 'good',
  parked: 'warn',
  discarded: 'quiet',
  planning: 'busy',
  planned: 'warn',
  running: 'busy',
  paused: 'warn',
  stopped: 'bad',
  settling: 'busy',
  done: 'good',
  cancelling: 'busy',
  cancelled: 'quiet',
};

export function LetterState({ state }: { state: DeadLetterState }) {
  const t = useTexts();
  return <span className={`badge ${tones[state]}`}>{t.letterStates[state]}</span>;
}

export function JobStateBadge({ state }: { state: ReplayJobState }) {
  const t = useTexts();
  return <span className={`badge ${tones[state]}`}>{t.jobStates[state]}</span>;
}
