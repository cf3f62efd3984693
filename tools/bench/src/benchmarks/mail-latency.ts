import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { entries, identityOf, readEvent, render, type SampleEvent } from '@allim/catalogue';
import { type SmtpServer, startSmtpServer } from '@allim/mailbox';
import { Intake, openDatabase, uuidBytes, uuidText } from '@allim/store';
import { type Producer } from 'kafkajs';
import { type RowDataPacket } from 'mysql2/promise';
import { type Benchmark } from '../benchmark.js';
import { reach } from '../drain.js';
import { connectProducer, createTopics, send, userOf } from '../load.js';
import { introduceEverybody } from '../people.js';
import { percentile } from '../percentile.js';
import { type App, startApp, whenReady } from '../process.js';
import { type Site, withSite } from '../site.js';
import { VoidRun } from '../void-run.js';
import { mailSettings } from './email.js';

const normal = { priority: 'normal', topic: 'shopping.order.created', perSecond: 100, seconds: 15 };
const high = { priority: 'high', topic: 'shopping.payment.failed', perSecond: 30, seconds: 20 };
/** The first part of a stream is not measured: connections open, code is compiled. */
const warmUpSeconds = 3;
/** Some of them are sent while the high ones are measured. */
const flood = { waiting: 100_000, made: 150_000 };
const savedAtOnce = 500;

export const mailLatency: Benchmark = {
  name: 'mail-latency',
  what: `commit → the mail server has the mail: ${normal.perSecond} order events/s for ${normal.seconds} s; then ${high.perSecond} failed payments/s (the high lane) for ${high.seconds} s, alone, and while at least ${flood.waiting.toLocaleString('en')} mails of the low lane wait and are sent as fast as the app can. The first ${warmUpSeconds} s of each are not counted`,
  figures: {
    p50: { label: `at ${normal.perSecond}/s, p50, ms` },
    p99: { label: `at ${normal.perSecond}/s, p99, ms`, must: { atMost: 250 } },
    ratio: { label: 'high lane, p99 beside the low ones ÷ alone', digits: 2, must: { atMost: 2 } },
    highAlone: { label: 'high lane alone, p99, ms' },
    highBeside: { label: 'high lane beside the low ones, p99, ms' },
    low: { label: 'low ones sent meanwhile, a second' },
  },
  run: () =>
    withSite(async (site) => {
      await using cleanup = new AsyncDisposableStack();
      await introduceEverybody(site);
      await createTopics(site, [normal.topic, high.topic]);
      const smtp = await startSmtpServer({ startTls: false, keep: { count: 100_000, bytes: 2_000_000_000 } });
      cleanup.defer(() => smtp.stop());
      cleanup.use(await whenReady(await startApp(site, 'consumer')));
      const app = cleanup.use(await startApp(site, 'channel-email', mailSettings(smtp.url)));
      const producer = await connectProducer(site.kafkaBrokers);
      cleanup.defer(() => producer.disconnect());

      await stream({ site, smtp, app, producer }, normal); // the programs have just been started
      const ordinary = await stream({ site, smtp, app, producer }, normal);
      const alone = await stream({ site, smtp, app, producer }, high);
      await makeLow(site);
      const sentBefore = smtp.kept.received;
      const began = performance.now();
      const beside = await stream({ site, smtp, app, producer }, high);
      const lowSent = smtp.kept.received - sentBefore - high.perSecond * high.seconds;
      const lowPerSecond = lowSent / ((performance.now() - began) / 1000);
      const left = await site.number("SELECT COUNT(*) FROM delivery WHERE priority = 'low' AND state <> 'accepted'");
      if (left < flood.waiting) throw new VoidRun(`only ${left} of the low lane still wait`);
      const [p99alone, p99beside] = [percentile(alone, 0.99), percentile(beside, 0.99)];
      return {
        p50: percentile(ordinary, 0.5),
        p99: percentile(ordinary, 0.99),
        ratio: p99beside / p99alone,
        highAlone: p99alone,
        highBeside: p99beside,
        low: lowPerSecond,
      };
    }),
};

interface World {
  site: Site;
  smtp: SmtpServer;
  app: App;
  producer: Producer;
}

/** Publishes at an even pace and answers how long each mail took from its row to the mail server, in milliseconds. */
async function stream({ site, smtp, app, producer }: World, load: typeof normal): Promise<number[]> {
  const total = load.perSecond * load.seconds;
  const accepted = () => {
    app.mustLive();
    return site.number(
      "SELECT COUNT(*) FROM delivery FORCE INDEX (due) WHERE state = 'accepted' AND channel = 'email' AND priority = ?",
      [load.priority],
    );
  };
  const before = await accepted();
  const began = performance.now();
  const sends: Promise<void>[] = [];
  for (let sent = 0; sent < total; sent++) {
    await pause(Math.max(0, began + (sent / load.perSecond) * 1000 - performance.now()));
    sends.push(send(producer, [eventOf(load.topic, before + sent)]));
  }
  await Promise.all(sends);
  await reach('mails accepted', accepted, before + total);
  return await latencies(site, smtp, load, total);
}

function eventOf(topic: string, number: number): SampleEvent {
  const entry = entries.find((one) => one.topic === topic)!;
  const user = userOf(number);
  return { topic, key: user, value: JSON.stringify(entry.sample({ user, number })) };
}

/** Of the newest `total`, without those of the warm-up. */
async function latencies(site: Site, smtp: SmtpServer, load: typeof normal, total: number): Promise<number[]> {
  const [rows] = await site.database.query<RowDataPacket[]>(
    "SELECT id, created_at FROM delivery WHERE channel = 'email' AND priority = ? ORDER BY id DESC LIMIT ?",
    [load.priority, total - warmUpSeconds * load.perSecond],
  );
  const arrived = new Map(
    smtp.kept
      .newestFirst()
      .map(({ source, receivedAt }) => [
        /^Message-ID: <([\da-f-]{36})@/im.exec(source.subarray(0, 4_096).toString('latin1'))?.[1],
        Date.parse(receivedAt),
      ]),
  );
  return rows.map(({ id, created_at }) => {
    const at = arrived.get(uuidText(id));
    if (at === undefined) throw new VoidRun('a mail is on record as accepted, but the mail server does not have it');
    return at - (created_at as Date).getTime();
  });
}

/** Mails of the low lane, due now. */
async function makeLow(site: Site): Promise<void> {
  const database = await openDatabase({ url: site.databaseUrl, connections: 2 });
  try {
    const intake = new Intake(database);
    for (let first = 0; first < flood.made; first += savedAtOnce)
      await intake.save(Array.from({ length: savedAtOnce }, (_, index) => lowMail(first + index)));
  } finally {
    await database.destroy();
  }
}

function lowMail(number: number) {
  const { value, key: userId } = eventOf(normal.topic, number);
  const planned = readEvent(normal.topic, Buffer.from(value))!;
  const { type, link, reference, paramsJson, category } = planned;
  return {
    identity: identityOf(userId, type, { type: 'low', id: randomBytes(8).toString('hex') }),
    userId,
    type,
    ...render(planned, 'ko'),
    link,
    reference,
    params: paramsJson,
    origin: { topic: normal.topic, partition: 0, offset: String(number) },
    deliveries: [
      {
        id: uuidBytes(randomUUIDv7()),
        channel: 'email' as const,
        target: Buffer.alloc(0),
        priority: 'low' as const,
        category,
        text: 'shopping.order.confirmed',
        language: 'ko',
        state: 'queued' as const,
        reason: null,
        dueAt: new Date(),
      },
    ],
  };
}
