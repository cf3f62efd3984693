import { useState } from 'react';
import { goTo, hrefOf, Link, useAddress } from '../address.js';
import { useAnswer } from '../api.js';
import { type DeadLetterState, type GroupsShown } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { useMay } from '../session.js';
import { Shown } from '../shown.js';
import { Heading, MissingScope, Read } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';
import { ReplayDialog } from './replay-dialog.js';

type Group = GroupsShown['items'][number];

/** Where to begin: a thousand letters are often one mistake. */
export function GroupsPage() {
  const t = useTexts();
  const { query } = useAddress();
  const state = (query.get('state') ?? 'open') as DeadLetterState;
  const topic = query.get('topic') ?? undefined;
  const answer = useAnswer<GroupsShown>(hrefOf('/dead-letters/groups', { state, topic, size: 200 }), 15_000);
  const [replaying, setReplaying] = useState<Group>();
  return (
    <>
      <Heading title={t.nav.groups}>
        <label className="select">
          <span className="hidden-text">{t.filter.state}</span>
          <select value={state} onChange={({ target }) => goTo(hrefOf('/groups', { state: target.value, topic }))}>
            {Object.entries(t.letterStates).map(([one, label]) => (
              <option key={one} value={one}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </Heading>
      <p className="lead">{t.groups.hint}</p>
      {topic && (
        <p className="note">
          {t.groups.ofTopic} <Shown text={topic} /> · <Link href={hrefOf('/groups', { state })}>{t.filter.clear}</Link>
        </p>
      )}
      <MissingScope scope="ops:replay" />
      <Read
        answer={answer}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <>
            <h2>{t.groups.none(t.letterStates[state] ?? state)}</h2>
            <p>{t.groups.noneHint}</p>
          </>
        }
      >
        {({ items }) => (
          <ol className="rows card list">
            {items.map((group) => (
              <Row key={group.id} group={group} state={state} onReplay={() => setReplaying(group)} />
            ))}
          </ol>
        )}
      </Read>
      {replaying && (
        <ReplayDialog
          selection={{ filter: { group: replaying.id, state } }}
          about={
            <p className="error-text">
              <Shown text={replaying.topic} />
              <br />
              <Shown text={replaying.pattern} />
            </p>
          }
          onClose={() => setReplaying(undefined)}
        />
      )}
    </>
  );
}

function Row({ group, state, onReplay }: { group: Group; state: DeadLetterState; onReplay: () => void }) {
  const t = useTexts();
  const number = useNumber();
  const may = useMay('ops:replay');
  const { id, topic, errorClass, pattern, counts, failedAt, firstFailedAt } = group;
  const others = (Object.keys(counts) as DeadLetterState[]).filter((one) => one !== state && counts[one] > 0);
  return (
    <li className="row group">
      <p className="count">
        <strong>{number(counts[state])}</strong> <span>{t.letterStates[state]}</span>
      </p>
      <div className="row-main">
        <p className="row-title">
          <Link href={hrefOf('/letters', { group: id, state })}>
            <Shown text={topic} />
          </Link>
        </p>
        <p className="row-text">
          <Shown text={pattern} />
        </p>
        <p className="row-meta">
          <span className="code-name">
            <Shown text={errorClass} />
          </span>
          <span>
            {t.groups.last} <Moment at={failedAt} isShort />
          </span>
          {firstFailedAt && (
            <span>
              {t.groups.first} <Moment at={firstFailedAt} isShort />
            </span>
          )}
          {others.map((one) => (
            <span key={one}>
              {t.letterStates[one]} {number(counts[one])}
            </span>
          ))}
        </p>
      </div>
      {(state === 'open' || state === 'parked') && (
        <div className="row-end">
          <button type="button" disabled={!may} onClick={onReplay}>
            {t.letters.replayGroup}
          </button>
        </div>
      )}
    </li>
  );
}
