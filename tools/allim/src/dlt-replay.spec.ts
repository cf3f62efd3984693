import { type ReplayOrder, WrongUsage } from './command-line.js';
import { type Ask, type Job, NotAnswered } from './dlt-api.js';
import { followJob, replay } from './dlt-replay.js';
import type { Terminal } from './dlt-terminal.js';
import { sampleJob } from './sample-job.js';

const now = new Date('2026-02-06T10:00:00Z');
const screen = { columns: 100, isColoured: false };
const order = (change: Partial<ReplayOrder & { json: boolean }> = {}): ReplayOrder & { json: boolean } => ({
  set: { filter: { topic: 'a.b' } },
  ...{ rate: undefined, force: false, edit: undefined, dryRun: false, reason: 'fixed', yes: true, detach: false },
  json: false,
  ...change,
});
const planned = sampleJob({ state: 'planned' });
const done = sampleJob({ state: 'done', published: 100 });
/** What a job looks like, look by look; an error is thrown, a function is called. */
type Look = Job | Error | (() => Job);

/** Ops with one job, which is answered look by look, the last one for ever. It remembers what it was told. */
function ops(...given: Look[]) {
  const looks = [...given];
  const told: [string, unknown][] = [];
  const ask = (async (path: string, { body }: { body?: object } = {}) => {
    if (body) told.push([path, body]);
    if (path === '/replay-jobs') return sampleJob({ state: 'planning', total: 0 });
    if (path.endsWith('/start')) return sampleJob();
    if (path.endsWith('/cancel')) return sampleJob({ state: 'cancelled' });
    if (path.endsWith('/letters')) return { items: [{ number: 3, state: 'pending', reason: null }], next: 3 };
    if (path.startsWith('/dead-letters/')) return letter(Number(path.split('/').at(-1)));
    const look = looks.length > 1 ? looks.shift()! : looks[0]!;
    if (look instanceof Error) throw look;
    return typeof look === 'function' ? look() : look;
  }) as Ask;
  return { ask, told, moves: () => told.map(([path]) => path) };
}
const letter = (number: number) => ({
  ...{ number, topic: 'a.b', state: 'open', failures: 1, failedAt: now.toISOString(), errorClass: 'handler' },
  ...{ key: null, message: 'no such product' },
});

/** A terminal whose time passes only in its pauses. */
function terminal({ isLive = true, canAsk = true, answers = [] as (boolean | 'ctrl-c')[] } = {}) {
  const said: string[] = [];
  const statuses: (string | undefined)[] = [];
  const asked: string[] = [];
  const interrupt = new AbortController();
  let clock = 0;
  const fake: Terminal = {
    ...{ isLive, canAsk, screen: () => screen, interrupted: interrupt.signal, now: () => clock },
    say: (text) => said.push(text),
    status: (line) => statuses.push(line),
    confirm: async (question) => {
      asked.push(question);
      const answer = answers.shift();
      if (answer === 'ctrl-c') interrupt.abort();
      return answer === true;
    },
    pause: async (ms) => {
      clock += ms;
    },
  };
  return { terminal: fake, said, statuses, asked, interrupt, clock: () => clock };
}
const place = (at: { terminal: Terminal }) => ({ screen, now, terminal: at.terminal });

