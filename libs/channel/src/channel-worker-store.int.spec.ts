import { randomBytes, randomUUID, randomUUIDv7 } from 'node:crypto';
import { type Channel, commandTopic, priorities, undeliverableTopic } from '@allim/contracts';
import { kafkaClient, type Letter, readLetter } from '@allim/kafka';
import { createLogger } from '@allim/platform';
import { ContactStore, type Database, DeliveryStore, Intake, openDatabase, uuidBytes } from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { type Redis } from 'ioredis';
import { type Admin, type Producer } from 'kafkajs';
import { Registry } from 'prom-client';
import { ChannelWorker } from './channel-worker.js';
import { type Outcome, type Outgoing, type Provider } from './provider.js';
import { openRedis } from './redis.js';

const stack = useStack();
const logger = createLogger('spec', 'fatal');
const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);
const running = new Set<ChannelWorker>();
let admin: Admin;
let producer: Producer;
let redis: Redis;
let database: Database;
let deliveries: DeliveryStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 10 });
  deliveries = new DeliveryStore(database);
  admin = client().admin();
  producer = client().producer({ allowAutoTopicCreation: false });
  redis = openRedis(stack.redisUrl, logger);
  await Promise.all([admin.connect(), producer.connect()]);
});
afterEach(async () => {
  await Promise.all([...running].map((worker) => worker.close()));
  running.clear();
});
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect(), database?.destroy()]);
  redis?.disconnect();
});

async function start(channel: Channel, send: Provider['send']): Promise<void> {
  const worker = new ChannelWorker({
    channel,
    provider: { name: 'spec', send, close: async () => {} },
    deliveries,
    kafka: client(),
    redis,
    settings: {
      KAFKA_BROKERS: [stack.kafkaBrokers],
      KAFKA_SSL: false,
      KAFKA_RETRY_INTERVAL_MS: 1,
      KAFKA_RETRY_MAX_ATTEMPTS: 1,
      KAFKA_BATCH_RECORDS: 100,
      KAFKA_BATCHES_IN_FLIGHT: 3,
      KAFKA_COMMIT_INTERVAL_MS: 10,
      KAFKA_TOPIC_PARTITIONS: 3,
      REDIS_URL: stack.redisUrl,
      REDIS_KEY_PREFIX: `${randomUUID()}:`,
      SEND_CONCURRENCY: 20,
      SEND_TIMEOUT_MS: 10_000,
      DELIVERY_LEASE_MS: 3_000,
      RATE_LIMIT_PER_SECOND: 0,
      BREAKER_PROBE_MS: 500,
    },
    logger,
    registry: new Registry(),
    onFatal: (error) => {
      throw error;
    },
  });
  running.add(worker);
  await worker.start();
}

let offset = 0;

/** So many notifications of one user, each with a delivery that is due; answers the user. */
async function plan(channel: Channel, count: number): Promise<string> {
  const userId = `user-${randomBytes(4).toString('hex')}`;
  await new ContactStore(database).put(userId, {
    name: '김하나',
    email: 'hana@example.com',
    phone: null,
    language: 'ko',
    zone: 'Asia/Seoul',
    quiet: null,
    promotionConsent: false,
    nightConsent: false,
  });
  await new Intake(database).save(
    Array.from({ length: count }, () => ({
      identity: randomBytes(16),
      userId,
      type: 'ORDER_CREATED' as const,
      title: '주문이 접수되었습니다',
      message: '2개 상품',
      link: null,
      reference: null,
      params: '{"itemCount":2}',
      origin: { topic: 'shopping.order.created', partition: 0, offset: String(offset++) },
      deliveries: [
        {
          id: uuidBytes(randomUUIDv7()),
          channel,
          target: Buffer.alloc(0),
          priority: 'normal' as const,
          category: 'order',
          text: 'shopping.order.created',
          language: 'en',
          state: 'queued' as const,
          reason: null,
          dueAt: new Date(0),
        },
      ],
    })),
  );
  return userId;
}

/** Publishes what is due, `times` over, as a dispatcher that dies in between would. */
async function dispatch(times = 1): Promise<void> {
  await deliveries.dispatch(1_000, async (due) => {
    const topicMessages = priorities.flatMap((priority) =>
      [...Map.groupBy(due, ({ channel }) => channel)].map(([channel, all]) => ({
        topic: commandTopic(channel, priority),
        messages: all
          .filter((one) => one.priority === priority)
          .map(({ id, userId }) => ({ key: `${userId}/${id}`, value: JSON.stringify({ deliveryId: id, channel }) })),
      })),
    );
    for (let time = 0; time < times; time++)
      await producer.sendBatch({
        topicMessages: topicMessages.filter(({ messages }) => messages.length > 0),
        acks: -1,
      });
  });
}

const accept = ({ deliveryId }: Outgoing): Outcome => ({ kind: 'accepted', providerMessageId: `at-${deliveryId}` });

