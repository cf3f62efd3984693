import { type Benchmark } from '../benchmark.js';
import { countHints, drainBy, drainWarm, mustHold, reach, warmEvents } from '../drain.js';
import { allTopics, type Load, preload, recordCount, subscribeOne } from '../load.js';
import { startApp } from '../process.js';
import { type Site, withSite } from '../site.js';
import { mustEqual } from '../void-run.js';

const events = 100_000;
const poisonEvery = 100;
/** In turn: no JSON, no object, fields missing, a wrong type, no bytes at all. */
const poison = ['{"orderNumber": "1"', '[]', '{}', '{"userId": {"$ne": 1}}', ''];

async function clean(): Promise<number> {
  return withSite(async (site) => {
    await subscribeOne(site);
    return (await drainWarm(site, allTopics, events)).perSecond;
  });
}

async function poisoned(): Promise<number> {
  return withSite(async (site) => {
    await subscribeOne(site);
    const { perSecond } = await drainWarm(site, spoilt, events, good);
    const bad = (warmEvents + events) / poisonEvery;
    const letters = spoilt.topics.map((topic) => `${topic}.DLT`);
    await reach('dead letters', () => recordCount(site, letters), bad);
    mustEqual('dead letters', await recordCount(site, letters), bad);
    return perSecond;
  });
}

/** A broadcast's place is 0 in 1,000; poison keeps off it, so that both loads have the same number of them. */
const spoilt: Load = {
  topics: allTopics.topics,
  event(number) {
    const event = allTopics.event(number);
    if (number % poisonEvery !== 50) return event;
    return { ...event, value: poison[Math.floor(number / poisonEvery) % poison.length] ?? '' };
  },
};

const good = (count: number) => count - count / poisonEvery;

export const poisonBenchmark: Benchmark = {
  name: 'poison',
  what: `the drain of persist with 1 % of ${events.toLocaleString('en')} records unreadable, each of them acknowledged on its .DLT topic, against the same without`,
  figures: {
    ratio: { label: 'the rest ÷ clean', digits: 2, must: { atLeast: 0.9 }, aim: 0.97 },
    perSecond: { label: 'the rest, events/s' },
    clean: { label: 'clean, events/s' },
  },
  run: async () => {
    const unspoilt = await clean();
    const perSecond = await poisoned();
    return { ratio: perSecond / unspoilt, perSecond, clean: unspoilt };
  },
};

export const replay: Benchmark = {
  name: 'replay',
  what: `all ${events.toLocaleString('en')} events once more after they were drained, as new records`,
  figures: {
    newRows: { label: 'new rows', must: { atMost: 0 } },
    newHints: { label: 'hints for true duplicates', must: { atMost: 0 } },
    perSecond: { label: 'duplicates absorbed, events/s' },
  },
  run: () =>
    withSite(async (site) => {
      await subscribeOne(site);
      await preload(site, allTopics, events);
      using hints = await countHints(site);
      await using consumer = await startApp(site, 'consumer');
      await drainBy(consumer, site, events);
      await reach('hints on Redis', hints.count, events);
      const before = hints.count();
      const began = performance.now();
      await preload(site, allTopics, events);
      await reach('consumed records', () => consumed(site), 2 * events);
      const seconds = (performance.now() - began) / 1000;
      const newRows = (await site.number('SELECT COUNT(*) FROM notification')) - events;
      if (newRows === 0) await mustHold(site, events);
      return { newRows, newHints: hints.count() - before, perSecond: events / seconds };
    }),
};

/** Records behind the group's committed offsets. */
async function consumed(site: Site): Promise<number> {
  const committed = await site.admin.fetchOffsets({ groupId: 'notification-group', topics: allTopics.topics });
  return committed
    .flatMap(({ partitions }) => partitions)
    .reduce((sum, one) => sum + Math.max(0, Number(one.offset)), 0);
}
