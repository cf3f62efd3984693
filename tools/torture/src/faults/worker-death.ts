import { setTimeout as pause } from 'node:timers/promises';
import { type Arena } from '../arena.js';
import { Deliveries } from '../deliveries.js';
import { leaseRanOut } from '../delivery-checker.js';
import { type FaultTest } from '../fault-test.js';
import { dispatchParked } from '../parked-dispatcher.js';
import { Providers } from '../providers.js';
import { type Random } from '../random.js';
import { until } from '../until.js';

/** Places of a channel's FAIL_POINT, in their order: where nobody has noted yet what became of a delivery. */
const points = ['claimed', 'sent', 'concluding'] as const;
/** At which passing, at most; a claim is one for several. */
const passings = { short: { claimed: 4, sent: 40, concluding: 40 }, full: { claimed: 20, sent: 100, concluding: 100 } };
/** Few, or those that are in hand at each of many deaths would run out of attempts, and be parked whatever the policy. */
const atOnce = 5;

const sizes = {
  short: {
    workers: { email: 1, push: 1, sms: 2 },
    each: 150,
    perSecond: 30,
    times: 1,
    parkedTimes: 1,
    kills: 1,
    everyMs: { from: 500, to: 1_000 },
  },
  full: {
    workers: { email: 2, push: 2, sms: 2 },
    each: 2_500,
    perSecond: 30,
    times: 20,
    parkedTimes: 10,
    kills: 10,
    everyMs: { from: 3_000, to: 8_000 },
  },
};
const channels = ['email', 'push', 'sms'] as const;
const crashesWithinMs = { short: 60_000, full: 900_000 };
const settleMs = 120_000;

export const workerDeath: FaultTest = {
  name: 'worker-death',
  fault:
    '2,500 mails, 2,500 pushes and as many texts of a channel that parks, or more; kill -9 of a random worker 10 times, and at 3 fail points 20 times each (10 where it parks)',
  async run(arena, length) {
    const { workers, each, perSecond, times, parkedTimes, kills, everyMs } = sizes[length];
    const random = arena.random.branch('deaths');
    const providers = await Providers.open(arena);
    const deliveries = await Deliveries.open(arena, ['email', 'push', 'sms']);
    const retried = schedule(random, times, passings[length]);
    const middle = Math.floor(retried.length / 2);
    const crashes = {
      email: retried.slice(0, middle),
      push: retried.slice(middle),
      sms: schedule(random, parkedTimes, passings[length]),
    };
    const planned = 3 * (times + parkedTimes);
    // Each start takes the next crash; when none is left, it runs on.
    const arm = (channel: keyof typeof crashes) => () => ({
      FAIL_POINT: crashes[channel].shift(),
      SEND_CONCURRENCY: String(atOnce),
    });
    await Promise.all([
      ...channels.map((channel) => arena.startChannel(channel, workers[channel], providers, arm(channel))),
      arena.startConsumers(1),
    ]);
    await dispatchParked(arena);

    const crashed = () => arena.history.count('exit', ({ signal, asked }) => signal === 'SIGKILL' && !asked);
    await deliveries.planDuring(each, { perSecond }, async () => {
      const limitMs = crashesWithinMs[length];
      const ms = await until(() => crashed() >= planned, { withinMs: limitMs, everyMs: 200 });
      arena.history.add({ kind: 'recovered', what: `${planned} crashes`, ms, limitMs });
      for (let kill = 0; kill < kills; kill++) {
        await pause(random.between(everyMs.from, everyMs.to));
        const victim = random.pick(arena.workers);
        await victim.ready();
        const during = await deliveries.duringWork();
        victim.kill();
        arena.fault('kill -9', victim.name, during);
      }
    });
    await deliveries.settle(settleMs);
    await deliveries.takeStock();
    const letters = await Promise.all(channels.map((one) => deliveries.deadLetters(one)));
    return {
      figures: [
        { name: 'exits other than at a point', value: arena.surprises() - crashed(), atMost: 0 },
        { name: 'dead letters', value: letters.reduce((sum, count) => sum + count, 0), atMost: 0 },
        { name: 'mails and pushes that came again', value: deliveries.repeats('email') + deliveries.repeats('push') },
        { name: 'texts that came again', value: deliveries.repeats('sms'), atMost: 0 },
        { name: 'texts parked as unknown', value: deliveries.parked('sms') },
        { name: 'of them arrived', value: parkedAndArrived(arena) },
        // Their worker would have died at every attempt they have.
        { name: 'mails and pushes parked', value: deliveries.parked('email') + deliveries.parked('push'), atMost: 0 },
      ],
      proofs: [
        { name: 'crashes at their points', value: crashed(), atLeast: planned },
        {
          name: 'kills while something was being sent',
          value: arena.history.count('fault', ({ during }) => during > 0),
          atLeast: kills,
        },
        { name: 'taken back from the dead', value: takenBack(arena), atLeast: planned },
        // At "sent" and at "concluding" at least the one that passed it.
        {
          name: 'repeats excused by a death',
          value: deliveries.repeats('email') + deliveries.repeats('push'),
          atLeast: times,
        },
        { name: 'parked', value: deliveries.parked('sms'), atLeast: parkedTimes },
      ],
    };
  },
};

/** Every point as often as wanted, in random order, each at one of its first passings. */
function schedule(random: Random, times: number, latest: Record<(typeof points)[number], number>): string[] {
  return Array.from({ length: times }, () => points)
    .flat()
    .map((point) => ({ crash: `${point}:${random.between(1, latest[point])}`, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ crash }) => crash);
}

const takenBack = ({ history }: Arena): number =>
  history
    .all('delivery')
    .reduce((sum, { tries }) => sum + tries.filter(({ reason }) => reason === leaseRanOut).length, 0);

/** Of what nobody knows whether it was sent, what was. */
function parkedAndArrived({ history }: Arena): number {
  const parked = new Set(history.all('delivery').flatMap((row) => (row.state === 'unknown' ? [row.delivery] : [])));
  return new Set(history.all('arrived').flatMap(({ key }) => (parked.has(key) ? [key] : []))).size;
}
