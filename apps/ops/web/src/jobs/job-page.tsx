import { type FormEvent, type ReactNode, useEffect, useId, useRef, useState } from 'react';
import { hrefOf, Link } from '../address.js';
import { ask, useAnswer } from '../api.js';
import { type ItemsShown, type JobShown, type ReplayItemState, type ReplayJobState } from '../api-shapes.js';
import { FilterWords } from '../letters/filter-words.js';
import { duration, Moment } from '../moment.js';
import { useMay } from '../session.js';
import { Shown } from '../shown.js';
import { Heading, JobStateBadge, MissingScope, Problem, Read } from '../states.js';
import { useLanguage, useNumber, useTexts } from '../texts/texts.js';
import { expectedSeconds, leftOf, percentOf, type Sample, secondsLeft, withSample } from './job-progress.js';
import { Live } from './jobs-page.js';
import { pollMs, useLiveJobs } from './live-jobs.js';

type Deed = 'start' | 'pause' | 'resume' | 'cancel';

/** What an operator may do to a job in each state; the API has the last word. */
const deeds: Record<ReplayJobState, readonly Deed[]> = {
  planning: ['cancel'],
  planned: ['start', 'cancel'],
  running: ['pause', 'cancel'],
  paused: ['resume', 'cancel'],
  stopped: ['resume', 'cancel'],
  settling: [],
  done: [],
  cancelling: [],
  cancelled: [],
};

const isMoving = (state: ReplayJobState) => ['planning', 'running', 'settling', 'cancelling'].includes(state);

export function JobPage({ number }: { number: number }) {
  const t = useTexts();
  const [told, tell] = useState<JobShown>();
  const isLive = useLiveJobs((job) => job.job === number && tell(job));
  const answer = useAnswer<JobShown>(`/replay-jobs/${number}`, isLive ? pollMs.live : pollMs.notLive);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read anew is newer than what was told
  useEffect(() => tell(undefined), [answer.data]);
  const job = told ?? answer.data;
  return (
    <>
      <Heading title={t.job.title(number)}>
        {job && <JobStateBadge state={job.state} />}
        <Live isLive={isLive} />
      </Heading>
      <Read answer={{ ...answer, data: job }}>{(shown) => <Job job={shown} onChange={tell} />}</Read>
    </>
  );
}

function Job({ job, onChange }: { job: JobShown; onChange: (job: JobShown) => void }) {
  const t = useTexts();
  return (
    <div className="letter">
      {job.stopReason && (
        <p className="callout bad" role="alert">
          <strong>{t.job.stopped}</strong> <Shown text={job.stopReason} />
        </p>
      )}
      <section className="card part">
        <h2>{job.state === 'planned' ? t.job.dryRun : t.job.progress}</h2>
        <Progress job={job} />
        <Deeds job={job} onChange={onChange} />
      </section>
      {job.excluded.length > 0 && <Excluded job={job} />}
      <section className="card part">
        <h2>{t.job.order}</h2>
        <Order job={job} />
      </section>
      <Letters job={job} />
    </div>
  );
}

