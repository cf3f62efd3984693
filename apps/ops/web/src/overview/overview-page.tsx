import { goTo, hrefOf, Link, useAddress } from '../address.js';
import { useAnswer } from '../api.js';
import { type DeadLetterState, type OverviewShown } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { Shown } from '../shown.js';
import { Heading, Read } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';
import { Chart } from './chart.js';

type Channel = OverviewShown['channels'][number];
type Lag = OverviewShown['lag'];

const spans = ['6', '24', '72', '168'] as const;

/** How things stand: what died, what waits, what is sent. */
export function OverviewPage() {
  const t = useTexts();
  const asked = useAddress().query.get('hours');
  const hours = spans.find((span) => span === asked) ?? '24';
  // It does not change faster on the server's side.
  const answer = useAnswer<OverviewShown>(hrefOf('/overview', { hours }), 10_000);
  return (
    <>
      <Heading title={t.nav.overview}>
        <label className="select">
          <span className="hidden-text">{t.overview.span}</span>
          <select value={hours} onChange={({ target }) => goTo(hrefOf('/', { hours: target.value }))}>
            {spans.map((span) => (
              <option key={span} value={span}>
                {t.overview.spans[span]}
              </option>
            ))}
          </select>
        </label>
      </Heading>
      <Read answer={answer}>
        {({ deadLetters, lag, lagUnknown, channels }) => (
          <div className="letter">
            <Totals totals={deadLetters.totals} />
            <DeadLetters deadLetters={deadLetters} />
            <section className="card part">
              <h2>{t.overview.channels}</h2>
              {channels.length === 0 && <p className="note">{t.overview.noChannels}</p>}
              {channels.map((channel) => (
                <ChannelPart key={channel.channel} channel={channel} />
              ))}
            </section>
            <section className="card part">
              <h2>{t.overview.lag}</h2>
              <LagList lag={lag} unknown={lagUnknown} />
            </section>
          </div>
        )}
      </Read>
    </>
  );
}

function Totals({ totals }: { totals: Record<DeadLetterState, number> }) {
  const t = useTexts();
  const number = useNumber();
  return (
    <ul className="totals">
      {(Object.keys(t.letterStates) as DeadLetterState[]).map((state) => (
        <li key={state} className={`card total ${totals[state] > 0 ? state : ''}`}>
          <Link href={hrefOf(state === 'open' ? '/groups' : '/letters', { state })}>
            <strong>{number(totals[state])}</strong> <span>{t.letterStates[state]}</span>
          </Link>
        </li>
      ))}
    </ul>
  );
}

function DeadLetters({ deadLetters }: { deadLetters: OverviewShown['deadLetters'] }) {
  const t = useTexts();
  const { series, others, from, stepSeconds, at } = deadLetters;
  const shown = [
    ...series.map(({ topic, counts }) => ({ name: topic, href: hrefOf('/letters', { topic }), counts })),
    ...(others ? [{ name: t.overview.others(others.topics), href: undefined, counts: others.counts }] : []),
  ];
  return (
    <section className="card part">
      <div className="part-head">
        <h2>{t.overview.deadLetters}</h2>
        <p className="note">
          <Moment at={at} isShort />
        </p>
      </div>
      {shown.length === 0 ? (
        <p className="note">{t.overview.noDeadLetters}</p>
      ) : (
        <Chart
          title={t.overview.deadLettersOverTime}
          series={shown}
          tones={shown.map(({ href }, index) => (href ? `tone-${index}` : 'tone-8'))}
          from={from}
          stepSeconds={stepSeconds}
        />
      )}
    </section>
  );
}

/** What an outcome means, as a colour: a chart of a channel is read by how much of it is red. */
const outcomeTones: Record<string, string> = {
  accepted: 'tone-good',
  delivered: 'tone-good',
  temporary: 'tone-warn',
  ambiguous: 'tone-warn',
  infrastructure: 'tone-bad',
  permanent: 'tone-bad',
};

