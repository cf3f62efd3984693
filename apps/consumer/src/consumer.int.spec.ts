import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { sampleEvents, subscribedTopics } from '@allim/catalogue';
import { commandTopic, contactDetails, hintChannel, readHint, replayTopic } from '@allim/contracts';
import { groupLag, kafkaClient, type Replay, replayRecord } from '@allim/kafka';
import { createLogger, loadSettings, type Program } from '@allim/platform';
import {
  ContactStore,
  type Database,
  DeviceStore,
  InboxStore,
  openDatabase,
  SubscriptionStore,
  withSession,
} from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { Redis } from 'ioredis';
import { settings } from './config.js';
import { startConsumer } from './consumer.js';

type Client = ReturnType<typeof kafkaClient>;

const stack = useStack();
const group = 'notification-group';
const logger = createLogger('spec', 'fatal');
const running = new Set<Program>();
/** Hints in the order of their arrival: `user/id`, `user≤id` for a position, `#topic` for an announcement. */
const hints: string[] = [];
let admin: ReturnType<Client['admin']>;
let producer: ReturnType<Client['producer']>;
let database: Database;
let inboxes: InboxStore;
let redis: Redis;

const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  inboxes = new InboxStore(database);
  admin = client().admin();
  producer = client().producer({ allowAutoTopicCreation: false });
  redis = new Redis(stack.redisUrl);
  redis.on('error', () => {}); // one spec takes it away
  redis.on('message', (_, text) =>
    readHint(text, {
      wantsUser: () => true,
      wantsTopic: () => true,
      notification: ({ notification: { userId, id } }) => hints.push(`${userId}/${id}`),
      position: ({ userId, lastId }) => hints.push(`${userId}≤${lastId}`),
      announcement: ({ topic }) => hints.push(`#${topic}`),
    }),
  );
  await Promise.all([admin.connect(), producer.connect(), redis.subscribe(`allim:${hintChannel}`)]);
});
afterEach(async () => {
  await Promise.all([...running].map(stop));
  hints.length = 0;
});
afterAll(async () => {
  redis?.disconnect();
  await Promise.all([admin?.disconnect(), producer?.disconnect(), database?.destroy()]);
});

/** Starts a consumer and answers where its health and metrics are. */
async function start(): Promise<{ program: Program; url: string }> {
  const port = await freePort();
  const program = await startConsumer(
    loadSettings(settings, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      PORT: String(port),
      KAFKA_BROKERS: stack.kafkaBrokers,
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      KAFKA_RETRY_INTERVAL_MS: '1',
    }),
  );
  running.add(program);
  return { program, url: `http://127.0.0.1:${port}` };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  return port;
}

async function stop(program: Program): Promise<void> {
  running.delete(program);
  for (const { run } of program.stop) await run();
}

/** Resolves when the group has consumed and committed everything. */
function caughtUp(): Promise<unknown> {
  const topics = [...subscribedTopics, replayTopic];
  const lag = async () => (await groupLag(admin, group, topics)).reduce((sum, one) => sum + one.lag, 0);
  return waitFor(async () => (await lag()) === 0, { what: 'lag 0', timeoutMs: 30_000, everyMs: 100 });
}

const send = (topic: string, ...messages: { key?: string; value: string }[]) =>
  producer.send({ topic, messages, acks: -1 });
/** Publishes what ops would, of a record that lies there. */
const replay = (
  times: number,
  record: { topic: string; partition: number; offset: string; value: string },
  count = 1,
) => {
  const { value, ...place } = record;
  const one: Replay = {
    original: { ...place, timestamp: new Date(0), group },
    key: null, // so that they go to all partitions
    value: Buffer.from(value),
    headers: {},
    replay: { id: `job-${count}`, count },
    firstFailedAt: new Date(0),
  };
  return producer.send({
    topic: replayTopic,
    messages: Array.from({ length: times }, () => replayRecord(one)),
    acks: -1,
  });
};
/** Where the one that was sent last lies. */
const placeOf = ([sent]: Awaited<ReturnType<typeof send>>) => ({
  topic: sent!.topicName,
  partition: sent!.partition,
  offset: sent!.baseOffset!,
});
const order = (userId: string, orderNumber: string) => ({
  key: userId,
  value: JSON.stringify({ orderNumber, userId, totalAmount: 45_000, itemCount: 2 }),
});
const inbox = async (userId: string) =>
  (await inboxes.after(userId, { after: 0, size: 100, unreadOnly: false })).map(({ id, type }) => `${id} ${type}`);
