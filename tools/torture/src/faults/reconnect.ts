import { setTimeout as pause } from 'node:timers/promises';
import { Clients } from '../clients.js';
import { CuttingProxy } from '../cutting-proxy.js';
import { type FaultTest } from '../fault-test.js';

const sizes = {
  short: { events: 2_000, clients: 40, perSecond: 200, cuts: 150, cutsPerSecond: 20 },
  full: { events: 20_000, clients: 200, perSecond: 300, cuts: 2_000, cutsPerSecond: 32 },
};
const catchUpMs = 60_000;

export const reconnect: FaultTest = {
  name: 'reconnect',
  fault:
    '200 clients before two api nodes, 2,000 connections cut, each coming back to a random node, during 20,000 notifications',
  async run(arena, length) {
    const { events, clients: count, perSecond, cuts, cutsPerSecond } = sizes[length];
    await Promise.all([arena.startConsumers(1), arena.startApis(2)]);
    const nodes = arena.random.branch('nodes');
    const connections = new Map(arena.apis.map((api) => [api, 0]));
    const balancer = await CuttingProxy.open(() => {
      const node = nodes.pick(arena.apis);
      connections.set(node, (connections.get(node) ?? 0) + 1);
      return node.port;
    });
    arena.onClose(() => balancer.close());
    const clients = await Clients.connect(arena, count, () => `http://127.0.0.1:${balancer.port}`);
    const schedule = arena.random.branch('cuts');
    await arena.feedDuring({ events, users: count }, { perSecond, batch: 10 }, async () => {
      for (let cut = 0; cut < cuts; ) {
        await pause((2_000 / cutsPerSecond) * schedule.next());
        if (!balancer.cutOne(schedule.next())) continue;
        cut++;
        arena.fault('cut', 'a client’s connection', 1);
      }
    });
    await arena.drain(60_000);
    const caughtUp = await clients.caughtUp(arena, catchUpMs);
    await arena.takeStock();
    return {
      figures: [
        {
          name: 'all caught up after the end of the load',
          value: (caughtUp ?? Number.NaN) / 1000,
          unit: 's',
          atMost: catchUpMs / 1000,
        },
        { name: 'exits nobody asked for', value: arena.surprises(), atMost: 0 },
      ],
      proofs: [
        { name: 'cuts', value: arena.history.count('fault'), atLeast: cuts },
        { name: 'connections to each node', value: Math.min(...connections.values()), atLeast: cuts / 3 },
        { name: 'notifications received', value: clients.received, atLeast: events },
      ],
    };
  },
};
