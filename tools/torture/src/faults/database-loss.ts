import { setTimeout as pause } from 'node:timers/promises';
import { type Arena } from '../arena.js';
import { CuttingProxy, type Fate } from '../cutting-proxy.js';
import { type FaultTest } from '../fault-test.js';
import { type Random } from '../random.js';
import { until } from '../until.js';

const sizes = {
  short: { events: 4_000, users: 400, perSecond: 250, kills: 1, stops: 1, stoppedMs: 2_000, cuts: 4 },
  full: { events: 20_000, users: 2_000, perSecond: 200, kills: 3, stops: 2, stoppedMs: 20_000, cuts: 20 },
};
const recoveryMs = 10_000;
const cutWithinMs = 10_000;

export const databaseLoss: FaultTest = {
  name: 'database-loss',
  fault:
    'MariaDB kill -9 ×3, stopped for 20 s ×2, connection cut on COMMIT ×20 (before or after the server got it), during 20,000 events',
  async run(arena, length) {
    const { events, users, perSecond, kills, stops, stoppedMs, cuts } = sizes[length];
    const { database } = arena.stack;
    const schedule = arena.random.branch('faults');
    const cutter = new CommitCutter();
    const proxy = await CuttingProxy.open(
      () => database.port,
      (chunk) => cutter.fate(chunk),
    );
    arena.onClose(() => proxy.close());
    await arena.startConsumers(2, () => ({ DATABASE_URL: `mysql://root@127.0.0.1:${proxy.port}/allim` }));

    const faults = shuffled(schedule, [
      ...Array<'kill'>(kills).fill('kill'),
      ...Array<'stop'>(stops).fill('stop'),
      ...Array<'cut'>(cuts).fill('cut'),
    ]);
    await arena.feedDuring({ events, users }, { perSecond }, async () => {
      for (const fault of faults) {
        await pause(schedule.between(100, 500));
        if (fault === 'cut') {
          const fate = schedule.pick(['cut before', 'cut after'] as const);
          const during = await arena.duringWork();
          if (await cutter.cut(fate)) arena.fault(`COMMIT ${fate}`, 'connection', during);
          continue;
        }
        arena.fault(fault, 'MariaDB', await arena.duringWork());
        if (fault === 'kill') await database.kill();
        else {
          await database.stop();
          await pause(stoppedMs);
        }
        await database.start();
        await savesAgain(arena, fault);
      }
    });
    await arena.drain(60_000);
    await arena.takeStock();
    const hit = (name: string) =>
      arena.history.count('fault', ({ fault, during }) => during > 0 && fault.startsWith(name));
    return {
      figures: [
        { name: 'slowest recovery', value: slowest(arena), unit: 's', atMost: recoveryMs / 1000 },
        { name: 'dead letters', value: arena.history.count('letter'), atMost: 0 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'kills during work', value: hit('kill'), atLeast: kills },
        { name: 'stops during work', value: hit('stop'), atLeast: stops },
        { name: 'cuts on COMMIT', value: hit('COMMIT'), atLeast: cuts },
        { name: 'waits for the database', value: arena.counted('allim_kafka_infrastructure_waits_total'), atLeast: 1 },
        { name: 'redelivered', value: arena.redelivered(), atLeast: 1 },
      ],
    };
  },
};

async function savesAgain(arena: Arena, fault: string): Promise<void> {
  const ms = await arena.savesAgain(await arena.savedRows(), recoveryMs);
  arena.history.add({ kind: 'recovered', what: `consuming after ${fault}`, ms, limitMs: recoveryMs });
}

function slowest({ history }: Arena): number {
  const times = history.entries.flatMap((one) =>
    one.kind === 'recovered' && one.what.startsWith('consuming') ? [one.ms] : [],
  );
  return Math.max(...times.map((ms) => ms ?? Number.POSITIVE_INFINITY)) / 1000;
}

const commits = ['\x03COMMIT', ';COMMIT'].map((end) => Buffer.from(end));

/** Cuts the next connection that sends COMMIT. */
class CommitCutter {
  private next: Fate = 'pass';

  fate(chunk: Buffer): Fate {
    // The last statement of a packet: alone after COM_QUERY, or behind what was deferred to it.
    if (this.next === 'pass' || !commits.some((end) => chunk.subarray(-end.length).equals(end))) return 'pass';
    const fate = this.next;
    this.next = 'pass';
    return fate;
  }

  /** Resolves when a connection was cut; false when nobody sent a COMMIT in time. */
  async cut(fate: Fate): Promise<boolean> {
    this.next = fate;
    const ms = await until(() => this.next === 'pass', { withinMs: cutWithinMs, everyMs: 10 });
    this.next = 'pass';
    return ms !== null;
  }
}

function shuffled<Item>(random: Random, items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, place: random.next() }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ item }) => item);
}