function Progress({ job }: { job: JobShown }) {
  const { texts: t, language } = useLanguage();
  const number = useNumber();
  const samples = useRef<Sample[]>([]);
  samples.current = withSample(samples.current, { at: Date.now(), done: job.published + job.skipped });
  const percent = percentOf(job);
  const left = secondsLeft(job, samples.current);
  const expected = expectedSeconds(job);
  const hasBegun = job.startedAt !== null;
  const figures: [name: string, value: ReactNode, tone?: string][] = [
    [t.job.total, number(job.total)],
    ...(hasBegun
      ? ([
          [t.job.published, number(job.published)],
          [t.job.failed, number(job.failed), job.failed > 0 ? 'bad' : undefined],
          [t.job.skipped, number(job.skipped)],
          [t.job.left, number(leftOf(job))],
        ] as [string, ReactNode, string?][])
      : []),
    [t.job.rate, job.rate === 0 ? t.job.fastest : t.job.perSecond(number(job.rate))],
    ...(left !== undefined ? ([[t.job.endsIn, duration(left, language)]] as [string, ReactNode][]) : []),
    ...(job.state === 'planned' && expected !== undefined
      ? ([[t.job.takes, duration(expected, language)]] as [string, ReactNode][])
      : []),
  ];
  return (
    <>
      {hasBegun && (
        <div className="progress">
          <progress max={100} value={percent} aria-label={t.job.progress} />
          <span className="percent">{percent} %</span>
        </div>
      )}
      {/* In tenths: who listens to it is not told every letter. */}
      <p className="hidden-text" role="status">
        {t.jobStates[job.state]}
        {hasBegun && ` ${Math.floor(percent / 10) * 10} %`}
      </p>
      <dl className="figures">
        {figures.map(([name, value, tone]) => (
          <div key={name} className={tone}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {job.state === 'planning' && <p className="note">{t.job.planning}</p>}
      {job.state === 'settling' && <p className="note">{t.job.settling}</p>}
    </>
  );
}

function Deeds({ job, onChange }: { job: JobShown; onChange: (job: JobShown) => void }) {
  const t = useTexts();
  const may = useMay('ops:replay');
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState<Deed>();
  const [reason, setReason] = useState('');
  const [rate, setRate] = useState(String(job.rate));
  const [reasonId, rateId] = [useId(), useId()];
  const possible = deeds[job.state];

  const order = async (deed: Deed, body: object) => {
    setBusy(deed);
    setError(undefined);
    try {
      onChange(await ask<JobShown>(`/replay-jobs/${job.job}/${deed}`, body));
    } catch (refused) {
      setError(refused as Error);
    }
    setBusy(undefined);
  };
  const start = (event: FormEvent) => {
    event.preventDefault();
    order('start', { reason, rate: Number(rate) });
  };

  if (possible.length === 0) return null;
  const others = possible.filter((deed) => deed !== 'start');
  const buttons = others.map((deed) => (
    <button
      key={deed}
      type="button"
      className={deed === 'resume' ? 'primary' : undefined}
      disabled={!may || busy !== undefined}
      onClick={() => order(deed, {})}
    >
      {t.job.deeds[deed]}
    </button>
  ));
  return (
    <>
      {possible.includes('start') && job.total === 0 && <p className="note">{t.job.nothing}</p>}
      {possible.includes('start') && job.total > 0 ? (
        <form onSubmit={start} className="start">
          <div className="field">
            <label htmlFor={reasonId}>{t.reason}</label>
            <textarea
              id={reasonId}
              rows={2}
              maxLength={500}
              required
              value={reason}
              disabled={!may}
              placeholder={t.job.reasonHint}
              onChange={({ target }) => setReason(target.value)}
            />
          </div>
          <div className="field rate">
            <label htmlFor={rateId}>{t.replay.rate}</label>
            <input
              id={rateId}
              type="number"
              min="0"
              max="100000"
              required
              value={rate}
              disabled={!may}
              onChange={({ target }) => setRate(target.value)}
            />
          </div>
          <div className="actions">
            {buttons}
            <button type="submit" className="primary" disabled={!may || busy !== undefined}>
              {t.job.deeds.start}
            </button>
          </div>
        </form>
      ) : (
        <div className="actions">{buttons}</div>
      )}
      <MissingScope scope="ops:replay" />
      <Problem error={error} />
    </>
  );
}

function Excluded({ job }: { job: JobShown }) {
  const t = useTexts();
  const number = useNumber();
  return (
    <section className="card part">
      <h2>{t.job.excluded}</h2>
      <dl className="facts">
        {job.excluded.map(({ reason, count }) => (
          <div key={reason}>
            <dt>{number(count)}</dt>
            <dd>{t.exclusions[reason]}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Order({ job }: { job: JobShown }) {
  const t = useTexts();
  const number = useNumber();
  return (
    <>
      {job.filter && <FilterWords filter={job.filter} />}
      <dl className="facts">
        {job.numbers && (
          <div>
            <dt>{t.nav.letters}</dt>
            <dd>
              {job.numbers.slice(0, 20).map((one, index) => (
                <span key={one}>
                  {index > 0 && ', '}
                  <Link href={`/letters/${one}`}>{one}</Link>
                </span>
              ))}
              {job.numbers.length > 20 && ` … (${number(job.numbers.length)})`}
            </dd>
          </div>
        )}
        {job.isForced && <Fact name={t.job.force}>{t.job.forced}</Fact>}
        {job.isEdited && <Fact name={t.letter.payload}>{t.job.edited}</Fact>}
        <Fact name={t.job.createdBy}>
          <Shown text={job.createdBy} /> · <Moment at={job.createdAt} />
        </Fact>
        {job.startedBy && job.startedAt && (
          <Fact name={t.job.startedBy}>
            <Shown text={job.startedBy} /> · <Moment at={job.startedAt} />
          </Fact>
        )}
        {job.reason && (
          <Fact name={t.reason}>
            <Shown text={job.reason} hasLines />
          </Fact>
        )}
        {job.endedAt && (
          <Fact name={t.job.endedAt}>
            <Moment at={job.endedAt} />
          </Fact>
        )}
        <Fact name="allim-replay-id">
          <span className="mono">
            <Shown text={job.replayId} />
          </span>
        </Fact>
      </dl>
    </>
  );
}

const Fact = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

const shownAtOnce = 50;

/** The set that was frozen: exactly what a run replays. */
function Letters({ job }: { job: JobShown }) {
  const t = useTexts();
  const [state, setState] = useState<ReplayItemState>();
  const [after, setAfter] = useState<number>();
  const path = hrefOf(`/replay-jobs/${job.job}/letters`, { state, after, size: shownAtOnce });
  const answer = useAnswer<ItemsShown>(path, isMoving(job.state) ? 3_000 : 0);
  const { readAgain } = answer;
  // biome-ignore lint/correctness/useExhaustiveDependencies: in another state of the job its letters are in other ones
  useEffect(readAgain, [job.state, readAgain]);
  return (
    <section className="card part">
      <div className="part-head">
        <h2>{t.job.set}</h2>
        <label className="select">
          <span className="hidden-text">{t.filter.state}</span>
          <select
            value={state ?? ''}
            onChange={({ target }) => {
              setAfter(undefined);
              setState((target.value || undefined) as ReplayItemState | undefined);
            }}
          >
            <option value="">{t.filter.anyState}</option>
            {Object.entries(t.itemStates).map(([one, label]) => (
              <option key={one} value={one}>
                {label}
              </option>
            ))}
          </select>
        </label>
      </div>
      <Read
        answer={answer}
        isEmpty={({ items }) => items.length === 0}
        empty={<p>{job.state === 'planning' ? t.job.planning : t.job.setEmpty}</p>}
      >
        {({ items, next }) => (
          <>
            <ol className="items">
              {items.map((item) => (
                <li key={item.number}>
                  <Link href={`/letters/${item.number}`}>{item.number}</Link>
                  <span className="note">{t.itemStates[item.state]}</span>
                  {item.reason && (
                    <span className="note">
                      <Shown text={item.reason} />
                    </span>
                  )}
                </li>
              ))}
            </ol>
            <div className="more">
              {after !== undefined && (
                <button type="button" onClick={() => setAfter(undefined)}>
                  {t.first}
                </button>
              )}
              {next !== null && (
                <button type="button" onClick={() => setAfter(next)}>
                  {t.further}
                </button>
              )}
            </div>
          </>
        )}
      </Read>
    </section>
  );
}
