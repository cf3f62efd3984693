import { setTimeout as pause } from 'node:timers/promises';
import { type FaultTest } from '../fault-test.js';
import { poisons } from '../poisons.js';
import { until } from '../until.js';
import { workload } from '../workload.js';

const sizes = {
  short: { events: 3_500, users: 300, perSecond: 600 },
  full: { events: 10_500, users: 1_000, perSecond: 600 },
};

export const poison: FaultTest = {
  name: 'poison',
  fault: `${poisons.length} kinds of records that nobody can process, 1 % of 10,500`,
  async run(arena, length) {
    const { events, users, perSecond } = sizes[length];
    await arena.startConsumers(1);
    const [consumer] = arena.consumers;
    const joins = () => arena.counted('allim_kafka_rebalances_total');
    await until(() => joins() > 0, { withinMs: 10_000 });
    const joinsBefore = joins();

    const feeding = arena.feed(workload(arena.random, { events, users }), { perSecond });
    const schedule = arena.random.branch('poison');
    const count = events / 100;
    for (let sent = 0; sent < count; sent++) {
      await arena.poison(poisons[sent % poisons.length]!);
      await pause(schedule.between(0, (2_000 * events) / perSecond / count) * 0.9);
    }
    await feeding;
    await arena.drain(60_000);
    await consumer?.look();
    await arena.takeStock();
    return {
      figures: [
        { name: 'restarts', value: arena.history.count('exit'), atMost: 0 },
        { name: 'rebalances', value: joins() - joinsBefore, atMost: 0 },
      ],
      proofs: [
        { name: 'kinds', value: Math.min(count, poisons.length), atLeast: 25 },
        { name: 'dead letters', value: arena.counted('allim_kafka_dead_letters_total'), atLeast: count },
      ],
    };
  },
};
