import { dlt } from './dlt.js';
import type { Ask } from './dlt-api.js';
import { sampleJob } from './sample-job.js';

const screen = { columns: 100, isColoured: false };
const now = new Date('2026-02-06T10:00:00Z');
const failedAt = '2026-02-06T07:00:00.000Z';
const counts = { open: 3, replaying: 0, replayed: 1, parked: 2, discarded: 0 };
const group = {
  id: 'a'.repeat(32),
  topic: 't',
  errorClass: 'bad-json',
  pattern: 'at {n}',
  counts,
  firstFailedAt: null,
  failedAt,
};
const letter = (number: number) => ({
  number,
  topic: 'shopping.order.created',
  state: 'open',
  failures: 2,
  failedAt,
  errorClass: 'handler',
  key: { as: 'text', shown: '김', bytes: 3, isCut: false },
  message: 'no such product',
});

/** Ops with so many cases; it remembers what it was asked. */
function ops(newest: number) {
  const asked: unknown[] = [];
  const ask = (async (path: string, request = {}) => {
    asked.push([path, request]);
    const { before = newest + 1, size = 0 } = (request.query ?? {}) as { before?: number; size?: number };
    const items = Array.from({ length: Math.min(size, before - 1) }, (_, index) => letter(before - 1 - index));
    return { items, next: before - 1 > size ? before - size : null };
  }) as Ask;
  return { ask, asked };
}
const answering = (data: object) => (async () => data) as unknown as Ask;

it('lists the newest page by page, as many as were wanted', async () => {
  const { ask, asked } = ops(1_000);
  const { said, note, isDone } = await dlt(
    { name: 'dlt', action: 'list', json: true, filter: { topic: 't' }, limit: 450 },
    ask,
    { screen, now },
  );
  const { items, next } = JSON.parse(said);
  expect(items.map(({ number }: { number: number }) => number)).toEqual(
    Array.from({ length: 450 }, (_, index) => 1_000 - index),
  );
  expect({ next, note, isDone }).toEqual({ next: 551, note: undefined, isDone: true });
  expect(asked).toEqual(
    [
      { topic: 't', before: undefined, size: 200 },
      { topic: 't', before: 801, size: 200 },
      { topic: 't', before: 601, size: 50 },
    ].map((query) => ['/dead-letters', { query }]),
  );
});

it('lists what there is when that is less, and says when there is more', async () => {
  const list = (cases: number, limit: number) =>
    dlt({ name: 'dlt', action: 'list', json: false, filter: {}, limit }, ops(cases).ask, { screen, now });
  const all = await list(201, 300);
  expect(all.said.split('\n')).toHaveLength(202);
  expect(all.note).toBeUndefined();
  expect((await list(3, 2)).note).toBe('there may be more than these 2: see --limit.');
  expect(await list(0, 2)).toEqual({ said: '', note: 'there are no such dead letters.', isDone: true });
});

it('goes on behind pages that are not full, or empty', async () => {
  const pages = [
    { items: [letter(90)], next: 50 },
    { items: [], next: 20 },
    { items: [letter(7)], next: null },
  ];
  const asked: unknown[] = [];
  const ask = (async (_: string, request = {}) => {
    asked.push(request.query);
    return pages.shift();
  }) as Ask;
  const { said } = await dlt({ name: 'dlt', action: 'list', json: true, filter: {}, limit: 5 }, ask, { screen, now });
  expect(JSON.parse(said)).toEqual({ items: [letter(90), letter(7)], next: null });
  expect(asked).toEqual([
    { before: undefined, size: 5 },
    { before: 50, size: 4 },
    { before: 20, size: 4 },
  ]);
});

it.each([{ next: 50 }, {}])('does not follow pages that do not end: %j', async (page) => {
  const list = dlt(
    { name: 'dlt', action: 'list', json: false, filter: {}, limit: 5 },
    answering({ items: [], ...page }),
    { screen, now },
  );
  await expect(list).rejects.toThrow('ops goes round in circles');
});