function ChannelPart({ channel }: { channel: Channel }) {
  const t = useTexts();
  const number = useNumber();
  const { outcomes, known, from, stepSeconds, instances, rateLimitWaits } = channel;
  const total = outcomes.reduce((sum, one) => sum + one.total, 0);
  const failed = outcomes
    .filter(({ outcome }) => outcome !== 'accepted' && outcome !== 'delivered')
    .reduce((sum, one) => sum + one.total, 0);
  const knownSeconds = known.filter(Boolean).length * stepSeconds;
  const waits = rateLimitWaits.reduce((sum, one) => sum + one.total, 0);
  return (
    <div className="channel">
      <h3>{t.channels[channel.channel as keyof typeof t.channels] ?? channel.channel}</h3>
      <ul className="instances">
        {instances.map(({ instance, isUp, unknown, sampledAt, breakers }) => (
          <li key={instance}>
            <span className={`badge ${isUp ? 'good' : 'bad'}`}>{isUp ? t.overview.up : t.overview.down}</span>{' '}
            <span className="mono">{instance}</span>{' '}
            {unknown && (
              <span className="note">
                <Shown text={unknown} />
              </span>
            )}
            {!isUp && sampledAt && (
              <span className="note">
                {t.overview.lastSeen} <Moment at={sampledAt} isShort />
              </span>
            )}
            {breakers.map(({ provider, state }) => (
              <span
                key={provider}
                className={`badge ${state === 'closed' ? 'quiet' : state === 'open' ? 'bad' : 'warn'}`}
              >
                {t.overview.breaker(provider)}: {t.overview.breakers[state]}
              </span>
            ))}
          </li>
        ))}
      </ul>
      {knownSeconds === 0 ? (
        <p className="note">{t.overview.nothingKnown}</p>
      ) : (
        <>
          <dl className="figures">
            <div>
              <dt>{t.overview.attempts}</dt>
              <dd>{number(total)}</dd>
            </div>
            <div>
              <dt>{t.overview.rate}</dt>
              <dd>{t.job.perSecond(number(Math.round((100 * total) / knownSeconds) / 100))}</dd>
            </div>
            <div className={failed > 0 ? 'bad' : undefined}>
              <dt>{t.overview.failing}</dt>
              <dd>{total === 0 ? '0 %' : `${number(Math.round((1000 * failed) / total) / 10)} %`}</dd>
            </div>
            <div>
              <dt>{t.overview.waits}</dt>
              <dd>{number(waits)}</dd>
            </div>
          </dl>
          <Chart
            title={t.overview.attemptsOverTime(channel.channel)}
            series={outcomes.map(({ outcome, counts }) => ({ name: outcome, counts }))}
            tones={outcomes.map(({ outcome }) => outcomeTones[outcome] ?? 'tone-8')}
            known={known}
            from={from}
            stepSeconds={stepSeconds}
          />
        </>
      )}
    </div>
  );
}

function LagList({ lag, unknown }: { lag: Lag; unknown: string | null }) {
  const t = useTexts();
  const number = useNumber();
  if (!lag)
    return (
      <p className="callout warn">
        {t.overview.lagUnknown} {unknown && <Shown text={unknown} />}
      </p>
    );
  const most = Math.max(1, ...lag.groups.map((group) => group.lag ?? 0));
  return (
    <>
      <p className="note">{t.overview.lagHint}</p>
      <ul className="lags">
        {lag.groups.map((group) => (
          <li key={group.group}>
            <details>
              <summary>
                <span className="mono">{group.group}</span>
                {group.lag === null ? (
                  <span className="note">{group.unknown ?? t.overview.notKnown}</span>
                ) : (
                  <>
                    <meter min={0} max={most} value={group.lag} aria-hidden="true" />
                    <span className="lag">{number(group.lag)}</span>
                  </>
                )}
              </summary>
              <dl className="facts">
                {group.topics.map(({ topic, lag: ofTopic }) => (
                  <div key={topic}>
                    <dt>
                      <Shown text={topic} />
                    </dt>
                    <dd>{number(ofTopic)}</dd>
                  </div>
                ))}
              </dl>
            </details>
          </li>
        ))}
      </ul>
    </>
  );
}
