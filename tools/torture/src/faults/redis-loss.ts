import { setTimeout as pause } from 'node:timers/promises';
import { Clients } from '../clients.js';
import { type FaultTest } from '../fault-test.js';
import { type Program } from '../program.js';

const sizes = {
  short: { events: 2_000, clients: 20, perSecond: 200, losses: 1, awayMs: 3_000 },
  full: { events: 10_000, clients: 100, perSecond: 200, losses: 3, awayMs: 10_000 },
};
const warmMs = 3_000;
const catchUpMs = 60_000;

export const redisLoss: FaultTest = {
  name: 'redis-loss',
  fault: 'Redis kill -9 for 10 s, 3 times, with 100 clients on two api nodes',
  async run(arena, length) {
    const { events, clients: count, perSecond, losses, awayMs } = sizes[length];
    const { redis } = arena.stack;
    const schedule = arena.random.branch('losses');
    await Promise.all([arena.startConsumers(1), arena.startApis(2)]);
    const programs = [...arena.consumers, ...arena.apis];
    const clients = await Clients.connect(arena, count, (index) => arena.apis[index % 2]!.url);
    let before = new Map<string, number>();
    await arena.feedDuring({ events, users: count }, { perSecond }, async () => {
      await pause(warmMs);
      before = largest(programs);
      for (let loss = 0; loss < losses; loss++) {
        await pause(schedule.between(500, 1_500));
        arena.fault('kill -9', 'Redis', await arena.duringWork());
        await redis.kill();
        await pause(awayMs);
        await redis.start();
      }
    });
    await arena.drain(60_000);
    const caughtUp = await clients.caughtUp(arena, catchUpMs);
    await Promise.all(programs.map((one) => one.look()));
    await arena.takeStock();
    return {
      figures: [
        { name: 'processes that exited', value: arena.history.count('exit'), atMost: 0 },
        ...[...largest(programs)].map(([name, mb]) => ({
          name: `growth of ${name}`,
          value: mb - (before.get(name) ?? 0),
          unit: 'MB',
          atMost: 50,
        })),
        {
          name: 'all caught up after the end of the load',
          value: (caughtUp ?? Number.NaN) / 1000,
          unit: 's',
          atMost: catchUpMs / 1000,
        },
      ],
      proofs: [
        { name: 'losses under load', value: arena.history.count('fault', ({ during }) => during > 0), atLeast: losses },
        { name: 'hints lost', value: arena.counted('allim_consumer_hints_total', { result: 'lost' }), atLeast: 1 },
        { name: 'notifications received', value: clients.received, atLeast: events },
      ],
    };
  },
};

/** The most memory each program was seen with so far, in MB. */
function largest(programs: readonly Program[]): Map<string, number> {
  return new Map(programs.map(({ name, looks }) => [name, Math.max(...looks.map(({ rssMb }) => rssMb))]));
}
