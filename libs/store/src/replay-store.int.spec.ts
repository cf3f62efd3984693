import { randomBytes } from 'node:crypto';
import { deadLetterStates } from '@allim/contracts';
import { fixedClock, useStack } from '@allim/testing';
import { readAudit } from './audit-log.js';
import { type Database, openDatabase, withSession } from './database.js';
import { type IndexedLetter, valueBytesMost } from './dead-letter-case.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { migrate } from './migrate.js';
import { type ReplayRules } from './replay-job.js';
import { JobLost, type ReplayOrder, ReplayStore } from './replay-store.js';
import { letter, nextLetter } from './testing/letters.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
const why = { actor: 'operator-1', reason: '결제 서비스 수정됨' };
const leaseMs = 10_000;
const rules: ReplayRules = { topicAllowed: () => true, groupIsOurs: (group) => group === 'ours', replayMax: 2 };
let database: Database;
let letters: DeadLetterStore;
let replays: ReplayStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 20 });
  letters = new DeadLetterStore(database, { replayMax: rules.replayMax }, clock);
  replays = new ReplayStore(database, clock);
});
afterAll(() => database?.destroy());
afterEach(async () => {
  clock.advance(leaseMs + 1);
  for (const { number, state } of await replays.jobs({ limit: 1_000 }))
    if (!['done', 'cancelled'].includes(state))
      await sql(`UPDATE replay_job SET state = 'cancelled', holder = NULL WHERE id = ${number}`);
});

const sql = <Result>(text: string) => withSession(database, (session) => session.query<Result>(text));

let topics = 0;
const newTopic = () => `spec.${++topics}.${randomBytes(4).toString('hex')}`;
const some = (count: number, topic: string) => Array.from({ length: count }, () => letter({ original: { topic } }));

const order = (selection: ReplayOrder['selection'], changes: Partial<ReplayOrder> = {}): ReplayOrder => ({
  ...{ selection, rate: 50, isForced: false, actor: why.actor },
  ...changes,
});
const numbersOf = async (topic: string) =>
  (await letters.list({ topic }, { limit: 10_000 })).map(({ number }) => number).sort((a, b) => a - b);
const statesOf = async (topic: string) => {
  const cases = await letters.list({ topic }, { limit: 10_000 });
  return cases.map(({ state }) => state).sort();
};
const newHolder = () => randomBytes(16);

/** Plans a job to its end, as a runner does. */
async function planned(selection: ReplayOrder['selection'], changes: Partial<ReplayOrder> = {}): Promise<number> {
  const { number } = await replays.plan(order(selection, changes));
  const holder = newHolder();
  const held = await replays.take(holder, leaseMs);
  expect(held?.number).toBe(number);
  while (await replays.planMore(number, holder, rules));
  await replays.leave(number, holder);
  return number;
}

/** Starts a planned job and takes it. */
async function running(number: number): Promise<Buffer> {
  expect(await replays.move(number, 'start', why)).toBe(true);
  const holder = newHolder();
  expect((await replays.take(holder, leaseMs))?.number).toBe(number);
  return holder;
}

/** As a runner says what became of letters, and has them say it themselves. */
async function noted(job: number, holder: Buffer, published: readonly number[], refused: Record<number, string> = {}) {
  const back = Object.entries(refused).map(([number, reason]) => ({ number: Number(number), reason }));
  await replays.published(job, holder, { published, refused: back });
  while (await replays.settle(job, holder));
}

const numbersIn = (claimed: { letters: { number: number }[] }) => claimed.letters.map(({ number }) => number);

