import { setTimeout as pause } from 'node:timers/promises';
import { allLanes, Deliveries } from '../deliveries.js';
import { type FaultTest } from '../fault-test.js';
import { mostWithin } from '../most-within.js';
import { Providers } from '../providers.js';
import { until } from '../until.js';

const perSecond = 50;
const workers = 3;
const sizes = {
  short: { pushes: 500, awayMs: 2_500, betweenMs: 2_000 },
  full: { pushes: 3_000, awayMs: 10_000, betweenMs: 8_000 },
};
const windowMs = 1_000;
/** Of the limit: so much must pass in the end although a worker dies and Redis is gone. */
const leastOfLimit = 0.3;

export const rateLimit: FaultTest = {
  name: 'rate-limit',
  fault: 'three workers with a limit of 50 pushes a second and 3,000 due, one killed, then Redis gone for 10 s',
  async run(arena, length) {
    const { pushes, awayMs, betweenMs } = sizes[length];
    const { redis } = arena.stack;
    const random = arena.random.branch('deaths');
    const providers = await Providers.open(arena);
    const deliveries = await Deliveries.open(arena, ['push']);
    await deliveries.plan(pushes, { perSecond: 10_000, lanes: allLanes });
    await Promise.all([
      arena.startChannel('push', workers, providers, () => ({ RATE_LIMIT_PER_SECOND: String(perSecond) })),
      arena.startConsumers(1),
    ]);
    const arrived = () => arena.history.count('arrived');
    await until(() => arrived() >= perSecond, { withinMs: 30_000 });

    const shared = { from: arena.history.now, count: arrived() };
    await pause(betweenMs);
    const sharedPerSecond = ((arrived() - shared.count) * 1000) / (arena.history.now - shared.from);
    const victim = random.pick(arena.workers);
    const during = await deliveries.duringWork();
    victim.kill();
    arena.fault('kill -9', victim.name, during);
    await pause(betweenMs);

    const before = arrived();
    arena.fault('kill -9', 'Redis', await deliveries.duringWork());
    await redis.kill();
    await pause(awayMs);
    const whileAway = arrived() - before;
    await redis.start();
    await deliveries.settle(Math.max(30_000, (pushes * 1000) / (perSecond * leastOfLimit)));
    await deliveries.takeStock();
    const times = arena.history.all('arrived').map(({ at }) => at);
    return {
      figures: [
        { name: 'most in any second', value: mostWithin(times, windowMs), atMost: 1.1 * perSecond },
        { name: 'while the limit is shared', value: sharedPerSecond, unit: '/s' },
        { name: 'while Redis was gone', value: (whileAway * 1000) / awayMs, unit: '/s' },
        { name: 'came again', value: deliveries.repeats('push') },
        { name: 'dead letters', value: await deliveries.deadLetters('push'), atMost: 0 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'faults while something was being sent', value: arena.history.count('fault'), atLeast: 2 },
        { name: 'sent while Redis was gone', value: whileAway, atLeast: 1 },
        { name: 'pushes', value: times.length, atLeast: pushes },
        {
          name: 'times a lane waited for the limit',
          value: arena.workers.reduce((sum, one) => sum + one.total('allim_channel_rate_limit_waits_total'), 0),
          atLeast: 1,
        },
      ],
    };
  },
};
