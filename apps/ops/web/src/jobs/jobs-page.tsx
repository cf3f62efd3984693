import { useEffect, useState } from 'react';
import { hrefOf, Link, useAddress } from '../address.js';
import { useAnswer } from '../api.js';
import { type JobShown, type JobsShown } from '../api-shapes.js';
import { Moment } from '../moment.js';
import { Shown } from '../shown.js';
import { Heading, JobStateBadge, Read } from '../states.js';
import { useNumber, useTexts } from '../texts/texts.js';
import { doneOf, percentOf } from './job-progress.js';
import { pollMs, useLiveJobs } from './live-jobs.js';

export function JobsPage() {
  const t = useTexts();
  const before = useAddress().query.get('before') ?? undefined;
  const [changed, setChanged] = useState<ReadonlyMap<number, JobShown>>(new Map());
  const isLive = useLiveJobs((job) => setChanged((known) => new Map(known).set(job.job, job)));
  const answer = useAnswer<JobsShown>(hrefOf('/replay-jobs', { before }), isLive ? pollMs.live : pollMs.notLive);
  const { data } = answer;
  // biome-ignore lint/correctness/useExhaustiveDependencies: what was read anew holds every change
  useEffect(() => setChanged(new Map()), [data]);
  const isNew = !before && [...changed.keys()].some((job) => job > (data?.items[0]?.job ?? 0));
  const { readAgain } = answer;
  useEffect(() => {
    if (isNew) readAgain();
  }, [isNew, readAgain]);
  return (
    <>
      <Heading title={t.nav.jobs}>
        <Live isLive={isLive} />
      </Heading>
      <p className="lead">{t.jobs.hint}</p>
      <Read
        answer={answer}
        isEmpty={({ items }) => items.length === 0}
        empty={
          <>
            <h2>{t.jobs.none}</h2>
            <p>{t.jobs.noneHint}</p>
          </>
        }
      >
        {({ items, next }) => (
          <>
            <ol className="rows card list">
              {items.map((job) => (
                <Row key={job.job} job={changed.get(job.job) ?? job} />
              ))}
            </ol>
            <div className="more">
              {before && <Link href="/jobs">{t.newest}</Link>}
              {next !== null && <Link href={hrefOf('/jobs', { before: next })}>{t.older}</Link>}
            </div>
          </>
        )}
      </Read>
    </>
  );
}

/** Whether what is shown comes by itself. */
export function Live({ isLive }: { isLive: boolean }) {
  const t = useTexts();
  return (
    <p className="connection" data-state={isLive ? 'live' : 'polling'}>
      <span className="dot" aria-hidden="true" /> {isLive ? t.jobs.live : t.jobs.polling}
    </p>
  );
}

function Row({ job }: { job: JobShown }) {
  const t = useTexts();
  const number = useNumber();
  return (
    <li className="row job">
      <div className="row-main">
        <p className="row-title">
          <Link href={`/jobs/${job.job}`}>{t.job.title(job.job)}</Link>
        </p>
        <p className="row-text">
          {job.reason ? <Shown text={job.reason} /> : <span className="note">{t.jobs.noReason}</span>}
        </p>
        <p className="row-meta">
          <span>
            <Shown text={job.createdBy} />
          </span>
          <span>
            <Moment at={job.createdAt} isShort />
          </span>
          {job.isEdited && <span>{t.job.edited}</span>}
          {job.failed > 0 && <span className="bad">{t.job.failedCount(number(job.failed))}</span>}
          {job.skipped > 0 && <span>{t.job.skippedCount(number(job.skipped))}</span>}
        </p>
      </div>
      <div className="row-end">
        <JobStateBadge state={job.state} />
        <progress max={100} value={percentOf(job)} aria-label={t.job.progress} />
        <span className="note">{t.job.ofTotal(number(doneOf(job)), number(job.total))}</span>
      </div>
    </li>
  );
}
