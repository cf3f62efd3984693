import { useEffect, useState } from 'react';
import { goTo, hrefOf, Link, useAddress } from '../address.js';
import { useAnswer } from '../api.js';
import { type DeadLetterSummary, type DeadLettersPage } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { useMay } from '../session.js';
import { Shown } from '../shown.js';
import { Heading, LetterState, MissingScope, Read } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';
import { visible } from '../visible.js';
import { DiscardDialog } from './discard-dialog.js';
import { type Filter, filterOf } from './filter.js';
import { FilterForm } from './filter-form.js';
import { ReplayDialog, type Selection } from './replay-dialog.js';

export function LettersPage() {
  const t = useTexts();
  const number = useNumber();
  const may = useMay('ops:replay');
  const { query } = useAddress();
  const filter = filterOf(query);
  const before = query.get('before') ?? undefined;
  const asked = hrefOf('/dead-letters', { ...filter, before });
  const answer = useAnswer<DeadLettersPage>(asked);
  const [chosen, setChosen] = useState<ReadonlySet<number>>(new Set());
  const [replaying, setReplaying] = useState<Selection>();
  const [isDiscarding, setDiscarding] = useState(false);
  const [told, tell] = useState('');

  // biome-ignore lint/correctness/useExhaustiveDependencies: what was chosen of another list is not chosen of this one
  useEffect(() => setChosen(new Set()), [asked]);

  const choose = (numbers: number[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const one of numbers) isChosen ? next.add(one) : next.delete(one);
    setChosen(next);
  };
  const numbers = [...chosen].sort((a, b) => a - b);
  const state = filter.state ?? 'open';
  const canReplayAll = state === 'open' || state === 'parked';

  return (
    <>
      <Heading title={t.nav.letters}>
        <div className="actions">
          <button
            type="button"
            disabled={!may || !canReplayAll}
            title={canReplayAll ? undefined : t.letters.onlyOpen}
            onClick={() => setReplaying({ filter: { ...filter, state } })}
          >
            {t.letters.replayAll}
          </button>
        </div>
      </Heading>
      <MissingScope scope="ops:replay" />
      <FilterForm
        key={hrefOf('', filter)}
        filter={filter}
        onFilter={(next: Filter) => goTo(hrefOf('/letters', next))}
      />
      <p className="hidden-text" role="status">
        {told}
      </p>
      <Read
        answer={answer}
        isEmpty={({ items, next }) => items.length === 0 && next === null}
        empty={
          <>
            <h2>{t.letters.none}</h2>
            <p>{Object.keys(filter).length > 0 || before ? t.letters.noneOfFilter : t.letters.noneAtAll}</p>
          </>
        }
      >
        {({ items, next }) => (
          <>
            <div className="card list">
              <div className="list-head">
                <label className="check">
                  <input
                    type="checkbox"
                    checked={items.length > 0 && items.every((one) => chosen.has(one.number))}
                    disabled={!may}
                    onChange={({ target }) =>
                      choose(
                        items.map((one) => one.number),
                        target.checked,
                      )
                    }
                  />
                  <span>{t.letters.chooseAll(number(items.length))}</span>
                </label>
                <div className="bulk">
                  <span aria-live="polite">{t.letters.chosen(number(numbers.length))}</span>
                  <button
                    type="button"
                    disabled={!may || numbers.length === 0}
                    onClick={() => setReplaying({ numbers })}
                  >
                    {t.letters.replay}
                  </button>
                  <button type="button" disabled={!may || numbers.length === 0} onClick={() => setDiscarding(true)}>
                    {t.letters.discard}
                  </button>
                </div>
              </div>
              <ol className="rows">
                {items.map((one) => (
                  <Row
                    key={one.number}
                    letter={one}
                    isChosen={chosen.has(one.number)}
                    mayChoose={may}
                    onChoose={(isChosen) => choose([one.number], isChosen)}
                  />
                ))}
              </ol>
            </div>
            <div className="more">
              {before && <Link href={hrefOf('/letters', filter)}>{t.newest}</Link>}
              {next !== null && <Link href={hrefOf('/letters', { ...filter, before: next })}>{t.older}</Link>}
            </div>
          </>
        )}
      </Read>
      {replaying && <ReplayDialog selection={replaying} onClose={() => setReplaying(undefined)} />}
      {isDiscarding && (
        <DiscardDialog
          numbers={numbers}
          onClose={() => setDiscarding(false)}
          onDone={(discarded) => {
            setDiscarding(false);
            setChosen(new Set());
            tell(t.letters.discarded(number(discarded.length)));
            answer.readAgain();
          }}
        />
      )}
    </>
  );
}

function Row({
  letter,
  isChosen,
  mayChoose,
  onChoose,
}: {
  letter: DeadLetterSummary;
  isChosen: boolean;
  mayChoose: boolean;
  onChoose: (isChosen: boolean) => void;
}) {
  const t = useTexts();
  const { number, topic, partition, offset, key, errorClass, message, state, failures, failedAt } = letter;
  return (
    <li className="row">
      <input
        type="checkbox"
        aria-label={t.letters.choose(number)}
        checked={isChosen}
        disabled={!mayChoose}
        onChange={({ target }) => onChoose(target.checked)}
      />
      <div className="row-main">
        <p className="row-title">
          <Link href={`/letters/${number}`}>
            <span className="number">{number}</span> <Shown text={topic} />
          </Link>
        </p>
        <p className="row-text" title={visible(message)}>
          <Shown text={message} />
        </p>
        <p className="row-meta">
          <span className="code-name">
            <Shown text={errorClass} />
          </span>
          {partition !== null && offset !== null && <span>{t.letters.place(partition, offset)}</span>}
          {key && (
            <span className="clip">
              {t.letters.key} <Shown text={key.shown} />
            </span>
          )}
        </p>
      </div>
      <div className="row-end">
        <LetterState state={state} />
        {failures > 1 && <span className="note">{t.letters.failures(failures)}</span>}
        <span className="note">
          <Moment at={failedAt} isShort />
        </span>
      </div>
    </li>
  );
}
