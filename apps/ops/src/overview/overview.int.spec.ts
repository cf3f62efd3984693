import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { deadLetter, deadLetterTopic, kafkaClient } from '@allim/kafka';
import { createLogger } from '@allim/platform';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import request from 'supertest';
import { startNode, stopNodes, token } from '../testing/ops-nodes.js';
import { type OverviewShown } from './overview-shown.js';

type Client = ReturnType<typeof kafkaClient>;

const stack = useStack({ redis: false });
const servers = new Set<Server>();
let admin: ReturnType<Client['admin']>;
let producer: ReturnType<Client['producer']>;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  const logger = createLogger('spec', 'fatal');
  const client = kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);
  admin = client.admin();
  producer = client.producer({ allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect()]);
});
afterEach(async () => {
  await stopNodes();
  for (const server of servers) await closed(server);
});
afterAll(async () => {
  await Promise.all([admin?.disconnect(), producer?.disconnect()]);
});

async function closed(server: Server): Promise<void> {
  servers.delete(server);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
}

const start = (overrides: Record<string, string> = {}) => startNode(stack, { CHANNEL_SAMPLE_MS: '100', ...overrides });

async function get(url: string, path: string) {
  return request(url)
    .get(`/api/v1/ops/${path}`)
    .set('Authorization', `Bearer ${await token('ops:read')}`);
}

async function overview(url: string, query = ''): Promise<OverviewShown> {
  const { status, body } = await get(url, `overview${query}`);
  expect(status).toBe(200);
  return body.data;
}

const sum = (counts: readonly (number | null)[] = []) => counts.reduce<number>((total, one) => total + (one ?? 0), 0);

/** Writes letters of records that failed as long ago as is said. */
async function bury(topic: string, agoMs: number, ...offsets: number[]): Promise<void> {
  await admin.createTopics({ topics: [{ topic: deadLetterTopic(topic) }] });
  const at = Date.now() - agoMs;
  const messages = offsets.map((offset) => ({
    ...deadLetter(
      {
        ...{ topic, partition: 0, offset: `${offset}`, headers: {}, timestamp: `${at}`, timestampType: 'CreateTime' },
        key: Buffer.from('user-1'),
        value: Buffer.from('{}'),
      },
      { errorClass: 'bad-json', error: new Error('wrong'), group: 'some-group', attempts: 1, failedAt: at },
    ),
    partition: 0,
    timestamp: `${at}`,
  }));
  await producer.send({ topic: deadLetterTopic(topic), messages, acks: -1 });
}

const hour = 3_600_000;

describe('dead letters over time', () => {
  it('are counted by their last failure, the topics with most by name and the others together', async () => {
    const names = Array.from({ length: 10 }, (_, nth) => `time.${nth}`);
    for (const [nth, topic] of names.entries())
      await bury(topic, 5 * hour, ...Array.from({ length: nth + 1 }, (_, offset) => offset));
    await bury('time.9', 30 * hour, 100, 101);
    await bury('time.9', 0, 200);
    const url = await start();
    const indexed = async () => (await get(url, 'dead-letters?size=200')).body.data.items.length;
    await waitFor(async () => (await indexed()) === 58, { what: 'the index to have all', timeoutMs: 30_000 });

    const day = (await overview(url)).deadLetters;
    expect(day.series.map(({ topic, total }) => [topic, total])).toEqual([
      ['time.9', 11],
      ...[8, 7, 6, 5, 4, 3, 2].map((nth) => [`time.${nth}`, nth + 1]),
    ]);
    expect(day.others).toMatchObject({ topics: 2, total: 3 });
    expect(sum(day.others?.counts)).toBe(3);
    expect(day.totals).toEqual({ open: 58, replaying: 0, replayed: 0, parked: 0, discarded: 0 });
    const [most] = day.series;
    expect(most?.counts).toHaveLength(96);
    expect(most?.counts.at(-1)).toBe(1);
    const step = Math.floor((Date.now() - 5 * hour - Date.parse(day.from)) / 1_000 / day.stepSeconds);
    expect(sum(most?.counts.slice(step - 1, step + 1))).toBe(10);

    const series = async (hours: number) => (await overview(url, `?hours=${hours}`)).deadLetters.series;
    expect((await series(48))[0]).toMatchObject({ topic: 'time.9', total: 13 });
    expect(await series(1)).toEqual([expect.objectContaining({ topic: 'time.9', total: 1 })]);
  });

  it('are asked for with a time that can be shown', async () => {
    const url = await start();
    for (const [query, message] of [
      ['hours=0', 'hours: expected a whole number from 1 to 168'],
      ['hours=169', 'hours: expected a whole number from 1 to 168'],
      ['hour=1', 'hour: expected no such field'],
    ]) {
      const { status, body } = await get(url, `overview?${query}`);
      expect({ status, body }).toEqual({ status: 400, body: { success: false, error: { code: 'C003', message } } });
    }
  });
});

