import { setTimeout as pause } from 'node:timers/promises';
import { type Benchmark } from '../benchmark.js';
import { ceiling } from '../ceiling.js';
import { mustHold, reach, rowsMade, watch } from '../drain.js';
import { allTopics, preload, subscribeOne, userOf } from '../load.js';
import { type App, type Helper, jwtSecret, startApp, startHelper, whenReady } from '../process.js';
import { type ClientsInput, type Received } from '../programs/socket-clients.js';
import { type Site, withSite } from '../site.js';
import { mustEqual } from '../void-run.js';

const events = 100_000;
const socketCount = 1_000;
const idleSockets = 5_000;
const clientProcesses = 2;
const settleSeconds = 15;

/** Two api nodes, ready. */
export async function startApis(site: Site): Promise<{ urls: string[] } & AsyncDisposable> {
  const apis = await Promise.all([startApp(site, 'api'), startApp(site, 'api')]);
  await Promise.all(apis.map(whenReady));
  return {
    urls: apis.map(({ url }) => url),
    async [Symbol.asyncDispose]() {
      await Promise.all(apis.map((api) => api[Symbol.asyncDispose]()));
    },
  };
}

export async function connectClients(helper: Helper, input: ClientsInput): Promise<void> {
  mustEqual('sockets', await helper.ask<number>('connect', input), input.users.length);
}

export const sockets: Benchmark = {
  name: 'sockets',
  what: `the drain of ${events.toLocaleString('en')} events for 2,000 users, of whom ${socketCount.toLocaleString('en')} have a socket, half of them on each of two api nodes; until every row is committed and every socket has every notification`,
  figures: {
    ratio: { label: 'ours ÷ ceiling', digits: 2, must: { atLeast: 0.2 }, aim: 0.35 },
    perSecond: { label: 'ours, events/s' },
    toSockets: { label: 'notifications on sockets/s' },
    ceiling: { label: 'ceiling, events/s' },
  },
  run: () =>
    withSite(async (site) => {
      const { sameRows: raw } = await ceiling(site, allTopics, events);
      await subscribeOne(site);
      await preload(site, allTopics, events);
      await using apis = await startApis(site);
      await using clients = await startHelper('socket-clients');
      const users = Array.from({ length: socketCount }, (_, index) => userOf(index));
      await connectClients(clients, { urls: apis.urls, users, secret: jwtSecret });
      await using consumer = await startApp(site, 'consumer');
      const { perSecond } = await watch(async () => {
        consumer.mustLive();
        return await rowsMade(site);
      }, events);
      const committed = performance.now();
      const expected = await site.number('SELECT SUM(last_id) FROM inbox WHERE user_id IN (?)', [users]);
      const received = () => clients.ask<Received>('received').then(({ count }) => count);
      await reach('notifications on sockets', received, expected);
      const lateSeconds = (performance.now() - committed) / 1000;
      mustEqual('notifications on sockets', await received(), expected);
      await mustHold(site, events);
      const seconds = events / perSecond + lateSeconds;
      return {
        ratio: events / seconds / raw,
        perSecond: events / seconds,
        toSockets: expected / seconds,
        ceiling: raw,
      };
    }),
};

/** The lowest resident memory in a while of idleness: V8 gives back what start and handshakes left some 8 s after. */
async function settled(api: App): Promise<number> {
  let lowest = Number.POSITIVE_INFINITY;
  for (let second = 0; second < settleSeconds; second++) {
    lowest = Math.min(lowest, api.memory().now);
    await pause(1_000);
  }
  return lowest;
}

export const memory: Benchmark = {
  name: 'memory',
  what: `${idleSockets.toLocaleString('en')} idle sockets on one api node, each of another user; the clients are other processes`,
  figures: {
    perSocketKib: { label: 'api, RSS per idle socket, KiB', digits: 1, must: { atMost: 20 }, aim: 15 },
    beforeMb: { label: 'api, RSS without sockets, MB' },
    withMb: { label: 'api, RSS with them, MB' },
  },
  run: () =>
    withSite(async (site) => {
      await using api = await whenReady(await startApp(site, 'api'));
      const before = await settled(api);
      const each = idleSockets / clientProcesses;
      const helpers = await Promise.all(Array.from({ length: clientProcesses }, () => startHelper('socket-clients')));
      await Promise.all(
        helpers.map((helper, process) =>
          connectClients(helper, {
            urls: [api.url],
            users: Array.from({ length: each }, (_, index) => `idle-${process}-${index}`),
            secret: jwtSecret,
          }),
        ),
      );
      const after = await settled(api);
      const connected = await Promise.all(helpers.map((helper) => helper.ask<number>('connected')));
      mustEqual(
        'sockets still connected',
        connected.reduce((sum, count) => sum + count, 0),
        idleSockets,
      );
      for (const helper of helpers) await helper.kill();
      return { perSocketKib: (after - before) / 1024 / idleSockets, beforeMb: before / 1e6, withMb: after / 1e6 };
    }),
};
