import { useId, useMemo, useRef, useState } from 'react';
import { Link } from '../address.js';
import { useAnswer } from '../api.js';
import { type DeadLetterShown } from '../api-shapes.js';
import { brokenAt } from '../payload/json-break.js';
import { indented, jsonLines } from '../payload/json-lines.js';
import { namedFields } from '../payload/named-fields.js';
import { useMay } from '../session.js';
import { Shown } from '../shown.js';
import { Heading, MissingScope, Read } from '../states.js';
import { useTexts } from '../texts/texts.js';
import { visibleJson } from '../visible.js';
import { whyNotEdited } from './letter-page.js';
import { ReplayDialog } from './replay-dialog.js';

/** Another payload for one letter; the API checks it against the event's schema. */
export function EditPage({ number }: { number: number }) {
  const t = useTexts();
  const answer = useAnswer<DeadLetterShown>(`/dead-letters/${number}`);
  return (
    <>
      <Heading title={t.edit.title(number)} />
      <p className="lead">
        <Link href={`/letters/${number}`}>{t.edit.back(number)}</Link>
      </p>
      <MissingScope scope="ops:replay" />
      <Read answer={answer}>
        {(letter) => {
          const whyNot = whyNotEdited(letter, t);
          return whyNot ? <p className="card blank">{whyNot}</p> : <Editor letter={letter} />;
        }}
      </Read>
    </>
  );
}

function Editor({ letter }: { letter: DeadLetterShown }) {
  const t = useTexts();
  const may = useMay('ops:replay');
  const given = letter.value?.shown ?? '';
  const original = useMemo(() => visibleJson(indented(given) ?? given), [given]);
  const [value, setValue] = useState(original);
  const [isReplaying, setReplaying] = useState(false);
  const field = useRef<HTMLTextAreaElement>(null);
  const [fieldId, errorId, hintId] = [useId(), useId(), useId()];
  const broken = useMemo(() => brokenAt(value), [value]);
  const format = () => setValue(visibleJson(indented(value) ?? value));
  return (
    <div className="card part">
      <p className="error-text">
        <Shown text={letter.message} hasLines />
      </p>
      <Named value={value} message={letter.message} />
      <div className="field">
        <label htmlFor={fieldId}>{t.edit.value}</label>
        <textarea
          id={fieldId}
          ref={field}
          className="code"
          rows={Math.min(30, Math.max(10, value.split('\n').length + 1))}
          spellCheck={false}
          autoComplete="off"
          value={value}
          aria-invalid={broken !== undefined}
          aria-describedby={`${errorId} ${hintId}`}
          onChange={({ target }) => setValue(target.value)}
        />
        <p id={errorId} className="problem" role="status">
          {broken && t.payload.brokenAt(broken.line, broken.column)}
        </p>
        <p id={hintId} className="note">
          {t.edit.hint}
        </p>
      </div>
      <div className="actions">
        <button type="button" onClick={format} disabled={broken !== undefined}>
          {t.edit.format}
        </button>
        <button type="button" onClick={() => setValue(original)} disabled={value === original}>
          {t.edit.reset}
        </button>
        <button
          type="button"
          className="primary"
          disabled={!may || broken !== undefined}
          onClick={() => setReplaying(true)}
        >
          {t.edit.replay}
        </button>
      </div>
      {isReplaying && (
        <ReplayDialog
          selection={{ numbers: [letter.number], value }}
          mustForce={letter.state === 'parked'}
          onClose={() => {
            setReplaying(false);
            field.current?.focus();
          }}
        />
      )}
    </div>
  );
}

/** In which lines the fields stand that the message names. */
function Named({ value, message }: { value: string; message: string }) {
  const t = useTexts();
  const lines = useMemo(() => jsonLines(value), [value]);
  if (!lines) return null;
  return namedFields(message, lines).map(({ line, what, isMissing }) => (
    <p key={what} className="pointer">
      {isMissing ? t.payload.missing : t.payload.inLine(line + 1)} <Shown text={what} />
    </p>
  ));
}