describe('a dry run', () => {
  it('shows what would be replayed, and how to start it', async () => {
    const { ask, told } = ops(sampleJob({ state: 'planning', total: 40 }), planned);
    const at = terminal();
    const { said, note, isDone } = await replay(order({ dryRun: true, force: true, rate: 9 }), ask, place(at));
    expect(said).toContain('Job 7 replays 100 letters\n');
    expect(said).toMatch(/^ {5}3 {2}open .* no such product$/m);
    expect(said.split('\n').at(-1)).toBe(
      'Nothing was replayed. To replay these: npm run allim -- dlt job start 7 --reason …',
    );
    expect({ note, isDone, said: at.said }).toEqual({ note: undefined, isDone: true, said: [] });
    expect(at.statuses).toEqual(['Looking for the letters: 40 so far', undefined]);
    expect(told).toEqual([['/replay-jobs', { filter: { topic: 'a.b' }, force: true, rate: 9, value: undefined }]]);
  });

  it('is the job in JSON', async () => {
    const { ask } = ops(planned);
    const { said } = await replay(order({ dryRun: true, json: true }), ask, place(terminal()));
    expect(JSON.parse(said)).toEqual(planned);
  });

  it('needs nobody to ask', async () => {
    const { ask } = ops(planned);
    const at = terminal({ canAsk: false, isLive: false });
    expect((await replay(order({ dryRun: true, yes: false }), ask, place(at))).isDone).toBe(true);
  });

  it('says so when another operator has cancelled it', async () => {
    const { ask, moves } = ops(sampleJob({ state: 'cancelled' }));
    const { said, isDone } = await replay(order(), ask, place(terminal()));
    expect({ said, isDone }).toEqual({ said: 'Job 7 is cancelled: 0 of 100 letters replayed.', isDone: false });
    expect(moves()).toEqual(['/replay-jobs']);
  });
});

describe('the question', () => {
  it('comes behind the plan and before the start', async () => {
    const { ask, told } = ops(planned, done);
    const at = terminal({ answers: [true] });
    const { said, isDone } = await replay(order({ yes: false }), ask, place(at));
    expect(at.said[0]).toContain('Job 7 replays 100 letters\n');
    expect(at.asked).toEqual(['Replay 100 letters?']);
    expect(told.at(-1)).toEqual(['/replay-jobs/7/start', { reason: 'fixed' }]);
    expect({ said, isDone }).toEqual({ said: 'Job 7 is done: 100 of 100 letters replayed.', isDone: true });
  });

  it.each([[false], ['ctrl-c' as const]])('answered by %s replays nothing', async (answer) => {
    const { ask, moves } = ops(planned, done);
    const at = terminal({ answers: [answer] });
    const { note, isDone } = await replay(order({ yes: false }), ask, place(at));
    expect({ note, isDone }).toEqual({ note: 'nothing was replayed.', isDone: false });
    expect(moves()).toEqual(['/replay-jobs', '/replay-jobs/7/cancel']);
  });

  it('is not asked with --yes', async () => {
    const { ask } = ops(planned, done);
    const at = terminal();
    await replay(order(), ask, place(at));
    expect(at.asked).toEqual([]);
  });

  it('needs somebody; without, nothing is planned', async () => {
    const { ask, moves } = ops(planned);
    const at = terminal({ canAsk: false });
    const refused = replay(order({ yes: false }), ask, place(at));
    await expect(refused).rejects.toThrow(WrongUsage);
    await expect(refused).rejects.toThrow('expected --yes');
    expect(moves()).toEqual([]);
  });

  it('is not asked about nothing', async () => {
    const none = sampleJob({ state: 'planned', total: 0 });
    for (const { set, isDone } of [
      { set: { filter: {} }, isDone: true },
      { set: { numbers: [3] }, isDone: false }, // who names it means it
    ]) {
      const { ask, moves } = ops(none);
      const at = terminal();
      const answer = await replay(order({ set, yes: false }), ask, place(at));
      expect(answer).toEqual({ said: '', note: 'there is nothing to replay.', isDone });
      expect(moves()).toEqual(['/replay-jobs', '/replay-jobs/7/cancel']);
      expect(at.asked).toEqual([]);
    }
  });
});

