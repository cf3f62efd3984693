import { setTimeout as pause } from 'node:timers/promises';
import { type FaultTest } from '../fault-test.js';

const sizes = {
  short: { events: 3_000, users: 300, perSecond: 300, awayMs: [1_000, 1_000] },
  /** The second one longer than a consumer may go without a sign of progress. */
  full: { events: 20_000, users: 2_000, perSecond: 300, awayMs: [5_000, 45_000] },
};
const recoveryMs = 30_000;
/** Without a heartbeat or a fetch for so long, plus what a look takes, no consumer may call itself live. */
const deadAfterMs = 32_000;

export const brokerLoss: FaultTest = {
  name: 'broker-loss',
  fault: 'Kafka kill -9 under load, away for 5 s and for 45 s',
  async run(arena, length) {
    const { events, users, perSecond, awayMs } = sizes[length];
    const { kafka } = arena.stack;
    const schedule = arena.random.branch('kills');
    await arena.startConsumers(2);
    let looksWhileDead = 0;
    let liveWhileDead = 0;
    let slowest = 0;
    await arena.feedDuring({ events, users }, { perSecond }, async () => {
      for (const away of awayMs) {
        await pause(schedule.between(1_500, 3_000));
        arena.fault('kill -9', 'Kafka', await arena.duringWork());
        await kafka.kill();
        const gone = Date.now();
        await pause(away);
        const looks = arena.consumers.flatMap((one) => one.looks).filter(({ at }) => at > gone + deadAfterMs);
        looksWhileDead += looks.length;
        liveWhileDead += looks.filter(({ live }) => live).length;
        const before = await arena.savedRows();
        await kafka.start();
        const ms = await arena.savesAgain(before, recoveryMs);
        arena.history.add({ kind: 'recovered', what: 'consuming after kill -9 of Kafka', ms, limitMs: recoveryMs });
        slowest = Math.max(slowest, ms ?? Number.POSITIVE_INFINITY);
      }
    });
    await arena.drain(60_000);
    await arena.takeStock();
    return {
      figures: [
        { name: 'slowest recovery', value: slowest / 1000, unit: 's', atMost: recoveryMs / 1000 },
        { name: 'live answers of dead consumers', value: liveWhileDead, atMost: 0 },
        { name: 'consumers that ended and were started again', value: arena.surprises() },
      ],
      proofs: [
        {
          name: 'kills under load',
          value: arena.history.count('fault', ({ during }) => during > 0),
          atLeast: awayMs.length,
        },
        // Only an absence that is long enough makes dead consumers.
        { name: 'looks at dead consumers', value: looksWhileDead, atLeast: Math.max(...awayMs) > deadAfterMs ? 1 : 0 },
      ],
    };
  },
};