describe('a dry run', () => {
  it('freezes the set: what fits the filter then, and nothing that comes later', async () => {
    const topic = newTopic();
    await letters.index(some(2_500, topic));
    const numbers = await numbersOf(topic);
    const { number, state } = await replays.plan(order({ filter: { topic } }));
    expect(state).toBe('planning');
    await letters.index(some(3, topic));
    const holder = newHolder();
    await replays.take(holder, leaseMs);
    let rounds = 1;
    while (await replays.planMore(number, holder, rules)) rounds++;
    expect(rounds).toBeGreaterThan(2);
    expect(await replays.job(number)).toMatchObject({ state: 'planned', total: 2_500, excluded: {} });
    const items = await replays.items(number, { limit: 5_000 });
    expect(items.map((one) => one.number)).toEqual(numbers);
    expect(await statesOf(topic)).toEqual(Array(2_503).fill('open'));
  });

  it('says what was asked for and cannot be replayed, and why', async () => {
    const topic = newTopic();
    const of = (changes: Parameters<typeof letter>[0] = {}) =>
      letter({ ...changes, original: { topic, ...changes.original } });
    const [fine, gone, often, foreign, nowhere] = [
      of(),
      of(),
      of({ replays: 1 }),
      of({ original: { group: 'theirs' } }),
      of({ original: { partition: null, offset: null } }),
    ];
    const cut = of({ value: Buffer.alloc(valueBytesMost + 1, 'a') });
    await letters.index([fine, gone, often, foreign, nowhere, cut]);
    await sql(`UPDATE dead_letter SET replays = 2 WHERE topic = '${topic}' AND replays = 1`);
    const numbers = await numbersOf(topic);
    const byOffset = new Map(
      (await letters.list({ topic }, { limit: 10 })).map((one) => [one.letter.offset, one.number]),
    );
    await letters.discard([byOffset.get(gone.place.offset)!], why);
    const job = await planned({ numbers });
    expect(await replays.job(job)).toMatchObject({
      total: 1,
      excluded: { state: 1, 'replayed-too-often': 1, 'group-not-ours': 1, 'place-unknown': 1, 'value-cut': 1 },
    });
    expect(await replays.items(job, { limit: 10 })).toEqual([
      { number: byOffset.get(fine.place.offset), state: 'pending', reason: null },
    ]);
    const forced = await planned({ numbers }, { isForced: true });
    expect((await replays.job(forced))?.total).toBe(2);
    const { number } = await replays.plan(order({ filter: { topic } }));
    const holder = newHolder();
    await replays.take(holder, leaseMs);
    await replays.planMore(number, holder, { ...rules, topicAllowed: () => false });
    expect(await replays.job(number)).toMatchObject({
      total: 0,
      excluded: { 'topic-not-allowed': 4, 'replayed-too-often': 1 },
    });
  });

  it('takes what is asked for by numbers and nothing between them', async () => {
    const topic = newTopic();
    await letters.index(some(10, topic));
    const numbers = await numbersOf(topic);
    const asked = [numbers[8]!, numbers[1]!, numbers[1]!, 999_999_999];
    const job = await planned({ numbers: asked });
    expect((await replays.items(job, { limit: 10 })).map((one) => one.number)).toEqual([numbers[1], numbers[8]]);
  });
});

describe('what operators order', () => {
  it('moves a job only where it may go, and once, however often it is clicked', async () => {
    const topic = newTopic();
    await letters.index(some(1, topic));
    const job = await planned({ filter: { topic } });
    expect(await replays.move(job, 'pause', why)).toBe(false);
    expect(await replays.move(job, 'resume', why)).toBe(false);
    const clicks = await Promise.all(Array.from({ length: 8 }, () => replays.move(job, 'start', { ...why, rate: 7 })));
    expect(clicks.filter(Boolean)).toHaveLength(1);
    expect(await replays.job(job)).toMatchObject({
      ...{ state: 'running', rate: 7, startedBy: why.actor, reason: why.reason },
      startedAt: new Date(clock()),
    });
    expect(await replays.move(job, 'pause', { ...why, reason: null })).toBe(true);
    expect(await replays.move(job, 'start', why)).toBe(false);
    expect(await replays.move(job, 'resume', { ...why, reason: null })).toBe(true);
    expect(await replays.move(job, 'cancel', why)).toBe(true);
    expect((await replays.job(job))?.state).toBe('cancelling');
    expect(await replays.move(job, 'cancel', why)).toBe(false);
    expect(await replays.move(404, 'cancel', why)).toBe(false);
    const log = (await readAudit(database, { limit: 100 })).filter(({ subject }) => subject.job === job);
    expect(log.map(({ actor, action, reason }) => [actor, action, reason])).toEqual([
      ['operator-1', 'replay.cancel', why.reason],
      ['operator-1', 'replay.resume', null],
      ['operator-1', 'replay.pause', null],
      ['operator-1', 'replay.start', why.reason],
      ['operator-1', 'replay.plan', null],
    ]);
    expect(log[3]?.subject).toMatchObject({ filter: { topic }, total: 1, rate: 7 });
  });
});

