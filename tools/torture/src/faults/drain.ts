import { setTimeout as pause } from 'node:timers/promises';
import { type FaultTest } from '../fault-test.js';

const sizes = {
  short: { events: 4_000, users: 400, stops: 3, perSecond: 500 },
  full: { events: 20_000, users: 2_000, stops: 5, perSecond: 600 },
};

export const drain: FaultTest = {
  name: 'drain',
  fault: 'SIGTERM to one of two consumers under load, 5 times',
  async run(arena, length) {
    const { events, users, stops, perSecond } = sizes[length];
    const schedule = arena.random.branch('stops');
    await arena.startConsumers(2);
    const ends: { code: number | null; ms: number }[] = [];
    await arena.feedDuring({ events, users }, { perSecond, batch: 200 }, async () => {
      for (let stop = 0; stop < stops; stop++) {
        await pause(schedule.between(1_000, 3_000));
        const victim = schedule.pick(arena.consumers);
        await victim.ready();
        const during = await arena.duringWork();
        const end = victim.terminate();
        arena.fault('SIGTERM', victim.name, during);
        ends.push(await end);
      }
    });
    await arena.drain(60_000);
    await arena.takeStock();
    return {
      figures: [
        { name: 'longest exit', value: Math.max(...ends.map(({ ms }) => ms)) / 1000, unit: 's', atMost: 15 },
        { name: 'exits with another code than 0', value: ends.filter(({ code }) => code !== 0).length, atMost: 0 },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
        { name: 'redelivered', value: arena.redelivered() },
      ],
      proofs: [
        { name: 'stops during work', value: arena.history.count('fault', ({ during }) => during > 0), atLeast: 1 },
      ],
    };
  },
};