const hinted = (hint: string) => waitFor(() => hints.includes(hint), { what: `hint ${hint}` });
const deliveriesOf = async (userId: string) => {
  const rows = await withSession(database, (session) =>
    session.query<{ channel: string; language: string; state: string }[]>(
      'SELECT channel, language, state FROM delivery WHERE user_id = ? ORDER BY notification_id, channel',
      [userId],
    ),
  );
  return rows.map(({ channel, language, state }) => `${channel} ${language} ${state}`);
};
const sentOut = (userId: string, expected: string[]) =>
  waitFor(async () => (await deliveriesOf(userId)).join() === expected.join(), { what: expected.join() });
const metrics = async (url: string) => (await fetch(`${url}/metrics`)).text();

describe('consumer', () => {
  it('sends out once what those it knows are to hear, in their language', async () => {
    const { url } = await start();
    await new ContactStore(database).put('known', {
      ...contactDetails.parse({ email: 'known@example.com', language: 'en' }),
    });
    await new DeviceStore(database).put('known', 'token-of-known', { platform: 'web', appVersion: null });
    const twenty = Array.from({ length: 20 }, () => order('known', 'SENT-1'));
    await send('shopping.order.created', ...twenty);
    await sentOut('known', ['email en dispatched', 'push en dispatched']);
    await caughtUp();
    expect(await deliveriesOf('known')).toHaveLength(2);
    const [line] = await inboxes.after('known', { after: 0, size: 1, unreadOnly: false });
    expect(line?.title).toMatch(/^[ -~]+$/);
    expect(await metrics(url)).toContain(
      'allim_consumer_deliveries_total{channel="email",state="queued",reason=""} 1\n',
    );
    const commands = await admin.fetchTopicOffsets(commandTopic('email', 'normal'));
    expect(commands.reduce((sum, { high }) => sum + Number(high), 0)).toBe(1);
  });

  it('gets to know who signs up, and nobody again who was erased', async () => {
    await start();
    const signUp = { value: JSON.stringify({ userId: 'newcomer', email: 'new@example.com', name: '새' }) };
    await send('user-signup', signUp);
    await waitFor(async () => (await deliveriesOf('newcomer')).some((one) => one.startsWith('email ko dispatched')), {
      what: 'the welcome',
    });
    const contacts = new ContactStore(database);
    expect(await contacts.get('newcomer')).toMatchObject({ name: '새', email: 'new@example.com' });
    await withSession(database, (session) => session.query('DELETE FROM contact WHERE user_id = ?', ['newcomer']));
    await send('user-signup', signUp);
    await caughtUp();
    expect(await contacts.get('newcomer')).toBeNull();
  });

  it('makes a row and a hint of every event of the catalogue', async () => {
    const { url } = await start();
    const events = sampleEvents({ user: 'sampled', number: 1 });
    await Promise.all(events.map(({ topic, key, value }) => send(topic, { key, value })));
    const forUser = events.filter(({ value }) => value.includes('"sampled"')).length;
    await hinted(`sampled/${forUser}`);
    await caughtUp();
    expect(await inbox('sampled')).toHaveLength(forUser);
    expect(hints.filter((hint) => hint.startsWith('sampled/')).sort()).toEqual(
      Array.from({ length: forUser }, (_, index) => `sampled/${index + 1}`).sort(),
    );
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await metrics(url)).toContain(
      'allim_consumer_events_total{topic="shopping.order.created",outcome="saved"} 1',
    );
  });

  it('takes an order and its cancellation for two things, and the same event ten times, by two consumers, for one', async () => {
    await Promise.all([start(), start()]);
    await send('shopping.order.created', order('buyer', 'ORD-1'));
    await hinted('buyer/1');
    await send('shopping.order.cancelled', order('buyer', 'ORD-1'));
    await hinted('buyer/2');
    for (let key = 0; key < 10; key++) {
      await send('shopping.order.confirmed', { ...order('tenfold', 'ORD-2'), key: String(key) });
    }
    await caughtUp();
    expect(await inbox('buyer')).toEqual(['1 ORDER_CREATED', '2 ORDER_CANCELLED']);
    expect(await inbox('tenfold')).toEqual(['1 ORDER_CONFIRMED']);
    expect(hints.filter((hint) => hint.startsWith('tenfold'))).toEqual(['tenfold/1']);
  });

  it('absorbs everything when all is consumed again: no row, positions instead of hints, and what was deleted stays deleted', async () => {
    const { program } = await start();
    await send(
      'shopping.order.created',
      order('replayed', 'ORD-3'),
      order('replayed', 'ORD-4'),
      order('replayed', 'ORD-3'),
    );
    await hinted('replayed/2');
    await caughtUp();
    await inboxes.remove('replayed', 1);
    await stop(program);
    hints.length = 0;
    await admin.deleteGroups([group]); // and its offsets with it

    const { url } = await start();
    await hinted('replayed≤2');
    await caughtUp();
    expect(await inbox('replayed')).toEqual(['2 ORDER_CREATED']);
    expect(hints.filter((hint) => hint.includes('/'))).toEqual([]);
    expect(await metrics(url)).toContain(
      'allim_consumer_events_total{topic="shopping.order.created",outcome="redelivered"}',
    );
  });

  it('sends what it cannot process to the .DLT topic and goes on', async () => {
    const { url } = await start();
    await send('shopping.order.created', { key: 'poisoned', value: '{' }, order('poisoned', 'ORD-5'));
    await hinted('poisoned/1');
    await caughtUp();
    const ends = await admin.fetchTopicOffsets('shopping.order.created.DLT');
    expect(ends.reduce((sum, { high }) => sum + Number(high), 0)).toBe(1);
    expect(await metrics(url)).toContain(
      'allim_kafka_dead_letters_total{topic="shopping.order.created",error_class="bad-json"} 1',
    );
  });

  it('absorbs the replay of an event that was saved, however often it comes', async () => {
    const { url } = await start();
    const event = order('saved', 'ORD-10');
    const place = placeOf(await send('shopping.order.confirmed', event));
    await hinted('saved/1');
    await replay(10, { ...place, value: event.value });
    await caughtUp();
    expect(await inbox('saved')).toEqual(['1 ORDER_CONFIRMED']);
    expect(hints.filter((hint) => hint.startsWith('saved/'))).toEqual(['saved/1']);
    expect(await metrics(url)).toContain(
      'allim_consumer_events_total{topic="shopping.order.confirmed",outcome="redelivered"} 10',
    );
    expect(await metrics(url)).toContain('allim_consumer_event_latency_seconds_count 1\n');
  });

  it('takes in once what was refused and is replayed as it should have been', async () => {
    const { url } = await start();
    const place = placeOf(await send('shopping.order.created', { key: 'edited', value: '{' }));
    await caughtUp();
    expect(await inbox('edited')).toEqual([]);
    await replay(10, { ...place, value: order('edited', 'ORD-11').value });
    await hinted('edited/1');
    await caughtUp();
    expect(await inbox('edited')).toEqual(['1 ORDER_CREATED']);
    expect(await metrics(url)).toContain('allim_consumer_event_latency_seconds_count 0\n');
  });

  it('buries what fails again as what failed first', async () => {
    await start();
    const place = placeOf(await send('shopping.order.cancelled', { key: 'again', value: '{' }));
    await caughtUp();
    await replay(1, { ...place, value: '{' }, 3);
    await caughtUp();
    const letters: unknown[] = [];
    const consumer = client().consumer({ groupId: 'letters', maxWaitTimeInMs: 100 });
    await consumer.connect();
    await consumer.subscribe({ topic: 'shopping.order.cancelled.DLT', fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message: { headers = {} } }) =>
        void letters.push([
          (headers['kafka_dlt-original-offset'] as Buffer).readBigInt64BE().toString(),
          String(headers['allim-replay-count']),
        ]),
    });
    await waitFor(() => letters.length === 2, { what: 'two letters' });
    await consumer.disconnect();
    expect(letters).toEqual([
      [place.offset, '0'],
      [place.offset, '3'],
    ]);
  });

  it('has a delivery sent again whose command is replayed, once', async () => {
    const { url } = await start();
    await new ContactStore(database).put('returned', { ...contactDetails.parse({ email: 'r@example.com' }) });
    await send('shopping.order.created', order('returned', 'ORD-12'));
    await sentOut('returned', ['email ko dispatched', 'push ko skipped']);
    const [{ id }] = (await withSession(database, (session) =>
      session.query("SELECT LOWER(HEX(id)) AS id FROM delivery WHERE user_id = 'returned' AND channel = 'email'"),
    )) as [{ id: string }];
    const deliveryId = id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
    const fail = () =>
      withSession(database, (session) =>
        session.query("UPDATE delivery SET state = 'undeliverable' WHERE user_id = 'returned' AND channel = 'email'"),
      );
    const topic = commandTopic('email', 'normal');
    const commands = async () =>
      (await admin.fetchTopicOffsets(topic)).reduce((sum, { high }) => sum + Number(high), 0);
    const before = await commands();
    const failed = { topic, partition: 0, offset: '0', value: JSON.stringify({ deliveryId, channel: 'email' }) };
    await fail();
    await replay(5, failed);
    await sentOut('returned', ['email ko dispatched', 'push ko skipped']);
    await caughtUp();
    await fail();
    await replay(5, failed); // the same once more
    await caughtUp();
    expect(await deliveriesOf('returned')).toEqual(['email ko undeliverable', 'push ko skipped']);
    await replay(1, failed, 2);
    await sentOut('returned', ['email ko dispatched', 'push ko skipped']);
    await caughtUp();
    expect((await commands()) - before).toBe(2);
    const counted = await metrics(url);
    expect(counted).toContain(`allim_consumer_events_total{topic="${topic}",outcome="queued"} 2`);
    expect(counted).toContain(`allim_consumer_events_total{topic="${topic}",outcome="known"} 9`);
  });

  it('puts a broadcast into the inbox of every subscriber and announces it once', async () => {
    const subscriptions = new SubscriptionStore(database);
    const users = Array.from({ length: 600 }, (_, index) => `subscriber-${index}`);
    for (const user of users) await subscriptions.subscribe(user, 'timedeal');
    await start();
    await send('shopping.timedeal.started', { value: JSON.stringify({ timeDealId: 77, timeDealName: '특가' }) });
    await hinted('#timedeal');
    await caughtUp();
    for (const user of [users.at(0)!, users.at(-1)!]) expect(await inbox(user)).toEqual(['1 TIMEDEAL_STARTED']);
    expect((await inboxes.states(users)).size).toBe(users.length);
    expect(hints.filter((hint) => hint === '#timedeal')).toHaveLength(1);
  });

  it('goes on without Redis, and counts the hints that were lost', async () => {
    const { url } = await start();
    await stack.redis.kill();
    await send('shopping.order.created', order('unhinted', 'ORD-6'));
    await caughtUp();
    expect(await inbox('unhinted')).toEqual(['1 ORDER_CREATED']);
    expect(await metrics(url)).toMatch(/allim_consumer_hints_total\{result="lost"\} [1-9]/);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await stack.redis.start();
    await waitFor(
      async () => {
        await send('shopping.order.created', order('unhinted', `ORD-${Date.now()}`));
        return hints.some((hint) => hint.startsWith('unhinted/'));
      },
      { what: 'hints to be heard again', everyMs: 200 },
    );
  });

  it('is not ready while the database is away, stays live, and takes everything in afterwards', async () => {
    const { url } = await start();
    await stack.database.kill();
    await send('shopping.order.created', order('patient', 'ORD-7'));
    await waitFor(async () => (await fetch(`${url}/health/ready`)).status === 503, { what: 'not ready' });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    await waitFor(async () => /allim_kafka_infrastructure_waits_total [1-9]/.test(await metrics(url)), {
      what: 'a wait',
    });
    await stack.database.start();
    await caughtUp();
    expect(hints).toContain('patient/1');
    expect(await inbox('patient')).toEqual(['1 ORDER_CREATED']);
    expect(await metrics(url)).not.toContain('allim_kafka_dead_letters_total{');
  });
});