it('has columns for topics, groups and cases', async () => {
  const topics = await dlt({ name: 'dlt', action: 'topics', json: false }, answering({ items: [group] }), {
    screen,
    now,
  });
  expect(topics.said.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['TOPIC', 'OPEN', 'REPLAYING', 'REPLAYED', 'PARKED', 'DISCARDED', 'FAILED (UTC)', 'AGO'],
    ['t', '3', '0', '1', '2', '0', '2026-02-06 07:00:00', '3 h'],
  ]);
  const wide = { screen: { ...screen, columns: 160 }, now };
  const groups = await dlt(
    { name: 'dlt', action: 'groups', json: false, filter: { state: 'parked' } },
    answering({ items: [group] }),
    wide,
  );
  expect(groups.said.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['GROUP', 'PARKED', 'ALL', 'FAILED (UTC)', 'AGO', 'TOPIC', 'CLASS', 'MESSAGE'],
    [group.id, '2', '6', '2026-02-06 07:00:00', '3 h', 't', 'bad-json', 'at {n}'],
  ]);
  const letters = await dlt({ name: 'dlt', action: 'list', json: false, filter: {}, limit: 1 }, ops(7).ask, wide);
  expect(letters.said.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
    ['NUMBER', 'STATE', 'TIMES', 'FAILED (UTC)', 'AGO', 'TOPIC', 'CLASS', 'KEY', 'MESSAGE'],
    ['7', 'open', '2', '2026-02-06 07:00:00', '3 h', 'shopping.order.created', 'handler', '김', 'no such product'],
  ]);
});

it('keeps the id of a group whole on a narrow terminal', async () => {
  const { said } = await dlt(
    { name: 'dlt', action: 'groups', json: false, filter: {} },
    answering({ items: [group] }),
    {
      screen: { columns: 80, isColoured: false },
      now,
    },
  );
  expect(said).toContain(group.id);
});

it('says that groups may be missing', async () => {
  const items = Array.from({ length: 200 }, () => group);
  const { note } = await dlt({ name: 'dlt', action: 'groups', json: false, filter: {} }, answering({ items }), {
    screen,
    now,
  });
  expect(note).toBe('there may be more than these 200 groups.');
});

it('says what was not discarded, and calls that not done', async () => {
  const discard = (json: boolean) =>
    dlt({ name: 'dlt', action: 'discard', json, numbers: [1, 2, 3], reason: 'r' }, answering({ discarded: [1, 3] }), {
      screen,
      now,
    });
  const note = 'not discarded, for only what is open or parked can be: 2';
  expect(await discard(false)).toEqual({ said: 'Discarded: 1, 3', note, isDone: false });
  expect(await discard(true)).toEqual({ said: '{\n  "discarded": [\n    1,\n    3\n  ]\n}', note, isDone: false });
});

