import { randomUUID } from 'node:crypto';
import { type Channel, commandTopic, type Priority, undeliverableTopic } from '@allim/contracts';
import { kafkaClient } from '@allim/kafka';
import { createLogger, type Logger } from '@allim/platform';
import { useStack, waitFor } from '@allim/testing';
import { type Redis } from 'ioredis';
import { type Admin, type KafkaMessage, type Producer } from 'kafkajs';
import { Registry } from 'prom-client';
import { ChannelWorker } from './channel-worker.js';
import { FakeDeliveries, type Row } from './deliveries.fake.js';
import { type Outcome, type Outgoing, type Provider } from './provider.js';
import { openRedis } from './redis.js';

const stack = useStack({ database: false });
const quiet = createLogger('spec', 'fatal');
const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, quiet);
const running = new Set<ChannelWorker>();
const fatal: Error[] = [];
let admin: Admin;
let producer: Producer;
let redis: Redis;

beforeAll(async () => {
  admin = client().admin();
  producer = client().producer({ allowAutoTopicCreation: false });
  redis = openRedis(stack.redisUrl, quiet);
  await Promise.all([admin.connect(), producer.connect()]);
});
afterEach(async () => {
  await Promise.all([...running].map((worker) => worker.close()));
  running.clear();
  expect(fatal.splice(0)).toEqual([]);
});
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect()]);
  redis?.disconnect();
});

/** Answers as it is told, and keeps what it was asked. */
class SpecProvider implements Provider {
  readonly name = 'spec';
  readonly sent: Outgoing[] = [];
  underWay = 0;
  most = 0;
  closed = 0;

  constructor(
    private readonly respond: (message: Outgoing, signal: AbortSignal) => Outcome | Promise<Outcome> = accept,
  ) {}

  async send(message: Outgoing, signal: AbortSignal): Promise<Outcome> {
    this.sent.push(message);
    this.most = Math.max(this.most, ++this.underWay);
    try {
      return await this.respond(message, signal);
    } finally {
      this.underWay--;
    }
  }
  async close(): Promise<void> {
    this.closed++;
  }
}

const accept = ({ deliveryId }: Outgoing): Outcome => ({ kind: 'accepted', providerMessageId: `at-${deliveryId}` });
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const untilAborted = (_: Outgoing, signal: AbortSignal) =>
  new Promise<Outcome>((resolve) => {
    signal.addEventListener('abort', () => resolve({ kind: 'ambiguous', reason: (signal.reason as Error).message }));
  });

interface Changes {
  SEND_CONCURRENCY?: number;
  SEND_TIMEOUT_MS?: number;
  DELIVERY_LEASE_MS?: number;
  RATE_LIMIT_PER_SECOND?: number;
  BREAKER_PROBE_MS?: number;
  KAFKA_BATCH_RECORDS?: number;
}

async function start(channel: Channel, deliveries: FakeDeliveries, provider: Provider, changes: Changes = {}) {
  const lines: Record<string, unknown>[] = [];
  const add = (line: object, message: string) => lines.push({ ...line, message });
  const logger = {
    info: add,
    warn: add,
    error: add,
    debug() {},
    trace() {},
    fatal: add,
    child: () => logger,
  } as unknown as Logger;
  const registry = new Registry();
  const worker = new ChannelWorker({
    channel,
    provider,
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
      KAFKA_TOPIC_PARTITIONS: 2,
      REDIS_URL: stack.redisUrl,
      REDIS_KEY_PREFIX: `${randomUUID()}:`,
      SEND_CONCURRENCY: 10,
      SEND_TIMEOUT_MS: 10_000,
      DELIVERY_LEASE_MS: 3_000,
      RATE_LIMIT_PER_SECOND: 0,
      BREAKER_PROBE_MS: 500,
      ...changes,
    },
    logger,
    registry,
    onFatal: (error) => fatal.push(error),
  });
  running.add(worker);
  await worker.start();
  const value = async (name: string, labels: Record<string, string> = {}) => {
    const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] };
    const wanted = values.filter((one) => Object.entries(labels).every(([label, is]) => one.labels[label] === is));
    return wanted.reduce((sum, one) => sum + one.value, 0);
  };
  return { worker, lines, registry, value };
}

