import { goTo, hrefOf, Link, useAddress } from '../address.js';
import { useAnswer } from '../api.js';
import { type AuditShown } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { Shown } from '../shown.js';
import { Heading, Read } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';

type Entry = AuditShown['items'][number];

/** Who did what, when and why. */
export function AuditPage() {
  const t = useTexts();
  const { query } = useAddress();
  const asked = { actor: query.get('actor') ?? undefined, action: query.get('action') ?? undefined };
  const before = query.get('before') ?? undefined;
  const answer = useAnswer<AuditShown>(hrefOf('/audit', { ...asked, before }), 15_000);
  return (
    <>
      <Heading title={t.nav.audit}>
        <label className="select">
          <span className="hidden-text">{t.audit.action}</span>
          <select
            value={asked.action ?? ''}
            onChange={({ target }) => goTo(hrefOf('/audit', { ...asked, action: target.value }))}
          >
            <option value="">{t.audit.anyAction}</option>
            {Object.entries(t.audit.actions).map(([action, label]) => (
              <option key={action} value={action}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </Heading>
      {asked.actor && (
        <p className="note">
          {t.audit.ofActor} <Shown text={asked.actor} /> ·{' '}
          <Link href={hrefOf('/audit', { action: asked.action })}>{t.filter.clear}</Link>
        </p>
      )}
      <Read answer={answer} isEmpty={({ items }) => items.length === 0} empty={<h2>{t.audit.none}</h2>}>
        {({ items, next }) => (
          <>
            <ol className="rows card list">
              {items.map((entry) => (
                <Row key={entry.number} entry={entry} />
              ))}
            </ol>
            <div className="more">
              {before && <Link href={hrefOf('/audit', asked)}>{t.newest}</Link>}
              {next !== null && <Link href={hrefOf('/audit', { ...asked, before: next })}>{t.older}</Link>}
            </div>
          </>
        )}
      </Read>
    </>
  );
}

function Row({ entry }: { entry: Entry }) {
  const t = useTexts();
  const { action, actor, reason, at } = entry;
  return (
    <li className="row">
      <div className="row-main">
        <p className="row-title">
          {t.audit.actions[action] ?? action} · <Subject entry={entry} />
        </p>
        {reason && (
          <p className="row-text">
            <Shown text={reason} />
          </p>
        )}
        <p className="row-meta">
          <Link href={hrefOf('/audit', { actor })}>
            <Shown text={actor} />
          </Link>
          <span>
            <Moment at={at} />
          </span>
        </p>
      </div>
    </li>
  );
}

/** What it was done to: a job with its set, or cases. Another release may write what is not known here. */
function Subject({ entry: { subject } }: { entry: Entry }) {
  const t = useTexts();
  const number = useNumber();
  const { job, cases } = subject;
  if (typeof job === 'number') return <Link href={`/jobs/${job}`}>{t.job.title(job)}</Link>;
  if (Array.isArray(cases)) {
    const [first, ...others] = cases.filter((one) => typeof one === 'number');
    if (first === undefined) return null;
    return (
      <>
        <Link href={`/letters/${first}`}>{t.letter.title(first)}</Link>
        {others.length > 0 && ` ${t.audit.andMore(number(others.length))}`}
      </>
    );
  }
  return <Shown text={JSON.stringify(subject)} />;
}
