import { type ReactNode, useState } from 'react';
import { hrefOf, Link } from '../address.js';
import { useAnswer } from '../api.js';
import { type DeadLetterShown } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { PayloadView } from '../payload/payload-view.js';
import { SchemaComparison } from '../payload/schema-comparison.js';
import { useMay } from '../session.js';
import { Shown } from '../shown.js';
import { Heading, JobStateBadge, LetterState, MissingScope, Read } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';
import { DiscardDialog } from './discard-dialog.js';
import { ReplayDialog } from './replay-dialog.js';

export function LetterPage({ number }: { number: number }) {
  const t = useTexts();
  const answer = useAnswer<DeadLetterShown>(`/dead-letters/${number}`, 5_000);
  return (
    <>
      <Heading title={t.letter.title(number)}>{answer.data && <LetterState state={answer.data.state} />}</Heading>
      <Read answer={answer}>{(letter) => <Letter letter={letter} onChange={answer.readAgain} />}</Read>
    </>
  );
}

function Letter({ letter, onChange }: { letter: DeadLetterShown; onChange: () => void }) {
  const t = useTexts();
  const [isReplaying, setReplaying] = useState(false);
  const [isDiscarding, setDiscarding] = useState(false);
  const { number, message, value, headers, isMasked, valueBytes } = letter;
  return (
    <div className="letter">
      <Actions letter={letter} onReplay={() => setReplaying(true)} onDiscard={() => setDiscarding(true)} />
      <Part title={t.letter.why}>
        <p className="error-text">
          <Shown text={message} hasLines />
        </p>
        <Why letter={letter} />
        {letter.stack !== '' && (
          <details>
            <summary>{t.letter.stack}</summary>
            {/* biome-ignore lint/a11y/noNoninteractiveTabindex: else nobody could scroll it without a mouse */}
            <pre className="code" tabIndex={0}>
              <Shown text={letter.stack} hasLines />
            </pre>
          </details>
        )}
      </Part>
      <Part title={t.letter.payload}>
        {isMasked ? (
          <Masked bytes={valueBytes} />
        ) : value ? (
          <PayloadView value={value} message={message} />
        ) : (
          <p className="note">{t.letter.noPayload}</p>
        )}
      </Part>
      {letter.fields && (
        <Part title={t.comparison.title}>
          <SchemaComparison topic={letter.topic} fields={letter.fields} />
        </Part>
      )}
      <Part title={t.letter.record}>
        <Record letter={letter} />
      </Part>
      <Part title={t.letter.headers}>
        {isMasked ? (
          <Masked bytes={null} />
        ) : headers.length === 0 ? (
          <p className="note">{t.letter.noHeaders}</p>
        ) : (
          <dl className="facts">
            {headers.map(({ name, value: header }, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a header may stand more than once, and never changes its place
              <div key={index}>
                <dt>
                  <Shown text={name} />
                </dt>
                <dd className="mono">
                  <Shown text={header.shown} />
                  {header.as === 'hex' && <span className="note"> · {t.payload.views.hex}</span>}
                  {header.isCut && (
                    <span className="note">
                      {' '}
                      · {t.bytes(header.bytes)}, {t.payload.cut}
                    </span>
                  )}
                </dd>
              </div>
            ))}
          </dl>
        )}
      </Part>
      <Part title={t.letter.history}>
        <History letter={letter} />
      </Part>
      {isReplaying && (
        <ReplayDialog
          selection={{ numbers: [number] }}
          mustForce={letter.state === 'parked'}
          onClose={() => setReplaying(false)}
        />
      )}
      {isDiscarding && (
        <DiscardDialog
          numbers={[number]}
          onClose={() => setDiscarding(false)}
          onDone={() => {
            setDiscarding(false);
            onChange();
          }}
        />
      )}
    </div>
  );
}

const Part = ({ title, children }: { title: string; children: ReactNode }) => (
  <section className="card part">
    <h2>{title}</h2>
    {children}
  </section>
);

/** Why an edited payload cannot be sent; undefined: it can. */
export function whyNotEdited(letter: DeadLetterShown, t: ReturnType<typeof useTexts>): string | undefined {
  if (letter.isMasked) return t.scopes.missing(t.scopes.needed['ops:payload'], 'ops:payload');
  if (letter.value?.isCut) return t.edit.isCut;
  if (letter.value?.as === 'hex') return t.edit.isHex;
  return undefined;
}

function Actions({
  letter,
  onReplay,
  onDiscard,
}: {
  letter: DeadLetterShown;
  onReplay: () => void;
  onDiscard: () => void;
}) {
  const t = useTexts();
  const may = useMay('ops:replay');
  const isAtRest = letter.state === 'open' || letter.state === 'parked';
  const whyNot = isAtRest ? undefined : t.letter.notAtRest(t.letterStates[letter.state]);
  const notEdited = whyNotEdited(letter, t);
  return (
    <>
      <div className="actions page-actions">
        <button type="button" className="primary" disabled={!may || !isAtRest} onClick={onReplay}>
          {t.letters.replay}
        </button>
        {may && isAtRest && !notEdited ? (
          <Link className="button" href={`/letters/${letter.number}/edit`}>
            {t.letter.edit}
          </Link>
        ) : (
          <button type="button" disabled>
            {t.letter.edit}
          </button>
        )}
        <button type="button" disabled={!may || !isAtRest} onClick={onDiscard}>
          {t.letters.discard}
        </button>
      </div>
      {whyNot && <p className="note">{whyNot}</p>}
      {isAtRest && may && notEdited && !letter.isMasked && <p className="note">{notEdited}</p>}
      <MissingScope scope="ops:replay" />
    </>
  );
}