it('prints JSON that does nothing to a terminal', async () => {
  const data = { items: [{ ...group, topic: 'a\x7f\u009b\u202e' }] };
  const { said } = await dlt({ name: 'dlt', action: 'topics', json: true }, answering(data), { screen, now });
  expect(said.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(JSON.parse(said)).toEqual(data);
});

describe('replay jobs', () => {
  const wide = { screen: { columns: 200, isColoured: false }, now };
  const cells = (said: string) => said.split('\n').map((line) => line.trim().split(/ {2,}/));

  it('are listed with what they are about', async () => {
    const filter = { topic: 't', text: 'a,b' };
    const items = [
      sampleJob({ filter, numbers: null, published: 40, failed: 3, reason: 'fixed' }),
      sampleJob({ job: 6, filter: {}, numbers: null }),
      sampleJob({ job: 5, filter: null, numbers: [3, 12] }),
    ];
    const { said } = await dlt(
      { name: 'dlt', action: 'job list', json: false, limit: 50 },
      answering({ items, next: null }),
      wide,
    );
    const rest = ['2026-02-06 07:00:00', '3 h', 'eun'];
    expect(cells(said)).toEqual([
      ['JOB', 'STATE', 'LETTERS', 'PUBLISHED', 'FAILED', 'SKIPPED', 'CREATED (UTC)', 'AGO', 'BY', 'WHICH', 'REASON'],
      ['7', 'running', '100', '40', '3', '0', ...rest, 'topic=t,text=a\\,b', 'fixed'],
      ['6', 'running', '100', '0', '0', '0', ...rest, 'state=open', '–'],
      ['5', 'running', '100', '0', '0', '0', ...rest, '3 12', '–'],
    ]);
  });

  it('are listed page by page, their letters in ascending order', async () => {
    const asked: unknown[] = [];
    const answers = [
      { items: [{ number: 3, state: 'skipped', reason: 'no longer open' }], next: 3 },
      { items: [{ number: 9, state: 'published', reason: null }], next: null },
    ];
    const ask = (async (path: string, request = {}) => {
      asked.push([path, request]);
      return answers.shift();
    }) as Ask;
    const { said } = await dlt(
      { name: 'dlt', action: 'job letters', json: false, job: 7, filter: { state: 'skipped' }, limit: 5 },
      ask,
      wide,
    );
    expect(cells(said)).toEqual([
      ['NUMBER', 'STATE', 'REASON'],
      ['3', 'skipped', 'no longer open'],
      ['9', 'published', '–'],
    ]);
    expect(asked).toEqual([
      ['/replay-jobs/7/letters', { query: { state: 'skipped', after: undefined, size: 5 } }],
      ['/replay-jobs/7/letters', { query: { state: 'skipped', after: 3, size: 4 } }],
    ]);
    const circle = answering({ items: [], next: 3 });
    const list = dlt({ name: 'dlt', action: 'job letters', json: false, job: 7, filter: {}, limit: 5 }, circle, wide);
    await expect(list).rejects.toThrow('ops goes round in circles');
  });

  it.each(['pause', 'resume', 'cancel'] as const)('can be told to %s', async (move) => {
    const asked: unknown[] = [];
    const ask = (async (path: string, request = {}) => {
      asked.push([path, request]);
      return sampleJob({ state: 'paused', published: 40 });
    }) as Ask;
    const order = { name: 'dlt', action: `job ${move}`, json: false, job: 7, reason: 'r' } as const;
    const { said, isDone } = await dlt(order, ask, wide);
    expect({ said, isDone }).toEqual({ said: 'Job 7 is paused: 40 of 100 letters replayed.', isDone: true });
    expect(asked).toEqual([[`/replay-jobs/7/${move}`, { body: { reason: 'r' } }]]);
    expect(JSON.parse((await dlt({ ...order, json: true }, ask, wide)).said)).toMatchObject({ job: 7 });
  });

  it('can be started, and say how to follow them', async () => {
    const asked: unknown[] = [];
    const ask = (async (path: string, request = {}) => {
      asked.push([path, request]);
      return sampleJob();
    }) as Ask;
    const order = { name: 'dlt', action: 'job start', json: false, job: 7, reason: 'r', rate: 9 } as const;
    const { said, note } = await dlt(order, ask, wide);
    expect(said).toBe('Job 7 is running: 0 of 100 letters replayed.');
    expect(note).toBe('follow it: npm run allim -- dlt job follow 7');
    expect(asked).toEqual([['/replay-jobs/7/start', { body: { reason: 'r', rate: 9 } }]]);
  });
});

it('shows what was done to dead letters', async () => {
  const items = [
    { number: 3, at: failedAt, actor: 'eun', action: 'discard', reason: 'sent again', subject: { cases: [1, 2] } },
    { number: 2, at: failedAt, actor: 'allim', action: 'replay.stop', reason: null, subject: { job: 7, of: { a: 1 } } },
  ];
  const { said, note } = await dlt(
    { name: 'dlt', action: 'audit', json: false, limit: 2 },
    answering({ items, next: 2 }),
    { screen: { columns: 200, isColoured: false }, now },
  );
  expect(said.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['AT (UTC)', 'ACTOR', 'ACTION', 'TO', 'REASON'],
    ['2026-02-06 07:00:00', 'eun', 'discard', 'cases 1 2', 'sent again'],
    ['2026-02-06 07:00:00', 'allim', 'replay.stop', 'job 7, of {"a":1}', '–'],
  ]);
  expect(note).toBe('there may be more than these 2: see --limit.');
});