describe('a runner', () => {
  it('is the only one that holds a job, until its lease ends', async () => {
    const topic = newTopic();
    await letters.index(some(1, topic));
    const job = await planned({ filter: { topic } });
    const first = await running(job);
    const second = newHolder();
    expect(await replays.take(second, leaseMs)).toBeNull();
    clock.advance(leaseMs - 1);
    await replays.keep(job, first, leaseMs);
    clock.advance(leaseMs - 1);
    expect(await replays.take(second, leaseMs)).toBeNull();
    clock.advance(2);
    expect((await replays.take(second, leaseMs))?.number).toBe(job);
    await expect(replays.keep(job, first, leaseMs)).rejects.toThrow(JobLost);
    await expect(replays.claim(job, first, 10)).rejects.toThrow(JobLost);
    await expect(replays.end(job, first, 'settling')).rejects.toThrow(JobLost);
    expect(await statesOf(topic)).toEqual(['open']);
  });

  it('claims in the order of the numbers, with all that a record needs, and leaves nothing claimed behind', async () => {
    const topic = newTopic();
    const dead = some(3, topic);
    await letters.index(dead);
    const numbers = await numbersOf(topic);
    const job = await planned({ filter: { topic } });
    const holder = await running(job);
    const claimed = await replays.claim(job, holder, 2);
    expect(numbersIn(claimed)).toEqual(numbers.slice(0, 2));
    expect(claimed.letters[0]).toEqual({
      number: numbers[0],
      original: { ...dead[0]!.original },
      key: dead[0]!.key,
      value: dead[0]!.value,
      headers: dead[0]!.headers,
      replays: 1,
      firstFailedAt: dead[0]!.failedAt,
    });
    expect(await statesOf(topic)).toEqual(['open', 'replaying', 'replaying']);
    expect((await replays.claimed(job)).map(({ number }) => number)).toEqual(numbers.slice(0, 2));
    await noted(job, holder, numbers.slice(0, 1), { [numbers[1]!]: 'too large' });
    expect(await statesOf(topic)).toEqual(['open', 'open', 'replayed']);
    expect((await replays.claim(job, holder, 2)).letters).toHaveLength(1);
    await noted(job, holder, [numbers[2]!]);
    expect(await replays.claim(job, holder, 2)).toMatchObject({ letters: [], isEnd: true });
    await replays.end(job, holder, 'settling');
    await replays.end(job, holder, 'done');
    expect(await replays.job(job)).toMatchObject({
      state: 'done',
      total: 3,
      published: 2,
      skipped: 1,
      endedAt: new Date(clock()),
    });
    expect(await replays.items(job, { state: 'skipped', limit: 5 })).toEqual([
      { number: numbers[1], state: 'skipped', reason: 'too large' },
    ]);
    await expectSummariesToAgree(topic);
  });

  it('has cases say that they are replayed apart, whatever has become of the job meanwhile', async () => {
    const topic = newTopic();
    const dead = some(2_500, topic);
    await letters.index(dead);
    const numbers = await numbersOf(topic);
    const job = await planned({ filter: { topic } });
    const holder = await running(job);
    const { replayId } = (await replays.job(job))!;
    await replays.claim(job, holder, 2_400);
    await replays.published(job, holder, { published: numbers.slice(0, 2_400), refused: [] });
    expect(await replays.items(job, { state: 'published', limit: 3_000 })).toHaveLength(2_400);
    expect((await statesOf(topic)).filter((state) => state === 'replaying')).toHaveLength(2_400);
    await letters.index([failedAgain(dead[0]!, replayId, 1)]);
    await replays.move(job, 'cancel', why);
    await replays.end(job, holder, 'cancelled');
    await replays.leave(job, holder);
    const next = newHolder();
    expect(await replays.take(next, leaseMs)).toMatchObject({ number: job, state: 'cancelled', isUnsettled: true });
    await expect(replays.settle(job, holder)).rejects.toThrow(JobLost);
    expect(await replays.settle(job, next)).toBe(true);
    expect(await replays.settle(job, next)).toBe(false);
    await replays.leave(job, next);
    expect(await replays.take(newHolder(), leaseMs)).toBeNull();
    const states = Map.groupBy(await statesOf(topic), (state) => state);
    expect([...states].map(([state, all]) => [state, all.length])).toEqual([
      ['open', 101],
      ['replayed', 2_399],
    ]);
    await expectSummariesToAgree(topic);
  });

  it('claims few at once where they are large', async () => {
    const topic = newTopic();
    await letters.index(
      Array.from({ length: 6 }, () => letter({ original: { topic }, value: Buffer.alloc(2_000_000, 'a') })),
    );
    const job = await planned({ filter: { topic } });
    const holder = await running(job);
    expect((await replays.claim(job, holder, 500)).letters).toHaveLength(2);
  });

  it('skips what somebody else has taken since the dry run', async () => {
    const topic = newTopic();
    await letters.index(some(4, topic));
    const numbers = await numbersOf(topic);
    const [one, other] = [await planned({ filter: { topic } }), await planned({ filter: { topic } })];
    const first = await running(one);
    expect(numbersIn(await replays.claim(one, first, 2))).toEqual(numbers.slice(0, 2));
    await letters.discard([numbers[2]!], why);
    const second = await running(other);
    expect(numbersIn(await replays.claim(other, second, 10))).toEqual([numbers[3]]);
    expect(await replays.items(other, { state: 'skipped', limit: 10 })).toEqual([
      { number: numbers[0], state: 'skipped', reason: 'it was replaying when its turn came' },
      { number: numbers[1], state: 'skipped', reason: 'it was replaying when its turn came' },
      { number: numbers[2], state: 'skipped', reason: 'it was discarded when its turn came' },
    ]);
  });

  it('puts the edited value in the place of the one that failed', async () => {
    const topic = newTopic();
    await letters.index(some(1, topic));
    const numbers = await numbersOf(topic);
    const value = Buffer.from('{"orderNumber":1}');
    const job = await planned({ numbers }, { value });
    const holder = await running(job);
    expect((await replays.claim(job, holder, 5)).letters.map((one) => one.value)).toEqual([value]);
    expect((await letters.find(numbers[0]!))?.value).not.toEqual(value);
  });

  it('leaves on record in which jobs a case was, and what became of it there', async () => {
    const topic = newTopic();
    await letters.index(some(2, topic));
    const [first, second] = (await numbersOf(topic)) as [number, number];
    const found = async (number: number) =>
      (await replays.jobsOf(number, 10)).map(({ job, item }) => [job.number, job.startedBy, item.state, item.reason]);
    expect(await found(first)).toEqual([]);
    const both = await planned({ numbers: [first, second] });
    expect(await found(first)).toEqual([[both, null, 'pending', null]]);
    const holder = await running(both);
    await replays.claim(both, holder, 5);
    expect(await found(first)).toEqual([[both, why.actor, 'claimed', null]]);
    await noted(both, holder, [first], { [second]: 'Kafka refuses it' });
    await replays.end(both, holder, 'settling');
    await replays.end(both, holder, 'done');
    await replays.leave(both, holder);
    expect(await found(first)).toEqual([[both, why.actor, 'published', null]]);
    const another = await planned({ numbers: [second] });
    expect(await found(second)).toEqual([
      [another, null, 'pending', null],
      [both, why.actor, 'skipped', 'Kafka refuses it'],
    ]);
    expect((await replays.jobsOf(second, 1)).map(({ job }) => job.number)).toEqual([another]);
  });

  it('has nothing left to do when the last letter of a job was refused', async () => {
    const topic = newTopic();
    await letters.index(some(2, topic));
    const numbers = await numbersOf(topic);
    const job = await planned({ numbers });
    const holder = await running(job);
    await replays.claim(job, holder, 5);
    await noted(job, holder, numbers.slice(0, 1), { [numbers[1]!]: 'Kafka refuses it' });
    await replays.end(job, holder, 'settling');
    await replays.end(job, holder, 'done');
    await replays.leave(job, holder);
    expect(await replays.take(newHolder(), leaseMs)).toBeNull();
  });

  it('names no job to a case that was asked for with a new value and not chosen', async () => {
    const topic = newTopic();
    await letters.index(some(1, topic));
    const numbers = await numbersOf(topic);
    await letters.discard(numbers, why);
    await planned({ numbers }, { value: Buffer.from('{}') });
    expect(await replays.jobsOf(numbers[0]!, 10)).toEqual([]);
  });

  it('notes nothing of a job that it has lost', async () => {
    const topic = newTopic();
    await letters.index(some(2, topic));
    const numbers = await numbersOf(topic);
    const job = await planned({ filter: { topic } });
    const first = await running(job);
    await replays.claim(job, first, 5);
    clock.advance(leaseMs + 1);
    const second = newHolder();
    expect((await replays.take(second, leaseMs))?.hasClaimed).toBe(true);
    await expect(noted(job, first, numbers)).rejects.toThrow(JobLost);
    expect(await statesOf(topic)).toEqual(['replaying', 'replaying']);
    await noted(job, second, numbers);
    await expect(noted(job, second, numbers)).rejects.toThrow(JobLost);
    expect(await replays.job(job)).toMatchObject({ published: 2 });
  });

  it('notes what it has published also when the job was paused or cancelled meanwhile', async () => {
    const topic = newTopic();
    await letters.index(some(2, topic));
    const numbers = await numbersOf(topic);
    const job = await planned({ filter: { topic } });
    const holder = await running(job);
    await replays.claim(job, holder, 1);
    await replays.move(job, 'cancel', why);
    await expect(replays.claim(job, holder, 1)).rejects.toThrow(JobLost);
    await noted(job, holder, [numbers[0]!]);
    await replays.end(job, holder, 'cancelled');
    expect(await replays.job(job)).toMatchObject({ state: 'cancelled', published: 1, total: 2 });
    expect(await statesOf(topic)).toEqual(['open', 'replayed']);
    expect(await replays.items(job, { state: 'pending', limit: 5 })).toEqual([
      { number: numbers[1], state: 'pending', reason: null },
    ]);
  });
});