const command = (row: Pick<Row, 'id' | 'channel'>) => JSON.stringify({ deliveryId: row.id, channel: row.channel });

async function publish(rows: readonly Row[], lane: Priority = 'normal'): Promise<void> {
  const messages = rows.map((row) => ({ key: row.userId, value: command(row) }));
  await producer.send({ topic: commandTopic(rows[0]!.channel, lane), messages, acks: -1 });
}

function plan(deliveries: FakeDeliveries, channel: Channel, count = 1, changes: Partial<Row> = {}): Row[] {
  return Array.from({ length: count }, (_, number) =>
    deliveries.add({ id: randomUUID(), channel, userId: `user-${number}`, notificationId: number, ...changes }),
  );
}

/** Does what the consumer's dispatcher does: publishes what is queued and due. */
async function dispatch(deliveries: FakeDeliveries): Promise<void> {
  const due = [...deliveries.rows.values()].filter(({ state, dueAt }) => state === 'queued' && dueAt <= Date.now());
  for (const row of due) row.state = 'dispatched';
  if (due.length > 0) await publish(due);
}

async function count(topic: string): Promise<number> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return offsets.reduce((sum, { high }) => sum + Number(high), 0);
}

/** Everything on a topic whose value says `id`. */
async function lettersOf(topic: string, id: string): Promise<KafkaMessage[]> {
  const read: KafkaMessage[] = [];
  const wanted = await count(topic);
  let seen = 0;
  const consumer = client().consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({
      eachMessage: async ({ message }) => {
        seen++;
        if (message.value?.toString().includes(id)) read.push(message);
      },
    });
    await waitFor(() => seen >= wanted, { what: 'all letters' });
    return read;
  } finally {
    await consumer.disconnect();
  }
}

const states = (rows: readonly Row[]) => [...new Set(rows.map(({ state }) => state))];

