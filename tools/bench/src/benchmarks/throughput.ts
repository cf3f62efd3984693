import { type Benchmark } from '../benchmark.js';
import { ceiling } from '../ceiling.js';
import { drainByReference, drainWarm, drainWithHints, warmEvents } from '../drain.js';
import { allTopics, hotTopic, type Load, preload, subscribeOne } from '../load.js';
import { withSite } from '../site.js';

const events = 100_000;
/** The reference is slow and its rate does not depend on how many there are. */
const referenceEvents = { all: 8_000, hot: 3_000 };

const againstReference = (load: Load, forReference: number) =>
  withSite(async (site) => {
    const reference = await drainByReference(site, load, forReference);
    await subscribeOne(site);
    await preload(site, load, events);
    const { perSecond, rssMb, startSeconds, cpuMicroseconds } = await drainWithHints(site, events);
    return { ratio: perSecond / reference, perSecond, reference, rssMb, startSeconds, cpuMicroseconds };
  });

export const drainAll: Benchmark = {
  name: 'drain',
  what: `${events.toLocaleString('en')} preloaded events on 15 topics × 3 partitions, to a committed row and a hint on Redis`,
  figures: {
    ratio: { label: 'ours ÷ reference', digits: 1, must: { atLeast: 8 }, aim: 12 },
    perSecond: { label: 'ours, events/s' },
    reference: { label: 'reference, events/s' },
    rssMb: { label: 'consumer, peak RSS, MB', must: { atMost: 250 }, aim: 180 },
    startSeconds: { label: 'consumer, start to its first committed row, s', digits: 2, must: { atMost: 3 }, aim: 1.5 },
    cpuMicroseconds: { label: 'consumer, processor time per event, µs' },
  },
  run: () => againstReference(allTopics, referenceEvents.all),
};

export const drainHot: Benchmark = {
  name: 'hot-topic',
  what: `${events.toLocaleString('en')} preloaded events on one topic of 3 partitions, to a committed row and a hint on Redis`,
  figures: {
    ratio: { label: 'ours ÷ reference', digits: 1, must: { atLeast: 15 }, aim: 30 },
    perSecond: { label: 'ours, events/s' },
    reference: { label: 'reference, events/s' },
  },
  run: async () => {
    const { ratio, perSecond, reference } = await againstReference(hotTopic, referenceEvents.hot);
    return { ratio, perSecond, reference };
  },
};

export const persist: Benchmark = {
  name: 'persist',
  what: `${events.toLocaleString('en')} preloaded events, Kafka → committed rows, nobody listening, by a consumer that has just been started on servers that are warm (they have drained ${warmEvents.toLocaleString('en')} others), against a raw insert of the same rows (500 a statement, two connections)`,
  figures: {
    ratio: { label: 'ours ÷ ceiling', digits: 2, must: { atLeast: 0.35 }, aim: 0.55 },
    perSecond: { label: 'ours, rows/s' },
    ceiling: { label: 'ceiling, events/s' },
    notifications: { label: 'the ceiling of the notification rows alone, events/s' },
  },
  run: () =>
    withSite(async (site) => {
      const raw = await ceiling(site, allTopics, events);
      await subscribeOne(site);
      const { perSecond } = await drainWarm(site, allTopics, events);
      return { ratio: perSecond / raw.sameRows, perSecond, ceiling: raw.sameRows, notifications: raw.notifications };
    }),
};