/** The letter of a replay that has failed. */
const failedAgain = (dead: IndexedLetter, replayId: string, replays: number) =>
  nextLetter(dead, { replayId, replays, failedAt: new Date(clock()) });

describe('a letter that fails again', () => {
  it('is the same case, counted once however often its replay was published, and counts for its job', async () => {
    const topic = newTopic();
    const [dead] = some(1, topic);
    await letters.index([dead!]);
    const numbers = await numbersOf(topic);
    const job = await planned({ filter: { topic } });
    const holder = await running(job);
    const { replayId } = (await replays.job(job))!;
    await replays.claim(job, holder, 1);
    await letters.index([failedAgain(dead!, replayId, 1)]); // before it could be noted that it is published
    await noted(job, holder, numbers);
    await letters.index([failedAgain(dead!, replayId, 1)]);
    const elsewhere = failedAgain(dead!, replayId, 1);
    await letters.index([{ ...elsewhere, place: { ...elsewhere.place, partition: 7 } }]);
    expect(await letters.list({ topic }, { limit: 5 })).toEqual([
      expect.objectContaining({ number: numbers[0], state: 'open', failures: 2, replays: 1 }),
    ]);
    expect(await replays.job(job)).toMatchObject({ published: 1, failed: 1 });
    await expectSummariesToAgree(topic);
  });

  it('is parked after the last replay, and moved on by force only', async () => {
    const topic = newTopic();
    const [dead] = some(1, topic);
    await letters.index([dead!]);
    const numbers = await numbersOf(topic);
    for (const [round, state] of ['open', 'parked', 'parked'].entries()) {
      const job = await planned({ numbers }, { isForced: round === 2 });
      const holder = await running(job);
      expect(numbersIn(await replays.claim(job, holder, 1))).toEqual(numbers);
      await noted(job, holder, numbers);
      expect(await statesOf(topic)).toEqual(['replayed']);
      await letters.index([failedAgain(dead!, (await replays.job(job))!.replayId, round + 1)]);
      expect(await letters.list({ topic }, { limit: 5 })).toEqual([
        expect.objectContaining({ state, failures: round + 2, replays: round + 1 }),
      ]);
      await replays.end(job, holder, 'settling');
      await replays.end(job, holder, 'done');
      if (round === 1) expect((await replays.job(await planned({ numbers })))?.excluded).toEqual({ state: 1 });
    }
  });
});