describe('following', () => {
  const running = (published: number, change = {}) => sampleJob({ published, ...change });

  it('draws a bar, and ends it', async () => {
    const { ask } = ops(planned, running(0), running(50), done);
    const at = terminal();
    const { isDone } = await replay(order(), ask, place(at));
    expect(at.statuses).toEqual([
      undefined, // of the plan
      '[------------------------------]    0%  0/100  2 s left',
      '[###############---------------]   50%  50/100  1 s left',
      undefined,
    ]);
    expect(isDone).toBe(true);
  });

  it('says a sentence every five seconds where there is no terminal, and what changes at once', async () => {
    const looks = Array.from({ length: 16 }, (_, index) => running(index));
    const { ask } = ops(planned, ...looks, running(16, { state: 'settling' }), done);
    const at = terminal({ isLive: false });
    await replay(order({ detach: false }), ask, place(at));
    const lines = at.said.slice(1); // the plan
    expect(lines.map((line) => line.replace(/:.*/, ''))).toEqual([
      ...['Job 7 is running', 'Job 7 is running', 'Job 7 is waiting until its letters have been read'],
    ]);
    expect(lines[0]).toMatch(/^Job 7 is running: \d+ of 100 letters replayed; 1\/s, 1 min \d+ s left\.$/);
    expect(at.statuses.filter(Boolean)).toEqual([]);
  });

  it.each([
    [
      'failed again',
      sampleJob({ state: 'done', published: 100, failed: 1 }),
      'replayed, 1 of them failed again.',
      undefined,
    ],
    [
      'was skipped',
      sampleJob({ state: 'done', published: 99, skipped: 1 }),
      '1 skipped.',
      'see what was skipped: npm run',
    ],
    ['was cancelled', sampleJob({ state: 'cancelled' }), 'Job 7 is cancelled', undefined],
    [
      'was stopped',
      sampleJob({ state: 'stopped', stopReason: 'too many' }),
      '; too many.',
      'resume it: npm run allim --',
    ],
  ])('is not done when something %s', async (_, over, sentence, hint) => {
    const { ask } = ops(planned, over);
    const { said, note, isDone } = await replay(order(), ask, place(terminal()));
    expect(said).toContain(sentence);
    expect(isDone).toBe(false);
    if (hint) expect(note).toContain(hint);
    else expect(note).toBeUndefined();
  });

  it('is not done when a number was left out', async () => {
    const two = { set: { numbers: [3, 12] } };
    const { ask } = ops(
      sampleJob({ state: 'planned', total: 1 }),
      sampleJob({ state: 'done', total: 1, published: 1 }),
    );
    const { note, isDone } = await replay(order(two), ask, place(terminal()));
    expect({ note, isDone }).toEqual({ note: 'not every one of these numbers can be replayed.', isDone: false });
  });

  it('is JSON at the end', async () => {
    const { ask } = ops(planned, done);
    const { said } = await replay(order({ json: true }), ask, place(terminal()));
    expect(JSON.parse(said)).toEqual(done);
  });

  it('does not begin when it is not wanted', async () => {
    const { ask, told } = ops(planned);
    const { said, note, isDone } = await replay(order({ detach: true }), ask, place(terminal()));
    expect(told.at(-1)![0]).toBe('/replay-jobs/7/start');
    expect({ said, note, isDone }).toEqual({
      said: 'Job 7 is running: 0 of 100 letters replayed.',
      note: 'follow it: npm run allim -- dlt job follow 7',
      isDone: true,
    });
  });

  it('ends with Ctrl-C, the job does not', async () => {
    const at = terminal();
    const { ask, moves } = ops(planned, running(0), () => {
      at.interrupt.abort();
      return running(1);
    });
    const { note, isDone } = await replay(order(), ask, place(at));
    expect(note!.split('\n')).toEqual([
      'job 7 goes on.',
      '  pause it: npm run allim -- dlt job pause 7',
      '  cancel it: npm run allim -- dlt job cancel 7',
      '  follow it: npm run allim -- dlt job follow 7',
    ]);
    expect(isDone).toBe(false);
    expect(moves()).toEqual(['/replay-jobs', '/replay-jobs/7/start']);
    expect(at.statuses.at(-1)).toBeUndefined();
  });

  it('does not wait for an answer when there was a Ctrl-C', async () => {
    const at = terminal();
    const ask = (() => {
      queueMicrotask(() => at.interrupt.abort());
      return new Promise(() => {});
    }) as Ask;
    const first = (async (path: string) => (path === '/replay-jobs/7' ? ask(path) : {})) as Ask;
    let looked = 0;
    const answers = ((path: string) => (looked++ === 0 ? Promise.resolve(running(0)) : first(path))) as Ask;
    const { note } = await followJob({ job: 7, json: false }, answers, place(at));
    expect(note).toContain('job 7 goes on.');
  });

  it('gives the plan up with Ctrl-C while it is made, also with --yes', async () => {
    const at = terminal();
    const { ask, moves } = ops(sampleJob({ state: 'planning' }), () => {
      at.interrupt.abort();
      return planned;
    });
    const { note, isDone } = await replay(order(), ask, place(at));
    expect({ note, isDone }).toEqual({ note: 'nothing was replayed.', isDone: false });
    expect(moves()).toEqual(['/replay-jobs', '/replay-jobs/7/cancel']);
  });

  it('goes on while ops is away, and says so once', async () => {
    const away = new NotAnswered('ops does not answer at u (ECONNREFUSED): is it running?');
    const { ask } = ops(planned, running(1), away, away, away, running(2), away, done);
    const at = terminal();
    const { isDone } = await replay(order(), ask, place(at));
    expect(isDone).toBe(true);
    expect(at.said.slice(1)).toEqual([`${away.message} Trying again …`, `${away.message} Trying again …`]);
  });

  it('gives up after five minutes, and says that the job does not', async () => {
    const away = new NotAnswered('ops does not answer.');
    const { ask } = ops(planned, running(1), away);
    const at = terminal();
    await expect(replay(order(), ask, place(at))).rejects.toThrow(
      'ops does not answer. Job 7 does not need us; see npm run allim -- dlt job follow 7',
    );
    expect(at.clock()).toBeGreaterThanOrEqual(300_000);
    expect(at.clock()).toBeLessThan(310_000);
  });

  it('ends at once with what is no outage', async () => {
    const { ask } = ops(planned, running(1), new Error('ops refuses the token.'));
    const at = terminal();
    await expect(replay(order(), ask, place(at))).rejects.toThrow('ops refuses the token. Job 7 does not need us');
    expect(at.clock()).toBeLessThan(1_000);
  });

  it('says that nobody knows when the start was not answered', async () => {
    const { ask } = ops(planned);
    const silent = (async (path: string, request = {}) => {
      if (path.endsWith('/start')) throw new NotAnswered('ops has not answered within 10 s.');
      return await ask(path, request);
    }) as Ask;
    await expect(replay(order(), silent, place(terminal()))).rejects.toThrow(
      'ops has not answered within 10 s. Whether job 7 has been started: npm run allim -- dlt job follow 7',
    );
  });

  it('looks seldom at a long job, and soon at a short one', async () => {
    const looks: number[] = [];
    const at = terminal();
    const look = () => {
      looks.push(at.clock());
      return running(looks.length);
    };
    const { ask } = ops(running(0), look, look, look, look, look, look, done);
    await followJob({ job: 7, json: false }, ask, place(at));
    expect(looks).toEqual([0, 100, 300, 700, 1_500, 2_500]);
  });
});

describe('following a job by its number', () => {
  it('ends when it is over', async () => {
    const { ask } = ops(done);
    expect(await followJob({ job: 7, json: false }, ask, place(terminal()))).toEqual({
      said: 'Job 7 is done: 100 of 100 letters replayed.',
      note: undefined,
      isDone: true,
    });
  });

  it('says so when it has not been started', async () => {
    const { ask } = ops(planned);
    expect(await followJob({ job: 7, json: false }, ask, place(terminal()))).toEqual({
      said: 'Job 7 is planned: 0 of 100 letters replayed.',
      note: 'start it: npm run allim -- dlt job start 7 --reason …',
      isDone: false,
    });
  });
});
