import { setTimeout as pause } from 'node:timers/promises';
import { replayTopic } from '@allim/contracts';
import { type Arena } from '../arena.js';
import { bury, countCases, indexed } from '../dead-records.js';
import { type FaultTest } from '../fault-test.js';
import { readAll } from '../letters.js';
import { mostWithin } from '../most-within.js';
import { type Job, Operator } from '../operator.js';
import { until } from '../until.js';

const sizes = {
  short: { paced: 300, cancelled: 300, runMs: 1_000 },
  full: { paced: 3_000, cancelled: 3_000, runMs: 5_000 },
};
const rate = 50;
const failing = 300;
const canary = 100;
const topic = 'shopping.order.created';
const indexMs = 60_000;
const reason = { reason: 'a test of the pace' };

export const replayPace: FaultTest = {
  name: 'replay-pace',
  fault: '3,000 letters at 50/s; 3,000 more, cancelled under way; 300 whose cause still exists',
  async run(arena, length) {
    const { paced, cancelled, runMs } = sizes[length];
    await arena.startConsumers(1);
    await bury(arena, { topic, errorClass: 'paced', count: paced, name: 'paced' });
    await bury(arena, { topic, errorClass: 'cancelled', count: cancelled, name: 'cancelled', offset: paced });
    await bury(arena, {
      topic,
      errorClass: 'failing',
      count: failing,
      name: 'f',
      offset: paced + cancelled,
      value: '[]',
    });
    await arena.startOps(1, { DEAD_LETTER_LOOK_MS: '500' });
    await indexed(arena, paced + cancelled + failing, indexMs);
    const operator = new Operator(arena, 'operator-1');
    const start = async (errorClass: string, order: object): Promise<Job> => {
      const { job } = await operator.plan({ filter: { class: errorClass }, ...order }, indexMs);
      await operator.ask(`/replay-jobs/${job.job}/start`, reason);
      return job;
    };

    const first = await start('paced', { rate });
    await operator.whenJob(first.job, ['done'], (2_000 * paced) / rate);

    const second = await start('cancelled', { rate: 2 * rate });
    await until(async () => (await operator.job(second.job)).published > 0, { withinMs: indexMs });
    await pause(runMs);
    const cancelledAt = Date.now();
    await operator.ask(`/replay-jobs/${second.job}/cancel`, {});
    const ended = await operator.whenJob(second.job, ['cancelled'], indexMs);
    const endedAfterMs = Date.now() - cancelledAt;

    const third = await start('failing', { rate: 0 });
    const stopped = await operator.whenJob(third.job, ['stopped', 'done'], indexMs);
    await arena.consumers[0]?.look();

    const timesOf = await replayTimes(arena);
    const pacedTimes = timesOf(first);
    const secondsOfPaced = (pacedTimes.at(-1)! - pacedTimes[0]!) / 1_000;
    const openOfCancelled = await arena.sql<{ n: number }>(
      "SELECT COUNT(*) AS n FROM dead_letter WHERE error_class = 'cancelled' AND state = 'open'",
    );
    return {
      figures: [
        {
          name: 'a second, at 50/s',
          value: (pacedTimes.length - 1) / secondsOfPaced,
          atLeast: rate * 0.95,
          atMost: rate * 1.05,
        },
        // A stall is made up for within the second after it.
        { name: 'most in a second', value: mostWithin(pacedTimes, 1_000), atMost: 2 * rate + rate / 10 },
        {
          name: 'last record after the cancel',
          value: Math.max(0, ...timesOf(second).map((at) => at - cancelledAt)),
          unit: 'ms',
          atMost: 1_000,
        },
        { name: 'cancelled after', value: endedAfterMs, unit: 'ms', atMost: 1_500 },
        {
          name: 'records other than published',
          value: timesOf(second).length - ended.published,
          atLeast: 0,
          atMost: 0,
        },
        {
          name: 'rest that is not open',
          value: cancelled - ended.published - Number(openOfCancelled[0]?.n),
          atLeast: 0,
          atMost: 0,
        },
        { name: 'published of the bad run', value: stopped.published, atMost: canary },
        { name: 'bad runs not stopped', value: Number(stopped.state !== 'stopped'), atMost: 0 },
        { name: 'cases lost of the bad run', value: failing - (await failedOf(arena)), atLeast: 0, atMost: 0 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'paced', value: pacedTimes.length, atLeast: paced },
        { name: 'left when it was cancelled', value: ended.total - ended.published, atLeast: 1 },
        { name: 'replayed and notified', value: await countCases(arena, { state: 'replayed' }), atLeast: paced },
        { name: 'failed of the bad run', value: stopped.failed, atLeast: canary },
      ],
    };
  },
};

/** When the records of a job were published, in their order. */
async function replayTimes(arena: Arena): Promise<(job: Job) => number[]> {
  const records = await readAll(arena.stack.kafkaBrokers, arena.admin, [replayTopic]);
  return ({ replayId }) =>
    records
      .filter(({ message }) => String(message.headers?.['allim-replay-id']) === replayId)
      .map(({ message }) => Number(message.timestamp))
      .sort((a, b) => a - b);
}

async function failedOf(arena: Arena): Promise<number> {
  const [row] = await arena.sql<{ n: number }>(
    "SELECT COUNT(*) AS n FROM dead_letter WHERE topic = 'shopping.order.created' AND state = 'open' AND error_class <> 'cancelled'",
  );
  return Number(row?.n);
}
