import { type Arena } from '../arena.js';
import { type FaultTest } from '../fault-test.js';
import { poisons } from '../poisons.js';
import { type Random } from '../random.js';
import { until } from '../until.js';

/** Places of the consumer's FAIL_POINT, in their order. */
const points = ['planned', 'saved', 'hinted', 'letters-acknowledged', 'resolved', 'offsets-committed'];

const sizes = {
  short: { times: 1, limitMs: 60_000 },
  full: { times: 10, limitMs: 600_000 },
};
const load = { events: 150, users: 500, perSecond: 150 };
const consumers = 3;

export const crashPoints: FaultTest = {
  name: 'crash-points',
  fault: 'three consumers under load, each killed when it passes a point between two effects: 6 points, 10 times each',
  async run(arena, length) {
    const { times, limitMs } = sizes[length];
    const crashes = schedule(arena.random.branch('points'), times);
    const planned = crashes.length;
    await arena.listenToHints();
    // Each start takes the next crash; when none is left, it runs on.
    await arena.startConsumers(consumers, () => ({ FAIL_POINT: crashes.shift() }));

    // Poison on every partition in turn, so that whoever waits for dead letters gets one.
    const bury = () =>
      arena.poison({ ...arena.random.pick(poisons), key: String(arena.random.next()) }, { again: true });
    const crashed = () => arena.history.count('exit', ({ signal, asked }) => signal === 'SIGKILL' && !asked);
    await arena.feedDuring(load, load, async () => {
      const ms = await until(
        async () => {
          await bury();
          return crashed() >= planned;
        },
        { withinMs: limitMs, everyMs: 500 },
      );
      arena.history.add({ kind: 'recovered', what: `${planned} crashes`, ms, limitMs });
    });
    await arena.drain(60_000);
    await arena.takeStock();
    return {
      figures: [
        { name: 'exits other than at a point', value: arena.surprises() - crashed(), atMost: 0 },
        { name: 'hints made good by a position', value: unhinted(arena) },
      ],
      proofs: [
        { name: 'crashes at their points', value: crashed(), atLeast: planned },
        { name: 'redelivered', value: arena.redelivered(), atLeast: 1 },
      ],
    };
  },
};

/** Every point as often as wanted, in random order, each at one of its first passings. */
function schedule(random: Random, times: number): string[] {
  return Array.from({ length: times }, () => points)
    .flat()
    .map((point) => ({
      crash: `${point}:${random.between(1, point === 'letters-acknowledged' ? 1 : 5)}`,
      place: random.next(),
    }))
    .toSorted((a, b) => a.place - b.place)
    .map(({ crash }) => crash);
}

function unhinted({ history }: Arena): number {
  const hinted = new Set(history.entries.flatMap((one) => (one.kind === 'hinted' ? [`${one.user}/${one.id}`] : [])));
  return history.count('row', ({ user, id }) => !hinted.has(`${user}/${id}`));
}