describe('the lag of groups', () => {
  it('is what they have not committed, also of what ours must read and have never begun', async () => {
    const topics = ['lag.one', 'lag.two', 'shopping.order.created'];
    await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 2 })) });
    for (const topic of topics) {
      const messages = [0, 0, 0, 1, 1].map((partition) => ({ partition, value: '{}' }));
      await producer.send({ topic, messages, acks: -1 });
    }
    const commit = (topic: string, ...offsets: string[]) =>
      admin.setOffsets({
        groupId: 'a-group',
        topic,
        partitions: offsets.map((offset, partition) => ({ partition, offset })),
      });
    await commit('lag.one', '3', '1');
    await commit('lag.two', '1', '0');
    const url = await start({ WATCHED_GROUPS: 'a-group,nobody' });
    const { lag, lagUnknown } = await overview(url);
    expect(lagUnknown).toBeNull();
    expect(lag?.groups.map(({ group }) => group)).toEqual(['allim-ops', 'notification-group', 'a-group', 'nobody']);
    expect(lag?.groups.slice(1)).toEqual([
      {
        ...{ group: 'notification-group', lag: 5, unknown: null },
        topics: [{ topic: 'shopping.order.created', lag: 5 }],
      },
      {
        ...{ group: 'a-group', lag: 5, unknown: null },
        topics: [
          { topic: 'lag.two', lag: 4 },
          { topic: 'lag.one', lag: 1 },
        ],
      },
      { group: 'nobody', lag: null, topics: [], unknown: 'has read nothing yet' },
    ]);
  });
});

/** Plays an app of a channel; what it shows may be changed. */
async function playChannel(): Promise<{
  app: { attempts: number; startedAt: number; status: number };
  server: Server;
  target: string;
}> {
  const app = { attempts: 100, startedAt: 1_000, status: 200 };
  const server = createServer((_, response) => {
    response.writeHead(app.status).end(`
allim_channel_attempts_total{channel="email",provider="smtp",outcome="accepted"} ${app.attempts}
allim_channel_breaker_state{channel="email",provider="smtp"} 2
allim_channel_rate_limit_waits_total{channel="email",lane="low"} 7
allim_channel_sending{channel="email",lane="low"} 4
process_start_time_seconds ${app.startedAt}
`);
  });
  servers.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { app, server, target: `127.0.0.1:${(server.address() as AddressInfo).port}` };
}

describe('channels', () => {
  const channel = async (url: string) => (await overview(url)).channels[0]!;
  const accepted = async (url: string) => (await channel(url)).outcomes.find(({ outcome }) => outcome === 'accepted');

  it('are shown by what their apps count, since they are watched', async () => {
    const { app, target } = await playChannel();
    const url = await start({ CHANNEL_METRICS: `email=http://${target}/metrics` });
    await waitFor(async () => (await channel(url)).known.includes(true), { what: 'two samples' });
    expect(await channel(url)).toMatchObject({
      channel: 'email',
      stepSeconds: 60,
      outcomes: [], // what was before is not of this hour
      instances: [
        {
          ...{ instance: target, isUp: true, unknown: null, sending: 4 },
          breakers: [{ provider: 'smtp', state: 'open' }],
        },
      ],
    });
    app.attempts += 5;
    await waitFor(async () => (await accepted(url))?.total === 5, { what: 'the attempts' });
    Object.assign(app, { attempts: 200, startedAt: 2_000 }); // anew, and counts more by now
    await waitFor(async () => (await accepted(url))?.total === 205, { what: 'the attempts of the new process' });
    app.attempts = 2; // anew, within the second
    await waitFor(async () => (await accepted(url))?.total === 207, { what: 'the attempts of the third one' });
    const counts = (await accepted(url))?.counts ?? [];
    expect(counts).toHaveLength(60);
    expect(counts.slice(0, 55)).toEqual(Array(55).fill(null));
    expect(sum(counts.slice(-5))).toBe(207);
  });

  it('are shown as down when they do not answer, never as if they sent nothing', async () => {
    const { app, server, target } = await playChannel();
    const url = await start({ CHANNEL_METRICS: `email=http://${target}/metrics,push=http://127.0.0.1:9/metrics` });
    await waitFor(async () => (await channel(url)).known.includes(true), { what: 'two samples' });
    app.attempts += 5;
    await waitFor(async () => (await accepted(url))?.total === 5, { what: 'the attempts' });
    const state = async (nth: number) => (await overview(url)).channels[nth]?.instances[0];
    expect((await overview(url)).channels[1]).toMatchObject({
      channel: 'push',
      known: Array(60).fill(false),
      outcomes: [],
    });
    expect(await state(1)).toMatchObject({ isUp: false, sampledAt: null, sending: null, breakers: [] });

    app.status = 503;
    await waitFor(async () => (await state(0))?.unknown === 'answered 503', { what: 'its refusal to be seen' });
    await closed(server);
    await waitFor(async () => (await state(0))?.unknown === 'connection refused', { what: 'its end to be seen' });
    expect(await state(0)).toMatchObject({
      ...{ isUp: false, sending: null, breakers: [] },
      sampledAt: expect.stringMatching(/Z$/),
    });
    expect((await accepted(url))?.total).toBe(5);
  });

  it('that are asked under a wrong name are none', async () => {
    const { target } = await playChannel();
    const url = await start({ CHANNEL_METRICS: `push=http://${target}/metrics` });
    await waitFor(async () => (await channel(url)).instances[0]?.unknown === 'shows no metrics of push', {
      what: 'the answer',
    });
  });
});

describe('while something is away', () => {
  it('what else there is to see is shown', async () => {
    const url = await start();
    await stack.kafka.kill();
    try {
      const began = performance.now();
      const { lag, lagUnknown, deadLetters } = await overview(url);
      expect(performance.now() - began).toBeLessThan(8_000);
      expect(lag).toBeNull();
      expect(lagUnknown).toMatch(/^Kafka does not answer/);
      expect(deadLetters.series.length).toBeGreaterThan(0);
    } finally {
      await stack.kafka.start();
    }
    await stack.database.kill();
    try {
      expect((await get(url, 'overview?hours=2')).status).toBe(503);
    } finally {
      await stack.database.start();
    }
    const answers = async () => (await get(url, 'overview?hours=2')).status === 200;
    await waitFor(answers, { what: 'the database to be there again', timeoutMs: 30_000 });
  }, 60_000);
});
