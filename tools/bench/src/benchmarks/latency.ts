import { type Benchmark } from '../benchmark.js';
import { drainByReference, reach, rowsMade } from '../drain.js';
import { allTopics, createTopics, numberedTopics, userOf } from '../load.js';
import { type Helper, jwtSecret, startApp, startHelper, whenReady } from '../process.js';
import { type Paced, type PacedInput } from '../programs/paced-producer.js';
import { type Received } from '../programs/socket-clients.js';
import { referenceRows, startReference } from '../reference.js';
import { type Site, withReferenceBroker, withSite } from '../site.js';
import { mustEqual, VoidRun } from '../void-run.js';
import { connectClients, startApis } from './sockets.js';

const users = Array.from({ length: 500 }, (_, index) => userOf(index));
const seconds = 8;
/** The first part of a load is not measured: connections open. */
const warmUpSeconds = 2;
/**
 * Streamed before anything is measured. Servers and programs of a run have just been started: for the first ten seconds a
 * broker's JVM takes 90 % of both cores to compile what it runs, and nobody's latency says anything.
 */
const warmUp = { ours: 5_000, seconds: 12 };
const referenceEvents = 6_000;
const rates = [1_000, 5_000, 10_000] as const;

export const latency: Benchmark = {
  name: 'latency',
  what: `publish → socket: an even stream to ${users.length} users, every one with a socket (ours: on two api nodes), ${seconds} s of which the first ${warmUpSeconds} are not counted. Before the first one, both sides run warm for ${warmUp.seconds} s (ours at ${warmUp.ours.toLocaleString('en')} events/s, the reference at its rate)`,
  figures: {
    ratio: {
      label: 'at half the reference’s drain rate, p99: ours ÷ reference',
      digits: 2,
      must: { atMost: 1 },
      aim: 0.7,
    },
    half: { label: 'that rate, events/s' },
    halfP50: { label: 'ours, p50, ms', digits: 1 },
    halfP99: { label: 'ours, p99, ms', digits: 1 },
    referenceP50: { label: 'reference, p50, ms', digits: 1 },
    referenceP99: { label: 'reference, p99, ms', digits: 1 },
    p50at1000: { label: 'ours at 1,000 events/s, p50, ms', digits: 1 },
    p99at1000: { label: 'ours at 1,000 events/s, p99, ms', digits: 1 },
    p50at5000: { label: 'ours at 5,000 events/s, p50, ms', digits: 1 },
    p99at5000: { label: 'ours at 5,000 events/s, p99, ms', digits: 1, must: { atMost: 50 }, aim: 15 },
    p50at10000: { label: 'ours at 10,000 events/s, p50, ms', digits: 1 },
    p99at10000: { label: 'ours at 10,000 events/s, p99, ms', digits: 1 },
  },
  run: () =>
    withSite(async (site) => {
      const half = (await drainByReference(site, allTopics, referenceEvents)) / 2;
      const reference = await ofReference(site, half);
      const { atHalf, atRates } = await ofOurs(site, half);
      return {
        ratio: atHalf.p99 / reference.p99,
        half,
        halfP50: atHalf.p50,
        halfP99: atHalf.p99,
        referenceP50: reference.p50,
        referenceP99: reference.p99,
        ...atRates,
      };
    }),
};

function ofReference(site: Site, rate: number): Promise<Received> {
  return withReferenceBroker(site, async (own) => {
    await createTopics(own, numberedTopics.topics);
    await using node = await startHelper('reference-node');
    const url = await node.ask<string>('listen', { redisUrl: own.redisUrl });
    await using clients = await startHelper('socket-clients');
    await connectClients(clients, { urls: [url], users });
    await using _reference = await startReference(own, numberedTopics.topics);
    const count = () => referenceRows(own);
    await stream(own, clients, rate, count, warmUp.seconds);
    return await stream(own, clients, rate, count);
  });
}

async function ofOurs(site: Site, half: number) {
  await createTopics(site, numberedTopics.topics);
  await using apis = await startApis(site);
  await using _consumer = await whenReady(await startApp(site, 'consumer'));
  await using clients = await startHelper('socket-clients');
  await connectClients(clients, { urls: apis.urls, users, secret: jwtSecret });
  const count = () => rowsMade(site);
  await stream(site, clients, warmUp.ours, count, warmUp.seconds);
  const atHalf = await stream(site, clients, half, count);
  const atRates: Record<string, number> = {};
  for (const rate of rates) {
    const { p50, p99 } = await stream(site, clients, rate, count);
    atRates[`p50at${rate}`] = p50;
    atRates[`p99at${rate}`] = p99;
  }
  return { atHalf, atRates };
}

/** Publishes for a while and waits until the sockets have everything. */
async function stream(
  site: Site,
  clients: Helper,
  rate: number,
  rows: () => Promise<number>,
  forSeconds = seconds,
): Promise<Received> {
  const before = await rows();
  await clients.ask('reset', (Date.now() + warmUpSeconds * 1000) * 1000);
  await using producer = await startHelper('paced-producer');
  const { sent, perSecond } = await producer.ask<Paced>('publish', {
    kafkaBrokers: site.kafkaBrokers,
    perSecond: rate,
    seconds: forSeconds,
    users,
  } satisfies PacedInput);
  if (perSecond < 0.95 * rate) throw new VoidRun(`the publisher reached ${Math.round(perSecond)} of ${rate} events/s`);
  await reach('rows', rows, before + sent);
  const received = () => clients.ask<Received>('received');
  await reach('notifications on sockets', async () => (await received()).count, sent);
  const result = await received();
  mustEqual('notifications on sockets', result.count, sent);
  return result;
}