describe('many at once', () => {
  it('publish each case in one job only, with runners that die anywhere', async () => {
    const topic = newTopic();
    await letters.index(some(300, topic));
    const jobs = [
      await planned({ filter: { topic } }),
      await planned({ filter: { topic } }),
      await planned({ filter: { topic } }),
    ];
    for (const job of jobs) await replays.move(job, 'start', why);
    const published = new Map<number, Set<number>>();
    const note = (job: number, numbers: number[]) => {
      for (const number of numbers) published.set(number, (published.get(number) ?? new Set()).add(job));
    };
    /** Holds whichever job is free, does a part of the work, and dies at a random place. */
    const runner = async () => {
      for (;;) {
        const holder = newHolder();
        const held = await replays.take(holder, 1);
        if (!held) {
          const left = await replays.jobs({ limit: 3 });
          if (left.every(({ state }) => state === 'done')) return;
          clock.advance(2);
          continue;
        }
        try {
          const job = held.number;
          if (held.state !== 'running') {
            while (await replays.settle(job, holder));
            if (held.state === 'settling') await replays.end(job, holder, 'done');
            clock.advance(2);
            continue;
          }
          for (let rounds = Math.ceil(Math.random() * 4); rounds > 0; rounds--) {
            const left = held.hasClaimed ? await replays.claimed(job) : [];
            const { letters: claimed, isEnd } =
              left.length > 0 ? { letters: left, isEnd: false } : await replays.claim(job, holder, 7);
            held.hasClaimed = false;
            if (isEnd) {
              await replays.end(job, holder, 'settling');
              break;
            }
            const numbers = claimed.map(({ number }) => number);
            note(job, numbers);
            if (Math.random() < 0.3) break; // dies between publishing and noting
            await replays.published(job, holder, { published: numbers, refused: [] });
            if (Math.random() < 0.5) await replays.settle(job, holder);
          }
        } catch (error) {
          if (!(error instanceof JobLost)) throw error;
        }
        clock.advance(2);
      }
    };
    await Promise.all([runner(), runner(), runner(), runner()]);
    expect(published.size).toBe(300);
    expect([...published.values()].filter((by) => by.size !== 1)).toEqual([]);
    const ended = await Promise.all(jobs.map((job) => replays.job(job)));
    expect(ended.map((job) => job?.state)).toEqual(['done', 'done', 'done']);
    expect(ended.reduce((sum, job) => sum + job!.published, 0)).toBe(300);
    expect(ended.reduce((sum, job) => sum + job!.skipped, 0)).toBe(600);
    expect(await statesOf(topic)).toEqual(Array(300).fill('replayed'));
    await expectSummariesToAgree(topic);
  });
});

async function expectSummariesToAgree(topic: string): Promise<void> {
  const cases = await letters.list({ topic }, { limit: 10_000 });
  const counted = Object.fromEntries(
    deadLetterStates.map((state) => [state, cases.filter((one) => one.state === state).length]),
  );
  const [summary] = (await letters.topics()).filter((one) => one.topic === topic);
  expect(summary?.counts).toEqual(counted);
}
