import { type FormEvent, useId, useState } from 'react';
import { goTo, hrefOf, Link, useAddress } from '../address.js';
import { useAnswer } from '../api.js';
import { type NotificationShown, type TimelineShown } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { Shown } from '../shown.js';
import { Heading, LetterState, MissingScope, Read } from '../states.js';
import { useTexts } from '../texts/texts.js';

const ways = ['user', 'order', 'delivery'] as const;
type Way = (typeof ways)[number];
type Delivery = NotificationShown['deliveries'][number];

/** What became of the notifications of a person, of an order, or of one delivery. */
export function TimelinePage() {
  const t = useTexts();
  const { query } = useAddress();
  const way = ways.find((one) => query.get(one));
  const value = way && query.get(way)!;
  const size = query.get('size') ?? undefined;
  const answer = useAnswer<TimelineShown>(way && value ? hrefOf('/timeline', { [way]: value, size }) : null);
  return (
    <>
      <Heading title={t.nav.timeline} />
      <Search key={`${way} ${value}`} way={way ?? 'user'} value={value ?? ''} />
      {way && (
        <Read
          answer={answer}
          isEmpty={({ items, deadLetters }) => items.length === 0 && deadLetters.length === 0}
          empty={
            <>
              <h2>{t.timeline.none}</h2>
              <p>{t.timeline.noneHint}</p>
            </>
          }
        >
          {(found) => (
            <>
              {found.isMasked && <MissingScope scope="ops:payload" />}
              <DeadLetters letters={found.deadLetters} />
              <ol className="timeline">
                {found.items.map((one) => (
                  <Notification key={`${one.userId} ${one.notificationId}`} one={one} />
                ))}
              </ol>
              {found.isCut && (
                <div className="more">
                  <Link href={hrefOf('/timeline', { [way]: value, size: 100 })}>{t.timeline.more}</Link>
                </div>
              )}
            </>
          )}
        </Read>
      )}
    </>
  );
}

function Search({ way, value }: { way: Way; value: string }) {
  const t = useTexts();
  const [asked, setAsked] = useState({ way, value });
  const [wayId, valueId] = [useId(), useId()];
  const submit = (event: FormEvent) => {
    event.preventDefault();
    goTo(hrefOf('/timeline', { [asked.way]: asked.value.trim() }));
  };
  return (
    <search>
      <form className="card filter search" onSubmit={submit}>
        <div className="field">
          <label htmlFor={wayId}>{t.timeline.by}</label>
          <select
            id={wayId}
            value={asked.way}
            onChange={({ target }) => setAsked({ ...asked, way: target.value as Way })}
          >
            {ways.map((one) => (
              <option key={one} value={one}>
                {t.timeline.ways[one]}
              </option>
            ))}
          </select>
        </div>
        <div className="field">
          <label htmlFor={valueId}>{t.timeline.ways[asked.way]}</label>
          <input
            id={valueId}
            type="text"
            required
            spellCheck={false}
            autoComplete="off"
            value={asked.value}
            onChange={({ target }) => setAsked({ ...asked, value: target.value })}
          />
        </div>
        <button type="submit" className="primary">
          {t.filter.show}
        </button>
      </form>
    </search>
  );
}

