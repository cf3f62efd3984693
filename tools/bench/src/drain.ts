import { setTimeout as pause } from 'node:timers/promises';
import { after, type Load, preload } from './load.js';
import { type App, startApp } from './process.js';
import { createReferenceTable, referenceRows, startReference } from './reference.js';
import { countOnRedis, type Site, withReferenceBroker } from './site.js';
import { mustEqual, VoidRun } from './void-run.js';

const pollMs = 100;
/** Where a moment counts: until the first row, and near the last. */
const closePollMs = 20;
/** Without a new row for so long, it has stopped. */
const stuckMs = 20_000;

/** Notifications that the inboxes hold or held: exact, and one row per user to read instead of all of them. */
export const rowsMade = (site: Site) => site.number('SELECT SUM(last_id) FROM inbox');

/**
 * Watches a count grow to `expected`.
 *
 * @returns seconds until the first, and how many per second from then on
 */
export async function watch(
  count: () => Promise<number>,
  expected: number,
): Promise<{ firstSeconds: number; perSecond: number }> {
  const began = performance.now();
  let first: { at: number; count: number } | undefined;
  let last = { at: began, count: 0 };
  while (last.count < expected) {
    const now = { count: await count(), at: performance.now() };
    if (now.count > last.count) last = now;
    if (now.count > 0) first ??= now;
    if (now.at - last.at > stuckMs) throw new VoidRun(`stuck at ${last.count} of ${expected}`);
    await pause(now.count > 0 && now.count < 0.9 * expected ? pollMs : closePollMs);
  }
  if (!first || last.count === first.count) throw new VoidRun(`${expected} are too few to be measured`);
  return {
    firstSeconds: (first.at - began) / 1000,
    perSecond: (last.count - first.count) / ((last.at - first.at) / 1000),
  };
}

/** Waits until a count that others drive has reached `expected`. */
export async function reach(what: string, count: () => number | Promise<number>, expected: number): Promise<void> {
  const deadline = Date.now() + stuckMs;
  for (let now = await count(); now < expected; now = await count()) {
    if (Date.now() > deadline) throw new VoidRun(`${what}: ${now}, expected ${expected}`);
    await pause(pollMs);
  }
}

/** Every row that must be there, each once. */
export async function mustHold(site: Site, rows: number): Promise<void> {
  mustEqual('rows in the inboxes', await site.number('SELECT COUNT(*) FROM notification'), rows);
  mustEqual('rows in the ledger', await site.number('SELECT COUNT(*) FROM ledger'), rows);
}

export interface Drained {
  perSecond: number;
  /** From the start of the process to its first committed row. */
  startSeconds: number;
  /** Highest resident memory of the consumer. */
  rssMb: number;
  /** Processor time of the consumer per event. */
  cpuMicroseconds: number;
}

/**
 * Starts a consumer on what is preloaded and lets it drain until `rows` are committed.
 *
 * @param before rows that are there already
 */
export async function drain(site: Site, rows: number, before = 0): Promise<Drained> {
  await using consumer = await startApp(site, 'consumer');
  return await drainBy(consumer, site, rows, before);
}

export async function drainBy(consumer: App, site: Site, rows: number, before = 0): Promise<Drained> {
  const { firstSeconds, perSecond } = await watch(async () => {
    consumer.mustLive();
    return (await rowsMade(site)) - before;
  }, rows);
  await mustHold(site, before + rows);
  return {
    perSecond,
    startSeconds: firstSeconds,
    rssMb: consumer.memory().peak / 1e6,
    cpuMicroseconds: (consumer.cpuSeconds() * 1e6) / rows,
  };
}

/** Drained by another consumer before: a broker that has just been started spends a second of a core on compiling itself. */
export const warmEvents = 30_000;

/**
 * Drains `events` of this load by a consumer that has just been started, on servers that are warm.
 *
 * @param rowsOf how many rows so many events make
 */
export async function drainWarm(
  site: Site,
  load: Load,
  events: number,
  rowsOf: (events: number) => number = (count) => count,
): Promise<Drained> {
  await preload(site, load, warmEvents);
  await drain(site, rowsOf(warmEvents));
  await preload(site, after(warmEvents, load), events);
  return await drain(site, rowsOf(events), rowsOf(warmEvents));
}

/** The same as `drain` with a subscriber on Redis, who must hear of every row. */
export async function drainWithHints(site: Site, rows: number): Promise<Drained> {
  using hints = await countHints(site);
  const drained = await drain(site, rows);
  await reach('hints on Redis', hints.count, rows);
  mustEqual('hints on Redis', hints.count(), rows);
  return drained;
}

/** Notifications and positions that hints tell of; an announcement comes as a hint of its own and counts nothing. */
export const countHints = (site: Site) => countOnRedis(site, 'allim:hints', lines);

function lines(text: string): number {
  if (text.startsWith('a')) return 0;
  let count = 1;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}

/** The reference's rate for this load, on its own broker, to a committed row and a message on Redis. */
export function drainByReference(site: Site, load: Load, events: number): Promise<number> {
  return withReferenceBroker(site, async (own) => {
    await createReferenceTable(own);
    await preload(own, load, events);
    using published = await countOnRedis(own, 'notification:*', () => 1);
    const watched = watch(() => referenceRows(own), events);
    await using _reference = await startReference(own, load.topics);
    const { perSecond } = await watched;
    await reach('messages on Redis', published.count, events);
    mustEqual('rows of the reference', await own.number('SELECT COUNT(*) FROM reference_notification'), events);
    return perSecond;
  });
}
