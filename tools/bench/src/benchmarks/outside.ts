import { type Benchmark } from '../benchmark.js';
import { drain } from '../drain.js';
import { preload, reachable } from '../load.js';
import { introduceEverybody } from '../people.js';
import { type Site, withSite } from '../site.js';
import { mustEqual } from '../void-run.js';

const events = 50_000;

/** What e-mail and push cost the consumer: two more rows for each event, and the commands that its dispatcher publishes meanwhile. */
export const outside: Benchmark = {
  name: 'outside',
  what: `${events.toLocaleString('en')} preloaded events of ${reachable.topics.length} topics with e-mail and push, to committed rows: for people with an address and a device (and the dispatcher at work), against the same for strangers, who have an inbox only`,
  figures: {
    ratio: { label: 'with e-mail and push ÷ inbox only', digits: 2, must: { atLeast: 0.5 } },
    perSecond: { label: 'with e-mail and push, events/s' },
    inboxOnly: { label: 'inbox only, events/s' },
    dispatched: { label: 'of the deliveries, dispatched by then, %' },
    rssMb: { label: 'consumer, peak RSS, MB', must: { atMost: 250 } },
  },
  async run() {
    const inboxOnly = await drainFor(async () => {});
    const known = await drainFor(introduceEverybody);
    mustEqual('deliveries of strangers', inboxOnly.deliveries, 0);
    mustEqual('deliveries', known.deliveries, 2 * events);
    return {
      ratio: known.perSecond / inboxOnly.perSecond,
      perSecond: known.perSecond,
      inboxOnly: inboxOnly.perSecond,
      dispatched: (100 * known.dispatched) / known.deliveries,
      rssMb: known.rssMb,
    };
  },
};

const drainFor = (prepare: (site: Site) => Promise<void>) =>
  withSite(async (site) => {
    await prepare(site);
    await preload(site, reachable, events);
    const { perSecond, rssMb } = await drain(site, events);
    const deliveries = await site.number('SELECT COUNT(*) FROM delivery');
    const dispatched = await site.number("SELECT COUNT(*) FROM delivery WHERE state = 'dispatched'");
    return { perSecond, rssMb, deliveries, dispatched };
  });
