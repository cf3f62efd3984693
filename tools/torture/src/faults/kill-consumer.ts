import { setTimeout as pause } from 'node:timers/promises';
import { type FaultTest } from '../fault-test.js';

const sizes = {
  short: { events: 3_000, users: 300, kills: 2, everyMs: { from: 3_000, to: 5_000 }, perSecond: 400 },
  full: { events: 20_000, users: 2_000, kills: 10, everyMs: { from: 4_000, to: 8_000 }, perSecond: 400 },
};

export const killConsumer: FaultTest = {
  name: 'kill-consumer',
  fault:
    'kill -9 of a random one of two consumers every 4–8 s, 10 times; 20,000 events of 2,000 users, 20 % produced twice',
  async run(arena, length) {
    const { events, users, kills, everyMs, perSecond } = sizes[length];
    const schedule = arena.random.branch('kills');
    await arena.startConsumers(2);
    let killed = 0;
    await arena.feedDuring({ events, users, twice: 0.2 }, { perSecond }, async () => {
      for (let kill = 0; kill < kills; kill++) {
        await pause(schedule.between(everyMs.from, everyMs.to));
        const victim = schedule.pick(arena.consumers);
        const during = await arena.duringWork();
        victim.kill();
        arena.fault('kill -9', victim.name, during);
      }
      killed = Date.now();
    });
    await arena.drain(Math.max(1, 60_000 - (Date.now() - killed)));
    const drained = (Date.now() - killed) / 1000;
    await arena.takeStock();
    return {
      figures: [
        { name: 'lag 0 after the last kill', value: drained, unit: 's', atMost: 60 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'kills during work', value: arena.history.count('fault', ({ during }) => during > 0), atLeast: 1 },
        { name: 'redelivered', value: arena.redelivered(), atLeast: 1 },
        {
          name: 'duplicates absorbed',
          value: arena.counted('allim_consumer_events_total', { outcome: 'duplicate' }),
          atLeast: 1,
        },
      ],
    };
  },
};