/** All letters of a channel for one user, in the order of their partition: a user has one. */
async function lettersOf(channel: Channel, userId: string): Promise<Letter[]> {
  const topic = undeliverableTopic(channel);
  const ends = await admin.fetchTopicOffsets(topic);
  const wanted = ends.reduce((sum, { high }) => sum + Number(high), 0);
  const read: Letter[] = [];
  let seen = 0;
  const consumer = client().consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ partition, message }) => {
        const letter = readLetter({
          topic,
          partition,
          timestampType: 'CreateTime',
          ...message,
          headers: message.headers!,
        });
        if (String(message.key) === userId) read.push(letter);
        seen++;
      },
    });
    await waitFor(() => seen >= wanted, { what: 'all letters' });
    return read;
  } finally {
    await consumer.disconnect();
  }
}

describe('ChannelWorker on the real store', () => {
  it('sends each delivery once, though two workers read commands that were published twice', async () => {
    const sent: Outgoing[] = [];
    const send = async (message: Outgoing) => {
      sent.push(message);
      return accept(message);
    };
    await Promise.all([start('email', send), start('email', send)]);
    const userId = await plan('email', 300);
    await dispatch(2);
    const all = async () => {
      const rows = await deliveries.timeline({ userId }, 1_000);
      return rows.length === 300 && rows.every(({ state }) => state === 'accepted') && rows;
    };
    const rows = await waitFor(all, { what: 'all to be accepted', timeoutMs: 20_000, everyMs: 100 });
    for (const { id, attempts, providerMessageId } of rows) {
      expect(providerMessageId).toBe(`at-${id}`);
      expect(attempts).toEqual([expect.objectContaining({ attempt: 1, outcome: 'accepted', provider: 'spec' })]);
    }
    expect(new Set(sent.map(({ deliveryId }) => deliveryId)).size).toBe(300);
    expect(sent).toHaveLength(300);
    expect(sent[0]).toMatchObject({
      userId,
      language: 'en',
      params: { itemCount: 2 },
      address: { name: '김하나', email: 'hana@example.com', phone: null, token: null },
    });
  });

  it('tells of what was replayed, and fails again, as the same case', async () => {
    await start('webhook', async () => ({ kind: 'permanent', reason: '410' }));
    const userId = await plan('webhook', 1);
    const failedAgain = (attempt: number) =>
      waitFor(
        async () =>
          (await deliveries.timeline({ userId }, 1)).find(
            (one) => one.state === 'undeliverable' && one.attempts.length === attempt,
          ),
        { what: `attempt ${attempt} to be noted` },
      );
    await dispatch();
    const { id } = await failedAgain(1);
    const [first] = (await lettersOf('webhook', userId)) as [Letter];
    const { topic, partition, offset, timestamp, group } = first.original;
    for (const count of [1, 2]) {
      const original = {
        topic,
        partition: partition!,
        offset: offset!,
        timestamp,
        timestampType: 'CreateTime' as const,
        group,
      };
      const replay = { id: `job-${count}`, count };
      expect(
        await deliveries.requeue([{ deliveryId: id, original, replay, firstFailedAt: first.firstFailedAt }]),
      ).toEqual(['queued']);
      await dispatch();
      const { attempts } = await failedAgain(1 + count);
      expect(attempts.map(({ outcome }) => outcome)).toEqual(Array(1 + count).fill('permanent'));
      const { error: _, ...told } = (await lettersOf('webhook', userId)).at(-1)!;
      const { error: __, ...before } = first;
      expect(told).toEqual({ ...before, attempts: 1 + count, replayCount: count, replayId: replay.id });
    }
    const again = await admin.fetchTopicOffsets(commandTopic('webhook', 'normal'));
    expect(again.reduce((sum, { high }) => sum + Number(high), 0)).toBe(3);
  });

  it.each<[Outcome, string, string | null]>([
    [{ kind: 'permanent', reason: '550' }, 'undeliverable', '550'],
    [{ kind: 'temporary', reason: '451' }, 'queued', '451'],
    [{ kind: 'infrastructure', reason: 'AUTH' }, 'queued', 'AUTH'],
    [{ kind: 'ambiguous', reason: 'cut' }, 'unknown', 'cut'],
    [{ kind: 'delivered', providerMessageId: '1' }, 'delivered', null],
  ])('notes %j as %s', async (outcome, state, reason) => {
    await start('sms', async () => outcome); // parks what is ambiguous
    const letters = async () =>
      (await admin.fetchTopicOffsets(undeliverableTopic('sms'))).reduce((sum, { high }) => sum + Number(high), 0);
    const before = await letters();
    const userId = await plan('sms', 1);
    await dispatch();
    const row = await waitFor(
      async () =>
        (await deliveries.timeline({ userId }, 1)).find((one) => one.attempts.length > 0 && one.state !== 'sending'),
      {
        what: 'an attempt',
      },
    );
    expect(row).toMatchObject({ state, reason, attemptCount: outcome.kind === 'infrastructure' ? 0 : 1 });
    expect(await letters()).toBe(before + (outcome.kind === 'permanent' ? 1 : 0));
  });
});
