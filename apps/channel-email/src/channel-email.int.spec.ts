import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { commandTopic, contactDetails, undeliverableTopic } from '@allim/contracts';
import { kafkaClient } from '@allim/kafka';
import { createLogger, loadSettings, type Program } from '@allim/platform';
import { ContactStore, type Database, DeliveryStore, Intake, openDatabase, uuidBytes } from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { useStack, waitFor } from '@allim/testing';
import { type SMTPServerOptions } from 'smtp-server';
import { startChannelEmail } from './channel-email.js';
import { settings } from './config.js';
import { decoded, headersOf, type RealSmtpServer, reply, startSmtpServer } from './providers/smtp-server.fixture.js';

type Client = ReturnType<typeof kafkaClient>;

const stack = useStack();
const logger = createLogger('spec', 'fatal');
let database: Database;
let deliveries: DeliveryStore;
let producer: ReturnType<Client['producer']>;
let program: Program | undefined;
let smtp: RealSmtpServer | undefined;

const client = () => kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, logger);

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  deliveries = new DeliveryStore(database);
  producer = client().producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const contact = (more: object) => contactDetails.parse({ email: 'user-1@example.com', ...more });
  await new ContactStore(database).put('user-1', contact({ name: '홍길동' }));
});
afterEach(async () => {
  for (const step of program?.stop ?? []) await step.run();
  program = undefined;
  await smtp?.close();
});
afterAll(async () => {
  await Promise.all([producer?.disconnect(), database?.destroy()]);
});

async function start(options: SMTPServerOptions = {}) {
  smtp = await startSmtpServer(options);
  program = await startChannelEmail(
    loadSettings(settings, {
      NODE_ENV: 'test',
      LOG_LEVEL: 'error',
      PORT: String(await freePort()),
      KAFKA_BROKERS: stack.kafkaBrokers,
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
      SMTP_TLS: 'off',
      MAIL_FROM: 'no-reply@mail.example.com',
      PUBLIC_URL: 'https://portal.example.com',
      API_URL: 'https://api.example.com',
      UNSUBSCRIBE_SECRET: 'x'.repeat(32),
      BREAKER_PROBE_MS: '100',
    }),
  );
  return smtp;
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  await once(probe.close(), 'close');
  return port;
}

/** Saves a notification with one e-mail, as the consumer does, and answers the delivery's id. */
async function planned(text: string, params: object, category = 'order'): Promise<string> {
  const id = crypto.randomUUID();
  const [saved] = await new Intake(database).save([
    {
      identity: randomBytes(16),
      userId: 'user-1',
      type: 'SYSTEM',
      title: '알림이 있습니다',
      message: '본문',
      link: '/orders/1',
      reference: null,
      params: JSON.stringify(params),
      origin: { topic: 'spec', partition: 0, offset: '0' },
      deliveries: [
        {
          id: uuidBytes(id),
          channel: 'email',
          target: Buffer.alloc(0),
          priority: 'normal',
          category,
          text,
          language: 'ko',
          state: 'queued',
          reason: null,
          dueAt: new Date(),
        },
      ],
    },
  ]);
  expect(saved?.kind).toBe('new');
  return id;
}

const command = (deliveryId: string) => ({ key: 'user-1', value: JSON.stringify({ deliveryId, channel: 'email' }) });
const publish = (...ids: string[]) =>
  producer.send({ topic: commandTopic('email', 'normal'), messages: ids.map(command) });
const dispatch = () => deliveries.dispatch(100, async (due) => void (await publish(...due.map(({ id }) => id))));

async function timeline(deliveryId: string) {
  const [one] = await deliveries.timeline({ deliveryId }, 1);
  return one;
}
const untilIn = (state: string, id: string) =>
  waitFor(async () => (await timeline(id))?.state === state && (await timeline(id)), {
    what: `the delivery to be ${state}`,
    timeoutMs: 20_000,
  });

it('a delivery becomes one mail, however often it is asked for', async () => {
  const { received } = await start();
  const order = await planned('shopping.order.confirmed', {});
  const welcome = await planned('user-signup', { name: '길동' });
  await dispatch();
  await untilIn('accepted', order);
  await publish(order, order);
  const done = await untilIn('accepted', welcome);
  const last = await planned('shopping.order.confirmed', {});
  await dispatch();
  await untilIn('accepted', last);

  expect(done).toMatchObject({ attemptCount: 1, provider: 'smtp', providerMessageId: `<${welcome}@mail.example.com>` });
  const ids = received.map((mail) => headersOf(mail).get('message-id')?.[0]);
  expect(ids.sort()).toEqual([order, welcome, last].map((id) => `<${id}@mail.example.com>`).sort());
  const subjects = received.map((mail) => decoded(headersOf(mail).get('subject')?.[0]));
  expect(subjects).toContain('길동님, Portal Universe에 오신 것을 환영합니다');
});

it('what is refused for good ends as undeliverable, with the reason and without the address', async () => {
  await start({ onRcptTo: (_, __, done) => done(reply(550, '5.1.1 <user-1@example.com> unknown')) });
  const letters: string[] = [];
  const consumer = client().consumer({ groupId: 'spec' });
  await consumer.connect();
  await consumer.subscribe({ topics: [undeliverableTopic('email')], fromBeginning: true });
  await consumer.run({ eachMessage: async ({ message }) => void letters.push(String(message.value)) });
  try {
    const refused = await planned('shopping.order.confirmed', {});
    const incomplete = await planned('notification.requested/auth_code', { minutes: 3 });
    await dispatch();
    expect((await untilIn('undeliverable', refused)).reason).toBe('SMTP 550 5.1.1 at RCPT TO');
    expect((await untilIn('undeliverable', incomplete)).reason).toBe(
      'template notification.requested/auth_code: parameter code is missing',
    );
    await waitFor(() => letters.length === 2, { what: 'the letters' });
    expect(letters.map((letter) => JSON.parse(letter).deliveryId).sort()).toEqual([refused, incomplete].sort());
  } finally {
    await consumer.disconnect();
  }
});

it('while the server is away nothing counts as an attempt, and all is sent when it is back', async () => {
  const server = await start();
  await server.close();
  const ids = await Promise.all(Array.from({ length: 5 }, () => planned('shopping.order.confirmed', {})));
  await dispatch();
  await waitFor(async () => (await Promise.all(ids.map(timeline))).some((one) => (one?.attempts.length ?? 0) > 0), {
    what: 'an attempt to fail',
  });
  smtp = await startSmtpServer({}, server.port);
  // What came back to the queue is due later; the dispatcher of the consumer does this.
  await waitFor(
    async () => {
      await dispatch();
      return (await Promise.all(ids.map(timeline))).every((one) => one?.state === 'accepted');
    },
    { what: 'all mails', timeoutMs: 40_000, everyMs: 200 },
  );
  expect((await Promise.all(ids.map(timeline))).map((one) => one?.attemptCount)).toEqual([1, 1, 1, 1, 1]);
  expect(smtp.received).toHaveLength(5);
});