function Masked({ bytes }: { bytes: number | null }) {
  const t = useTexts();
  return (
    <>
      <MissingScope scope="ops:payload" />
      {bytes !== null && <p className="note">{t.bytes(bytes)}</p>}
    </>
  );
}

/** What is known of something, name by name; what is not known (null) is left out. */
function Facts({ facts }: { facts: Record<string, ReactNode> }) {
  return (
    <dl className="facts">
      {Object.entries(facts).map(([name, value]) =>
        value === null ? null : (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ),
      )}
    </dl>
  );
}

function Why({ letter }: { letter: DeadLetterShown }) {
  const t = useTexts();
  return (
    <Facts
      facts={{
        [t.filter.class]: <Shown text={letter.errorClass} />,
        [t.letter.errorType]: letter.errorType && <Shown text={letter.errorType} />,
        [t.filter.group]: (
          <Link href={hrefOf('/letters', { group: letter.group, state: letter.state })}>{t.letter.others}</Link>
        ),
      }}
    />
  );
}

function Record({ letter }: { letter: DeadLetterShown }) {
  const t = useTexts();
  const { topic, partition, offset, consumerGroup, recordTimestamp } = letter;
  return (
    <Facts
      facts={{
        [t.filter.topic]: (
          <Link href={hrefOf('/letters', { topic })}>
            <Shown text={topic} />
          </Link>
        ),
        [t.letter.place]: partition === null || offset === null ? t.letter.unknown : t.letters.place(partition, offset),
        [t.filter.key]: <Key letter={letter} />,
        [t.letter.consumerGroup]: consumerGroup === null ? t.letter.unknown : <Shown text={consumerGroup} />,
        [t.letter.publishedAt]: recordTimestamp && <Moment at={recordTimestamp} />,
        [t.letter.letterPlace]: (
          <>
            <Shown text={letter.letter.topic} /> · {t.letters.place(letter.letter.partition, letter.letter.offset)}
          </>
        ),
      }}
    />
  );
}

function Key({ letter: { isMasked, key } }: { letter: DeadLetterShown }) {
  const t = useTexts();
  if (isMasked) return t.letter.hidden;
  if (!key) return t.letter.noKey;
  return (
    <span className="mono">
      <Shown text={key.shown} />
      {key.as === 'hex' && <span className="note"> · {t.payload.views.hex}</span>}
    </span>
  );
}

function History({ letter }: { letter: DeadLetterShown }) {
  const t = useTexts();
  const number = useNumber();
  const { recordTimestamp, firstFailedAt, failedAt, failures, attempts, replays, state } = letter;
  const steps: [what: string, at: string | null][] = [
    [t.history.published, recordTimestamp],
    [t.history.firstFailed, failures > 1 ? firstFailedAt : null],
    [failures > 1 ? t.history.lastFailed : t.history.failed, failedAt],
  ];
  return (
    <>
      <ol className="history">
        {steps.map(
          ([what, at]) =>
            at && (
              <li key={what}>
                <span>{what}</span>{' '}
                <span className="note">
                  <Moment at={at} />
                </span>
              </li>
            ),
        )}
        <li>
          <span>{t.history.now}</span> <LetterState state={state} />
        </li>
      </ol>
      {letter.jobs.length > 0 && <Jobs jobs={letter.jobs} />}
      <Facts
        facts={{
          [t.history.failures]: number(failures),
          [t.history.replays]: number(replays),
          [t.history.attempts]: attempts === null ? null : number(attempts),
        }}
      />
    </>
  );
}

/** Who replayed it, why, and what became of it. */
function Jobs({ jobs }: Pick<DeadLetterShown, 'jobs'>) {
  const t = useTexts();
  return (
    <ul className="letter-jobs">
      {jobs.map(({ job, state, letter, skippedFor, startedBy, startedAt, reason }) => (
        <li key={job}>
          <Link href={`/jobs/${job}`}>{t.job.title(job)}</Link> <JobStateBadge state={state} />{' '}
          <span>{t.itemStates[letter]}</span>{' '}
          <span className="note">
            {startedBy !== null && startedAt !== null && (
              <>
                {t.job.startedBy} <Shown text={startedBy} /> · <Moment at={startedAt} />
              </>
            )}
            {reason !== null && (
              <>
                {' '}
                · <Shown text={reason} />
              </>
            )}
            {skippedFor !== null && (
              <>
                {' '}
                · <Shown text={skippedFor} />
              </>
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
