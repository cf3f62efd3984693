import { replayExclusions } from '@allim/contracts';
import type { Job, LetterSummary } from './dlt-api.js';
import { jobSentence, jobShown, planShown } from './dlt-job-shown.js';
import { sampleJob } from './sample-job.js';

const now = new Date('2026-02-06T10:00:00Z');
const screen = { columns: 100, isColoured: false };
const show = (change: Partial<Job> = {}) => jobShown(sampleJob(change), now, screen);
const letter = (number: number, change = {}) =>
  ({
    ...{
      number,
      state: 'open',
      failures: 1,
      failedAt: '2026-02-06T07:00:00.000Z',
      topic: 'a.b',
      errorClass: 'handler',
    },
    ...{ key: null, message: 'no such product', ...change },
  }) as LetterSummary;
const plan = (change: Partial<Job>, first: LetterSummary[] = []) =>
  planShown(sampleJob({ state: 'planned', ...change }), first, now, screen);

it('shows everything about a job', () => {
  const job = {
    ...({ published: 60, failed: 7, skipped: 2, state: 'stopped', stopReason: '7 of 60 have failed again' } as const),
    ...{ isForced: true, isEdited: true, reason: 'fixed', startedBy: 'min', startedAt: '2026-02-06T08:00:00.000Z' },
    ...{ filter: { class: 'handler', text: 'a,b' }, excluded: [{ reason: 'state', count: 1_200 }] },
  };
  expect(show(job)).toBe(`Replay job 7: stopped
  which      class=handler,text=a\\,b
  letters    60 of 100 letters replayed, 7 of them failed again, 2 skipped
  rate       50 letters a second
  forced     replays, too, what is parked or was replayed as often as is allowed
  edited     the payload is not the one that failed
  excluded   1,200  being replayed, replayed or discarded; or parked: --force replays those, too
  planned    2026-02-06 07:00:00 UTC (3 h ago) by eun
  started    2026-02-06 08:00:00 UTC (2 h ago) by min
  reason     fixed
  ended      not yet
  stopped    7 of 60 have failed again
  replay id  0195c0de-0000-7000-8000-000000000007`);
});

it('leaves out what there is not', () => {
  expect(
    show({ rate: 0, numbers: [3, 12], filter: null })
      .split('\n')
      .slice(1, 6),
  ).toEqual([
    '  which      3 12',
    '  letters    0 of 100 letters replayed',
    '  rate       as fast as possible',
    '  planned    2026-02-06 07:00:00 UTC (3 h ago) by eun',
    '  started    not yet',
  ]);
});

it('names the first of many numbers', () => {
  const numbers = Array.from({ length: 1_000 }, (_, index) => index + 1);
  expect(show({ numbers, filter: null })).toMatch(/^ {2}which {6}1 2 .* 19 20 … 1000 numbers$/m);
});

it('shows what would be replayed, and why other cases would not', () => {
  const excluded = [
    { reason: 'value-cut', count: 3 },
    { reason: 'a new one', count: 1_000 },
  ];
  expect(plan({ total: 10_000, excluded }, [letter(3), letter(12)])).toBe(`Job 7 replays 10,000 letters
  which     topic=shopping.order.created
  rate      50 letters a second
  takes     about 3 min 20 s
  left out      3  too long: only the beginning of the payload is kept
            1,000  a new one

The first 2 of them
NUMBER  STATE  TIMES  FAILED (UTC)         AGO  TOPIC  CLASS    KEY  MESSAGE
     3  open       1  2026-02-06 07:00:00  3 h  a.b    handler  –    no such product
    12  open       1  2026-02-06 07:00:00  3 h  a.b    handler  –    no such product`);
});

it('calls the letters all when they are, and does not say how long what has no rate takes', () => {
  const all = plan({ total: 1, rate: 0 }, [letter(3)]);
  expect(all).toMatch(/^Job 7 replays 1 letter\n/);
  expect(all).toContain('\n\nThese are\nNUMBER');
  expect(all).not.toContain('takes');
  expect(plan({ total: 0 })).not.toContain('\n\n');
});

it('knows every reason for leaving out', () => {
  for (const reason of replayExclusions)
    expect(plan({ excluded: [{ reason, count: 1 }] })).not.toMatch(new RegExp(`1 {2}${reason}$`, 'm'));
});

it.each([
  [{ state: 'planning' }, 'Job 7 is looking for its letters: 100 letters so far.'],
  [{ state: 'planned' }, 'Job 7 is planned: 0 of 100 letters replayed.'],
  [{ state: 'settling', published: 99, skipped: 1 }, 'Job 7 is waiting until its letters have been read: 99 of'],
  [{ state: 'done', published: 1, total: 1, failed: 1 }, '1 of 1 letter replayed, 1 of them failed again.'],
  [{ state: 'stopped', stopReason: 'too many.' }, 'Job 7 is stopped: 0 of 100 letters replayed; too many.'],
  [{ state: 'new \x1b[2J' as 'done' }, 'Job 7 is new \\x1b[2J: '],
] as const)('says in one sentence where a job is: %j', (change, sentence) => {
  expect(jobSentence(sampleJob(change))).toContain(sentence);
});

it('lets nothing act on the terminal', () => {
  const bad = '\x1b[2J\x1b]0;x\x07\u009b31m\u202e\u2066\nJob 7\r\n\0';
  const job = {
    ...{ replayId: bad, state: bad as 'done', filter: { topic: bad }, stopReason: bad, createdBy: bad, reason: bad },
    ...{ startedBy: bad, startedAt: bad, endedAt: bad, createdAt: bad, excluded: [{ reason: bad, count: 1 }] },
  };
  const texts = [show(job), plan(job, [letter(1, { message: bad, topic: bad })]), jobSentence(sampleJob(job))];
  for (const text of texts) expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  for (const text of texts) expect(text.match(/^Job 7/gm)?.length ?? 0).toBeLessThanOrEqual(1);
});