describe('ChannelWorker', () => {
  it('sends what a command names and notes what became of it, with one line and in numbers', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider();
    const { lines, value, registry } = await start('email', deliveries, provider);
    const [row] = plan(deliveries, 'email', 1, { notificationId: 7 }) as [Row];
    await publish([row], 'high');
    await waitFor(() => row.state === 'accepted', { what: 'the delivery to be accepted' });
    expect(row).toMatchObject({ attempt: 1, providerMessageId: `at-${row.id}` });
    expect(provider.sent).toEqual([
      {
        deliveryId: row.id,
        attempt: 1,
        userId: 'user-0',
        notificationId: 7,
        type: 'ORDER_CREATED',
        title: '주문이 접수되었습니다',
        message: '2개 상품',
        link: '/orders/1',
        category: 'order',
        text: 'order_created',
        language: 'ko',
        params: { itemCount: 2 },
        createdAt: '2026-02-06T10:00:00.000Z',
        address: { name: '김하나', email: 'hana@example.com', phone: null, token: 'token-of-hana' },
      },
    ]);
    expect(deliveries.attempts).toEqual([
      expect.objectContaining({ id: row.id, attempt: 1, provider: 'spec', outcome: 'accepted', held: true }),
    ]);
    expect(lines.filter(({ message }) => message === 'attempt')).toEqual([
      {
        message: 'attempt',
        delivery: row.id,
        notification: 7,
        channel: 'email',
        lane: 'high',
        provider: 'spec',
        attempt: 1,
        outcome: 'accepted',
        reason: undefined,
        durationMs: expect.any(Number),
      },
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/hana/);
    expect(await value('allim_channel_attempts_total', { outcome: 'accepted' })).toBe(1);
    const batches = /^allim_kafka_batch_records_count\{lane="(?<lane>\w+)"\} 1$/gm;
    await waitFor(
      async () => [...(await registry.metrics()).matchAll(batches)].map(({ groups }) => groups?.lane).join() === 'high',
      { what: 'the batch of one lane in the numbers' },
    );
  });

  it('buries a command that is none, and goes on', async () => {
    const deliveries = new FakeDeliveries();
    await start('email', deliveries, new SpecProvider());
    const [row] = plan(deliveries, 'email') as [Row];
    const topic = commandTopic('email', 'normal');
    const marker = randomUUID();
    const bad = [
      `{"${marker}"`,
      JSON.stringify({ deliveryId: marker, channel: 'fax' }),
      command({ id: marker, channel: 'push' }),
    ];
    await producer.send({ topic, messages: bad.map((value) => ({ key: 'k', value })), acks: -1 });
    await publish([row]);
    await waitFor(() => row.state === 'accepted', { what: 'the good one' });
    await waitFor(async () => (await lettersOf(`${topic}.DLT`, marker)).length === 3, { what: 'three letters' });
    const letters = await lettersOf(`${topic}.DLT`, marker);
    expect(letters.map(({ headers }) => headers?.['allim-error-class']?.toString()).sort()).toEqual([
      'bad-command',
      'bad-command',
      'wrong-channel',
    ]);
  });

  it('sends each once, though two workers read commands that were published twice', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider(async (message) => {
      await pause(2);
      return accept(message);
    });
    await start('push', deliveries, provider);
    await start('push', deliveries, provider);
    const rows = plan(deliveries, 'push', 400);
    await Promise.all([publish(rows), publish(rows, 'low'), publish(rows)]);
    await waitFor(() => rows.every(({ state }) => state === 'accepted'), { what: 'all to be accepted' });
    await waitFor(async () => (await lag('push')) === 0, { what: 'all commands to be done' });
    expect(provider.sent).toHaveLength(400);
    expect(new Set(provider.sent.map(({ deliveryId }) => deliveryId)).size).toBe(400);
    expect(deliveries.attempts.every(({ held }) => held)).toBe(true);
  });

  it('has the dead letter of an undeliverable one acknowledged before it is concluded', async () => {
    const deliveries = new FakeDeliveries();
    const lettersAtConclusion: number[] = [];
    const conclude = deliveries.conclude.bind(deliveries);
    const topic = undeliverableTopic('email');
    deliveries.conclude = async (one, conclusion) => {
      lettersAtConclusion.push(await count(topic));
      return conclude(one, conclusion);
    };
    await start('email', deliveries, new SpecProvider(() => ({ kind: 'permanent', reason: '550 no such user' })));
    const before = await count(topic);
    const [row] = plan(deliveries, 'email', 1, { userId: 'user-하나' }) as [Row];
    await publish([row]);
    await waitFor(() => row.state === 'undeliverable', { what: 'the delivery to be undeliverable' });
    expect(row.reason).toBe('550 no such user');
    expect(lettersAtConclusion).toEqual([before + 1]);
    const letters = await lettersOf(topic, row.id);
    expect(letters).toHaveLength(1);
    expect(letters[0]).toMatchObject({ key: Buffer.from('user-하나'), value: Buffer.from(command(row)) });
    const headers = Object.fromEntries(
      Object.entries(letters[0]!.headers ?? {}).map(([name, is]) => [name, String(is)]),
    );
    expect(headers).toMatchObject({
      'kafka_dlt-original-topic': 'allim.delivery.email.normal',
      'kafka_dlt-original-consumer-group': 'allim-email-normal',
      'kafka_dlt-exception-fqcn': 'Undeliverable',
      'kafka_dlt-exception-message': '550 no such user',
      'kafka_dlt-exception-stacktrace': '',
      'allim-error-class': 'undeliverable',
      'allim-attempts': '1',
    });
  });

  it('tries a temporary one again until its attempts are used up, then buries it', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider(() => ({ kind: 'temporary', reason: '451 busy' }));
    await start('sms', deliveries, provider);
    const [row] = plan(deliveries, 'sms') as [Row];
    await publish([row]);
    for (let attempt = 1; attempt < 4; attempt++) {
      await waitFor(() => row.state === 'queued' && row.attempt === attempt, { what: `attempt ${attempt}` });
      row.dueAt = Date.now(); // its back-off is over
      await dispatch(deliveries);
    }
    await waitFor(() => row.state === 'undeliverable', { what: 'the end of its attempts' });
    expect(row.reason).toBe('attempts used up: 451 busy');
    expect(provider.sent.map(({ attempt }) => attempt)).toEqual([1, 2, 3, 4]);
    expect(await lettersOf(undeliverableTopic('sms'), row.id)).toHaveLength(1);
  });

  it('claims nothing while the provider is down, burns no attempt, probes with one, and loses nothing', async () => {
    const deliveries = new FakeDeliveries();
    let isDown = true;
    const provider = new SpecProvider(async (message) => {
      await pause(5);
      return isDown ? { kind: 'infrastructure', reason: 'connection refused' } : accept(message);
    });
    const { value } = await start('webhook', deliveries, provider, { SEND_CONCURRENCY: 4 });
    const rows = plan(deliveries, 'webhook', 200);
    await publish(rows);
    await waitFor(async () => (await value('allim_channel_breaker_state')) === 2, { what: 'the breaker to open' });
    await waitFor(() => rows.every(({ state }) => state !== 'sending'), { what: 'what was under way' });
    const asked = provider.sent.length;
    const noted = deliveries.attempts.length;
    expect(asked).toBeLessThanOrEqual(4 + 3);
    provider.most = 0;
    await waitFor(() => provider.sent.length >= asked + 3, { what: 'three probes' });
    expect(provider.most).toBe(1);
    expect(provider.sent.length).toBeLessThan(asked + 6);
    expect(deliveries.attempts.length - noted).toBeLessThanOrEqual(provider.sent.length - asked); // none but the probes
    expect(rows.every(({ attempt, state }) => attempt === 0 || state === 'sending')).toBe(true);
    expect(rows.filter(({ state }) => state === 'dispatched').length).toBeGreaterThan(180);

    isDown = false;
    await waitFor(
      async () => {
        await dispatch(deliveries);
        return rows.every(({ state }) => state === 'accepted');
      },
      { what: 'all to be accepted', timeoutMs: 20_000, everyMs: 100 },
    );
    expect(new Set(rows.map(({ attempt }) => attempt))).toEqual(new Set([1]));
    expect(await value('allim_channel_breaker_state')).toBe(0);
    expect(await count(undeliverableTopic('webhook'))).toBe(0);
  });

  it('gives a send its time and no more, keeps its lease meanwhile, and holds up nobody behind it', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider((message, signal) =>
      message.notificationId === 0 ? untilAborted(message, signal) : accept(message),
    );
    await start('email', deliveries, provider, { SEND_TIMEOUT_MS: 4_000, DELIVERY_LEASE_MS: 600 });
    const rows = plan(deliveries, 'email', 50, { userId: 'the same partition' });
    await publish(rows.slice(0, 10));
    await waitFor(() => provider.sent.length === 10, { what: 'the first ones to be sent' });
    const hung = performance.now();
    await publish(rows.slice(10));
    await waitFor(() => rows.slice(1).every(({ state }) => state === 'accepted'), {
      what: 'all others',
      timeoutMs: 3_000,
    });
    expect(rows[0]!.state).toBe('sending');
    await waitFor(() => deliveries.extended >= 3, { what: 'the lease to be renewed' });
    expect(rows[0]!.dueAt).toBeGreaterThan(Date.now());
    await waitFor(() => rows[0]!.state === 'queued', { what: 'the hanging one to be given up' });
    expect(performance.now() - hung).toBeLessThan(5_000);
    expect(rows[0]).toMatchObject({ attempt: 1, reason: 'no answer within 4000 ms' });
  });

  it('lets a flood in the low lane delay nothing in the high one, even when all of it hangs', async () => {
    const deliveries = new FakeDeliveries();
    const flows = Promise.withResolvers<void>();
    const provider = new SpecProvider(async (message) => {
      if (message.userId !== 'urgent') await flows.promise;
      return accept(message);
    });
    await start('email', deliveries, provider, { SEND_CONCURRENCY: 4 });
    const low = plan(deliveries, 'email', 1_000);
    await publish(low, 'low');
    await waitFor(() => provider.underWay === 4, { what: 'the low lane to be full' });
    const high = plan(deliveries, 'email', 20, { userId: 'urgent' });
    await publish(high, 'high');
    await waitFor(() => high.every(({ state }) => state === 'accepted'), { what: 'the high ones', timeoutMs: 3_000 });
    expect(provider.underWay).toBe(4);
    flows.resolve();
    await waitFor(() => low.every(({ state }) => state === 'accepted'), { what: 'the low ones' });
  });

  it('keeps an outcome until the database is back, and notes it once', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider((message) => {
      deliveries.isDown = true;
      return accept(message);
    });
    await start('email', deliveries, provider, { SEND_CONCURRENCY: 1 });
    const rows = plan(deliveries, 'email', 3, { userId: 'the same partition' });
    await publish(rows);
    await waitFor(() => provider.sent.length > 0, { what: 'the first to be sent' });
    expect(rows[0]!.state).toBe('sending');
    await waitFor(
      () => {
        deliveries.isDown = false;
        return rows.every(({ state }) => state === 'accepted');
      },
      { what: 'all to be noted', everyMs: 50 },
    );
    expect(provider.sent).toHaveLength(3);
    expect(deliveries.attempts).toHaveLength(3);
  });

  it('sends at once what it has claimed without hearing of it', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider();
    await start('sms', deliveries, provider);
    const rows = plan(deliveries, 'sms', 5);
    deliveries.lostClaims = 1;
    await publish(rows);
    await waitFor(() => rows.every(({ state }) => state === 'accepted'), { what: 'all to be accepted' });
    expect(rows.map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1]);
    expect(provider.sent).toHaveLength(5);
  });

  it('counts an outcome that came after its lease was taken back', async () => {
    const deliveries = new FakeDeliveries();
    const answer = Promise.withResolvers<void>();
    const provider = new SpecProvider(async (message) => {
      await answer.promise;
      return accept(message);
    });
    const { value } = await start('email', deliveries, provider);
    const [row] = plan(deliveries, 'email') as [Row];
    await publish([row]);
    await waitFor(() => provider.underWay === 1, { what: 'it to be sent' });
    Object.assign(row, { state: 'queued', holder: undefined });
    answer.resolve();
    await waitFor(async () => (await value('allim_channel_conclusions_lost_total')) === 1, {
      what: 'the loss to be counted',
    });
    expect(row.state).toBe('queued');
  });

  it('forgets a token that its provider does not know any more', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider(() => ({ kind: 'permanent', reason: 'UNREGISTERED', forgetToken: true }));
    await start('push', deliveries, provider);
    const [row] = plan(deliveries, 'push') as [Row];
    await publish([row]);
    await waitFor(() => row.state === 'undeliverable', { what: 'it to be undeliverable' });
    expect(deliveries.forgotten).toEqual(['token-of-hana']);
  });

  it('keeps to the rate limit', async () => {
    const deliveries = new FakeDeliveries();
    const at: number[] = [];
    const provider = new SpecProvider((message) => {
      at.push(performance.now());
      return accept(message);
    });
    const { value } = await start('alimtalk', deliveries, provider, { RATE_LIMIT_PER_SECOND: 20 });
    const rows = plan(deliveries, 'alimtalk', 60);
    await publish(rows, 'high');
    await waitFor(() => rows.every(({ state }) => state === 'accepted'), { what: 'all to be sent', timeoutMs: 20_000 });
    const fullest = Math.max(...at.map((from) => at.filter((one) => one >= from && one < from + 1_000).length));
    expect(fullest).toBeLessThanOrEqual(20);
    expect(at.at(-1)! - at[0]!).toBeLessThan(5_000);
    expect(await value('allim_channel_rate_limit_waits_total')).toBeGreaterThan(0);
  });

  it('stops in order: what is being sent is noted, the rest is left to others', async () => {
    const deliveries = new FakeDeliveries();
    const answer = Promise.withResolvers<void>();
    const provider = new SpecProvider(async (message) => {
      await answer.promise;
      return accept(message);
    });
    const { worker } = await start('email', deliveries, provider, { SEND_CONCURRENCY: 2 });
    const rows = plan(deliveries, 'email', 30, { userId: 'the same partition' });
    await publish(rows);
    await waitFor(() => provider.underWay === 2, { what: 'two to be sent' });
    const closing = worker.close();
    running.delete(worker);
    answer.resolve();
    await closing;
    expect(provider).toMatchObject({ underWay: 0, closed: 1 });
    const accepted = rows.filter(({ state }) => state === 'accepted').length;
    expect(accepted).toBe(provider.sent.length);
    expect(accepted).toBeLessThan(30);
    expect(states(rows).sort()).toEqual(['accepted', 'dispatched']);

    const other = new SpecProvider();
    await start('email', deliveries, other);
    await waitFor(() => rows.every(({ state }) => state === 'accepted'), { what: 'the rest' });
    expect(other.sent).toHaveLength(30 - accepted);
  });

  it('makes an end of sends that hang when it stops, and notes that nobody knows', async () => {
    const deliveries = new FakeDeliveries();
    const provider = new SpecProvider(untilAborted);
    const { worker } = await start('sms', deliveries, provider, { SEND_TIMEOUT_MS: 60_000 });
    const [row] = plan(deliveries, 'sms') as [Row];
    await publish([row]);
    await waitFor(() => provider.underWay === 1, { what: 'it to hang' });
    const began = performance.now();
    await worker.close();
    running.delete(worker);
    expect(performance.now() - began).toBeLessThan(11_000); // SHUTDOWN_DEADLINE_MS is 12 s
    expect(row).toMatchObject({ state: 'unknown', reason: 'stopping' });
    expect(provider.closed).toBe(1);
  });

  it('waits with an undeliverable one until Kafka has its dead letter', async () => {
    const deliveries = new FakeDeliveries();
    const answer = Promise.withResolvers<void>();
    const provider = new SpecProvider(async () => {
      await answer.promise;
      return { kind: 'permanent', reason: '550' };
    });
    const { lines } = await start('sms', deliveries, provider);
    const [row] = plan(deliveries, 'sms') as [Row];
    await publish([row]);
    await waitFor(() => provider.underWay === 1, { what: 'it to be sent' });
    await stack.kafka.kill();
    answer.resolve();
    await waitFor(() => lines.some(({ message }) => String(message).startsWith('a dead letter is not acknowledged')), {
      what: 'the letter to be refused',
      timeoutMs: 30_000,
    });
    expect(row.state).toBe('sending');
    await stack.kafka.start();
    await waitFor(() => row.state === 'undeliverable', { what: 'the letter to be there', timeoutMs: 30_000 });
    expect(await lettersOf(undeliverableTopic('sms'), row.id)).not.toHaveLength(0);
  });
});

/** Commands that the groups of a channel have not done yet. */
async function lag(channel: Channel): Promise<number> {
  let behind = 0;
  for (const lane of ['high', 'normal', 'low'] as const) {
    const topic = commandTopic(channel, lane);
    const [offsets] = await admin.fetchOffsets({ groupId: `allim-${channel}-${lane}`, topics: [topic] });
    const done = (offsets?.partitions ?? []).reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0);
    behind += (await count(topic)) - done;
  }
  return behind;
}
