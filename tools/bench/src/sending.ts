import { type Channel } from '@allim/contracts';
import { deliveriesIn, mustBeAccepted, preloadDeliveries } from './deliveries.js';
import { watch } from './drain.js';
import { type Helper, startApp, startHelper } from './process.js';
import { type Site, withSite } from './site.js';
import { mustEqual, VoidRun } from './void-run.js';

/** Sends of our app at a time in one lane (its SEND_CONCURRENCY), and of the raw side. */
export const concurrency = 20;
/** Sent to a server that answers at once: what counts is processor time. */
const atOnce: Race = { count: 20_000, answersAfterMs: 0 };
/** Sent to one that takes its time, as those on the net do: what counts is that no slot is ever idle. */
const patient: Race = { count: 4_000, answersAfterMs: 20 };
/** What both sides send may differ by their ids. */
const sizeTolerance = 0.02;

interface Race {
  count: number;
  /** What the server waits with each answer. */
  answersAfterMs: number;
}

/** What a raw sender is to do. */
export interface RawInput {
  url: string;
  concurrency: number;
  count: number;
  /** What our app has sent last, to be sent again. */
  sample: unknown;
}

/** Of one kind of provider: programs in processes of their own. */
export interface Sides {
  channel: Channel;
  /** Answers `listen` (`answersAfterMs`) with its address, `received` with a count, and `sample` with what it got last. */
  server: string;
  /** Answers `send` (`RawInput`) with sends per second. */
  raw: string;
  settings: (url: string) => Promise<Record<string, string>> | Record<string, string>;
}

export const figures = {
  ratio: { label: 'ours ÷ raw', digits: 2, must: { atLeast: 0.6 } },
  perSecond: { label: 'ours, to the outcome on record, a second' },
  raw: { label: 'raw, a second' },
  rssMb: { label: 'app, peak RSS, MB', must: { atMost: 200 } },
  cpuMicroseconds: { label: 'app, processor time of each, µs' },
  rawCpuMicroseconds: { label: 'raw, processor time of each, µs' },
  serverBusy: { label: 'the local server’s share of a core under ours', digits: 2 },
  rawServerBusy: { label: 'the same under raw; near 1 it is the ceiling itself', digits: 2 },
  patientRatio: { label: `ours ÷ raw, each answered after ${patient.answersAfterMs} ms`, digits: 2 },
  patientPerSecond: { label: `ours, each answered after ${patient.answersAfterMs} ms, a second` },
};

export const what = (things: string) =>
  `${atOnce.count.toLocaleString('en')} ${things}, planned in MariaDB and commanded on Kafka, until all are on record as accepted; then raw as many of the same size to the same server. ${concurrency} at a time each, the server in a process of its own, fresh for each side. Then both once more with ${patient.count.toLocaleString('en')}, each answered after ${patient.answersAfterMs} ms: a provider on the net takes longer still`;

export async function sideBySide(sides: Sides): Promise<Record<string, number>> {
  const { ours, raw } = await run(sides, atOnce);
  const slow = await run(sides, patient);
  return {
    ratio: ours.perSecond / raw.perSecond,
    ...ours,
    raw: raw.perSecond,
    rawCpuMicroseconds: raw.cpuMicroseconds,
    rawServerBusy: raw.serverBusy,
    patientRatio: slow.ours.perSecond / slow.raw.perSecond,
    patientPerSecond: slow.ours.perSecond,
  };
}

/** Ours first, because raw sends what ours has sent. Each on a fresh server. */
const run = (sides: Sides, race: Race) =>
  withSite(async (site) => {
    await preloadDeliveries(site, sides.channel, race.count);
    const { sample, ...ours } = await throughApp(site, sides, race);
    return { ours, raw: await throughRaw(sides, race, sample) };
  });

async function throughApp(site: Site, { channel, server: program, settings }: Sides, { count, answersAfterMs }: Race) {
  await using server = await startHelper(program);
  const url = await server.ask<string>('listen', answersAfterMs);
  await using app = await startApp(site, `channel-${channel}`, await settings(url));
  const busy = busySince(server, async () => {
    app.mustLive();
    const received = await server.ask<number>('received');
    // Counting rows all the time would burden the database with what nobody asked for.
    return received < count ? received : await deliveriesIn(site, 'accepted');
  });
  const { perSecond } = await watch(busy.count, count);
  const serverBusy = busy.share();
  const measured = {
    perSecond,
    rssMb: app.memory().peak / 1e6,
    cpuMicroseconds: (app.cpuSeconds() * 1e6) / count,
    serverBusy,
  };
  mustEqual('received', await server.ask<number>('received'), count);
  await mustBeAccepted(site, count);
  return { ...measured, sample: await server.ask<Sample>('sample') };
}

interface Sample {
  bytes: number;
}

async function throughRaw({ server: program, raw }: Sides, { count, answersAfterMs }: Race, sample: Sample) {
  await using server = await startHelper(program);
  const url = await server.ask<string>('listen', answersAfterMs);
  await using sender = await startHelper(raw);
  const cpuBefore = server.cpuSeconds();
  const began = performance.now();
  const perSecond = await sender.ask<number>('send', { url, concurrency, count, sample } satisfies RawInput);
  const serverBusy = (server.cpuSeconds() - cpuBefore) / ((performance.now() - began) / 1000);
  const cpuMicroseconds = (sender.cpuSeconds() * 1e6) / count;
  mustEqual('received', await server.ask<number>('received'), count);
  const { bytes } = await server.ask<Sample>('sample');
  if (Math.abs(bytes / sample.bytes - 1) > sizeTolerance)
    throw new VoidRun(`raw sends ${bytes} bytes each, ours ${sample.bytes}`);
  return { perSecond, serverBusy, cpuMicroseconds };
}

/** Which share of a core a server has used since the first of what is counted. */
function busySince(server: Helper, read: () => Promise<number>) {
  let first: { at: number; cpuSeconds: number } | undefined;
  return {
    async count() {
      const now = await read();
      if (now > 0) first ??= { at: performance.now(), cpuSeconds: server.cpuSeconds() };
      return now;
    },
    share: () =>
      first ? (server.cpuSeconds() - first.cpuSeconds) / ((performance.now() - first.at) / 1000) : Number.NaN,
  };
}
