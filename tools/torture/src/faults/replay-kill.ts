import { setTimeout as pause } from 'node:timers/promises';
import { replayTopic } from '@allim/contracts';
import { bury, countCases, indexed, recordCount } from '../dead-records.js';
import { type FaultTest } from '../fault-test.js';
import { Operator } from '../operator.js';

const sizes = {
  short: { others: 1_000, wanted: 600, rate: 30, kills: 3, outages: 1, everyMs: { from: 400, to: 1_000 } },
  full: { others: 40_000, wanted: 10_000, rate: 100, kills: 10, outages: 2, everyMs: { from: 1_000, to: 3_000 } },
};
const wantedTopic = 'shopping.order.created';
const otherTopic = 'shopping.order.cancelled';
const errorClass = 'handler';
const clicks = 5;
const nodes = 2;
const outageMs = 2_000;
const indexMs = 120_000;
const settleMs = 120_000;

export const replayKill: FaultTest = {
  name: 'replay-kill',
  fault:
    '10,000 of 50,000 dead letters replayed by a filter, by two operators who both click five times, on two ops nodes: kill -9 of a random one 10 times, of the database 2 times',
  async run(arena, length) {
    const { others, wanted, rate, kills, outages, everyMs } = sizes[length];
    const random = arena.random.branch('faults');
    await arena.startConsumers(1);
    await bury(arena, { topic: wantedTopic, errorClass, count: wanted, name: 'wanted' });
    await bury(arena, {
      topic: wantedTopic,
      errorClass: 'too-long',
      count: others / 4,
      name: 'another-class',
      offset: wanted,
    });
    await bury(arena, { topic: otherTopic, errorClass, count: (3 * others) / 4, name: 'another-topic' });
    await arena.startOps(nodes, { DEAD_LETTER_LOOK_MS: '500' });
    await indexed(arena, wanted + others, indexMs);

    const operators = ['operator-1', 'operator-2'].map((name) => new Operator(arena, name));
    const filter = { topic: wantedTopic, class: errorClass };
    const plans = await Promise.all(operators.map((operator) => operator.plan({ filter, rate }, settleMs)));
    const jobs = plans.map(({ job }) => job.job);
    const effects = await Promise.all(
      operators.map((operator, index) =>
        operator.click(`/replay-jobs/${jobs[index]}/start`, { reason: 'the price service is back' }, clicks),
      ),
    );
    let during = 0;
    const left = async () => {
      const [row] = await arena.sql<{ n: number }>(
        "SELECT SUM(total - published - skipped) AS n FROM replay_job WHERE state = 'running'",
      );
      return Number(row?.n ?? 0);
    };
    const faults = [...Array<'node'>(kills).fill('node'), ...Array<'database'>(outages).fill('database')]
      .map((fault) => ({ fault, place: random.next() }))
      .toSorted((a, b) => a.place - b.place);
    for (const { fault } of faults) {
      await pause(random.between(everyMs.from, everyMs.to));
      during = await left();
      if (fault === 'database') {
        await arena.stack.database.kill();
        arena.fault('kill -9', 'the database', during);
        await pause(outageMs);
        await arena.stack.database.start();
        continue;
      }
      const victim = random.pick(arena.ops);
      victim.kill();
      arena.fault('kill -9', victim.name, during);
      await victim.ready();
    }
    const ended = await Promise.all(
      operators.map((operator, index) => operator.whenJob(jobs[index]!, ['done'], settleMs)),
    );
    await arena.consumers[0]?.look();

    const sets = plans.map(({ set }) => [...set].sort((a, b) => a - b).join());
    const replayed = (await Promise.all(operators.map((operator, index) => operator.items(jobs[index]!, 'published'))))
      .flat()
      .sort((a, b) => a - b);
    const rows = await arena.sql<{ event: string; n: number }>(
      'SELECT reference_id AS event, COUNT(*) AS n FROM notification GROUP BY reference_id',
    );
    const effective = rows.filter(({ event }) => String(event).startsWith('wanted-')).length;
    const actions = await arena.sql<{ action: string }>('SELECT action FROM audit_log');
    const hit = (target: string) =>
      arena.history.count('fault', (one) => one.target.startsWith(target) && one.during > 0);
    return {
      figures: [
        { name: 'of the set, without an effect', value: wanted - effective, atMost: 0 },
        { name: 'effects more than one', value: rows.filter(({ n }) => Number(n) > 1).length, atMost: 0 },
        { name: 'effects of what was not asked for', value: rows.length - effective, atMost: 0 },
        { name: 'dry runs that differ', value: new Set(sets).size - 1, atMost: 0 },
        { name: 'replayed otherwise than in the dry run', value: Number(replayed.join() !== sets[0]), atMost: 0 },
        { name: 'cases not replayed', value: wanted - (await countCases(arena, { state: 'replayed' })), atMost: 0 },
        {
          name: 'other cases not open',
          value: others - (await countCases(arena, { state: 'open' })),
          atMost: 0,
        },
        { name: 'failed again', value: ended.reduce((sum, job) => sum + job.failed, 0), atMost: 0 },
        {
          name: 'starts with an effect, of 10 clicks',
          value: effects.reduce((sum, one) => sum + one, 0),
          atLeast: 2,
          atMost: 2,
        },
        {
          name: 'starts on record',
          value: actions.filter(({ action }) => action === 'replay.start').length,
          atLeast: 2,
          atMost: 2,
        },
        {
          name: 'records on the original topics',
          value: (await recordCount(arena, wantedTopic)) + (await recordCount(arena, otherTopic)),
          atMost: 0,
        },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'letters of the set', value: plans[0]!.set.length, atLeast: wanted },
        { name: 'kills while a job was running', value: hit('ops'), atLeast: kills },
        { name: 'database losses while a job was running', value: hit('the database'), atLeast: outages },
        { name: 'published', value: await recordCount(arena, replayTopic), atLeast: wanted },
      ],
    };
  },
};
