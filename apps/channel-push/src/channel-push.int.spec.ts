import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { commandTopic, type DeliveryState } from '@allim/contracts';
import { kafkaClient } from '@allim/kafka';
import { createLogger, loadSettings, type Program } from '@allim/platform';
import { type Database, DeliveryStore, DeviceStore, Intake, openDatabase, tokenHash, uuidBytes } from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startChannelPush } from './channel-push.js';
import { settings } from './config.js';
import { FcmServer, refusal, throwAwayAccount } from './providers/fcm-server.fixture.js';

const stack = useStack();
const account = throwAwayAccount();
const fcm = new FcmServer(account);
let database: Database;
let devices: DeviceStore;
let deliveries: DeliveryStore;
let producer: ReturnType<ReturnType<typeof kafkaClient>['producer']>;
let url: string;
let program: Program;

beforeAll(async () => {
  await fcm.start();
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  devices = new DeviceStore(database);
  deliveries = new DeliveryStore(database);
  const kafka = kafkaClient(
    'spec',
    { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false },
    createLogger('spec', 'fatal'),
  );
  producer = kafka.producer({ allowAutoTopicCreation: false });
  await producer.connect();
  url = `http://127.0.0.1:${await freePort()}`;
  program = await start();
});

afterAll(async () => {
  for (const { run } of program?.stop ?? []) await run();
  await producer?.disconnect();
  await database?.destroy();
  await fcm.close();
});

beforeEach(() => {
  fcm.pushes.length = 0;
});
afterEach(() => {
  fcm.reply = () => undefined;
});

function start(): Promise<Program> {
  const { projectId: project_id, clientEmail: client_email, privateKey: private_key } = account;
  return startChannelPush(
    loadSettings(settings, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      PORT: new URL(url).port,
      KAFKA_BROKERS: stack.kafkaBrokers,
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      FCM_SERVICE_ACCOUNT: JSON.stringify({ type: 'service_account', project_id, client_email, private_key }),
      FCM_ENDPOINT: fcm.url,
    }),
  );
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  return port;
}

/** A notification with a push to each of these devices, registered, saved and dispatched. Answers the deliveries' ids. */
async function notify(userId: string, tokens: string[]): Promise<string[]> {
  for (const token of tokens) await devices.put(userId, token, { platform: 'android', appVersion: null });
  const ids = tokens.map(() => randomUUID());
  await new Intake(database).save([
    {
      identity: randomBytes(16),
      userId,
      type: 'ORDER_CREATED',
      title: '주문이 접수되었습니다',
      message: '상품 2개',
      link: '/shopping/orders/ORD-1',
      reference: null,
      params: '{}',
      origin: { topic: 'spec', partition: 0, offset: randomBytes(4).readUInt32BE().toString() },
      deliveries: tokens.map((token, index) => ({
        id: uuidBytes(ids[index]!),
        channel: 'push',
        target: tokenHash(token),
        priority: 'normal',
        category: 'order',
        text: 'order-created',
        language: 'ko',
        state: 'queued',
        reason: null,
        dueAt: new Date(),
      })),
    },
  ]);
  await deliveries.dispatch(100, async (due) => {
    const messages = due.map(({ id }) => ({ key: userId, value: JSON.stringify({ deliveryId: id, channel: 'push' }) }));
    await producer.send({ topic: commandTopic('push', 'normal'), messages, acks: -1 });
  });
  return ids;
}

/** Of each of a person's deliveries. */
async function states(userId: string): Promise<Record<string, { state: DeliveryState; reason: string | null }>> {
  const timelines = await deliveries.timeline({ userId }, 10);
  return Object.fromEntries(timelines.map(({ id, state, reason }) => [id, { state, reason }]));
}

const tokensOf = async (userId: string) => (await devices.ofUser(userId)).map(({ token }) => token).sort();

describe('the push channel', () => {
  it('sends one push to each device, and notes FCM’s id', async () => {
    const user = randomUUID();
    const ids = await notify(user, [`${user}-phone`, `${user}-tablet`]);
    await waitFor(async () => Object.values(await states(user)).every(({ state }) => state === 'accepted'), {
      what: 'both to be accepted',
    });
    expect(fcm.pushes.map(({ message }) => message.token).sort()).toEqual([`${user}-phone`, `${user}-tablet`]);
    expect(fcm.pushes.map(({ message }) => message.data?.deliveryId).sort()).toEqual([...ids].sort());
  });

  it('forgets the device that FCM does not know any more, and that one only', async () => {
    const user = randomUUID();
    fcm.reply = ({ message }) =>
      message.token === `${user}-gone` ? refusal(404, 'NOT_FOUND', { code: 'UNREGISTERED' }) : undefined;
    const [gone, kept] = await notify(user, [`${user}-gone`, `${user}-kept`]);
    await waitFor(
      async () => {
        const now = await states(user);
        return now[gone!]?.state === 'undeliverable' && now[kept!]?.state === 'accepted';
      },
      { what: 'both to be concluded' },
    );
    expect(await tokensOf(user)).toEqual([`${user}-kept`]);
    expect((await states(user))[gone!]?.reason).toBe('FCM UNREGISTERED (404)');
  });

  it('keeps the device when FCM has something else against it', async () => {
    const user = randomUUID();
    fcm.reply = () => refusal(400, 'INVALID_ARGUMENT', { code: 'INVALID_ARGUMENT' });
    const [id] = await notify(user, [`${user}-phone`]);
    await waitFor(async () => (await states(user))[id!]?.state === 'undeliverable', { what: 'it to be concluded' });
    expect(await tokensOf(user)).toEqual([`${user}-phone`]);
  });

  it('tries again later what FCM cannot take just now, with the same id', async () => {
    const user = randomUUID();
    fcm.reply = () => ({ ...refusal(503, 'UNAVAILABLE', { code: 'UNAVAILABLE' }), headers: { 'Retry-After': '3600' } });
    const [id] = await notify(user, [`${user}-phone`]);
    await waitFor(async () => (await states(user))[id!]?.state === 'queued', { what: 'it to be queued again' });
    const [timeline] = await deliveries.timeline({ userId: user }, 10);
    expect(Date.parse(timeline!.dueAt)).toBeGreaterThan(Date.now() + 3_500_000);
    expect(fcm.pushes).toHaveLength(1);
  });

  it('is well, and tells its metrics', async () => {
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/allim_\w+\{[^}]*channel="push"/);
  });
});