function DeadLetters({ letters }: { letters: TimelineShown['deadLetters'] }) {
  const t = useTexts();
  if (letters.length === 0) return null;
  return (
    <section className="card part">
      <h2>{t.timeline.deadLetters}</h2>
      <ol className="rows">
        {letters.map((letter) => (
          <li key={letter.number} className="row">
            <div className="row-main">
              <p className="row-title">
                <Link href={`/letters/${letter.number}`}>
                  <span className="number">{letter.number}</span> <Shown text={letter.topic} />
                </Link>
              </p>
              <p className="row-text">
                <Shown text={letter.message} />
              </p>
            </div>
            <div className="row-end">
              <LetterState state={letter.state} />
              <span className="note">
                <Moment at={letter.failedAt} isShort />
              </span>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function Notification({ one }: { one: NotificationShown }) {
  const t = useTexts();
  return (
    <li className="card part">
      <h2>
        {one.texts ? <Shown text={one.texts.title} /> : (one.type ?? t.timeline.notification(one.notificationId))}
      </h2>
      {one.texts && (
        <p className="row-text">
          <Shown text={one.texts.message} hasLines />
        </p>
      )}
      <p className="row-meta">
        {one.type && <span className="code-name">{one.type}</span>}
        <Link href={hrefOf('/timeline', { user: one.userId })}>
          <Shown text={one.userId} />
        </Link>
        {one.reference && (
          <Link href={hrefOf('/timeline', { order: one.reference.id })}>
            <Shown text={`${one.reference.type} ${one.reference.id}`} />
          </Link>
        )}
        <span>
          <Moment at={one.createdAt} />
        </span>
        <span>
          {one.isDeleted ? (
            t.timeline.deleted
          ) : one.readAt ? (
            <>
              {t.timeline.read} <Moment at={one.readAt} isShort />
            </>
          ) : (
            t.timeline.unread
          )}
        </span>
      </p>
      {one.deliveries.length === 0 ? (
        <p className="note">{t.timeline.inboxOnly}</p>
      ) : (
        <ul className="deliveries">
          {one.deliveries.map((delivery) => (
            <DeliveryWay key={delivery.id} delivery={delivery} />
          ))}
        </ul>
      )}
    </li>
  );
}

const deliveryTones: Partial<Record<Delivery['state'], string>> = {
  delivered: 'good',
  accepted: 'good',
  undeliverable: 'bad',
  expired: 'warn',
  unknown: 'warn',
  queued: 'busy',
  dispatched: 'busy',
  sending: 'busy',
};

function DeliveryWay({ delivery }: { delivery: Delivery }) {
  const t = useTexts();
  const { id, channel, state, reason, priority, device, provider, attempts, reports, createdAt, dueAt } = delivery;
  return (
    <li>
      <p className="delivery-head">
        <strong>{t.channels[channel]}</strong>
        <span className={`badge ${deliveryTones[state] ?? 'quiet'}`}>{t.deliveryStates[state]}</span>
        {reason && (
          <span className="note">
            <Shown text={reason} />
          </span>
        )}
      </p>
      <p className="row-meta">
        <span>{t.priorities[priority]}</span>
        {provider && (
          <span>
            <Shown text={provider} />
          </span>
        )}
        {device && <span className="mono">{device}</span>}
        <Link className="mono" href={hrefOf('/timeline', { delivery: id })}>
          {id}
        </Link>
      </p>
      <ol className="history">
        <li>
          <span>{t.timeline.planned}</span>{' '}
          <span className="note">
            <Moment at={createdAt} />
          </span>
        </li>
        {attempts.map((attempt) => (
          <li key={attempt.attempt}>
            <span>
              {t.timeline.attempt(attempt.attempt)}: <Shown text={attempt.outcome} />
            </span>{' '}
            <span className="note">
              <Moment at={attempt.startedAt} /> · {attempt.durationMs} ms
              {attempt.reason && (
                <>
                  {' '}
                  · <Shown text={attempt.reason} />
                </>
              )}
            </span>
          </li>
        ))}
        {reports.map((report, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: in the order of their arrival, which never changes
          <li key={index}>
            <span>
              {t.timeline.report}: <Shown text={report.state ?? report.code ?? report.provider} />
            </span>{' '}
            <span className="note">
              <Moment at={report.receivedAt} />
              {report.detail && (
                <>
                  {' '}
                  · <Shown text={report.detail} />
                </>
              )}
            </span>
          </li>
        ))}
        {state === 'queued' && (
          <li>
            <span>{t.timeline.due}</span>{' '}
            <span className="note">
              <Moment at={dueAt} />
            </span>
          </li>
        )}
      </ol>
    </li>
  );
}
