import { randomBytes } from 'node:crypto';
import { fixedClock, useStack } from '@allim/testing';
import { type Database, openDatabase, withSession } from './database.js';
import { uuidBytes, uuidText } from './delivery-id.js';
import { DeliveryStore } from './delivery-store.js';
import { tokenHash } from './device-store.js';
import { InboxStore } from './inbox-store.js';
import { Intake } from './intake.js';
import { migrate } from './migrate.js';
import { delivery, notification } from './testing/planned.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
let database: Database;
let deliveries: DeliveryStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  deliveries = new DeliveryStore(database, clock);
});
afterAll(() => database?.destroy());

/** Two notifications of one user: an order's by e-mail and push, and a payment's by e-mail; answers the deliveries' ids. */
async function planned(userId: string, order: string) {
  const ways = [
    delivery(),
    delivery({ channel: 'push', target: tokenHash('t'), state: 'suppressed', reason: 'muted' }),
    delivery(),
  ];
  const [mail, push, payment] = ways as [(typeof ways)[0], (typeof ways)[0], (typeof ways)[0]];
  await new Intake(database, clock).save([
    notification({ userId, reference: { type: 'order', id: order }, deliveries: [mail, push] }),
    notification({
      userId,
      reference: { type: 'payment', id: 'PAY' },
      type: 'PAYMENT_COMPLETED',
      deliveries: [payment],
    }),
  ]);
  return ways.map(({ id }) => uuidText(id)) as [string, string, string];
}

const found = async (...args: Parameters<DeliveryStore['timeline']>) =>
  (await deliveries.timeline(...args)).map(({ id }) => id);

describe('the timeline', () => {
  it('finds the newest first: by person, by notification, by what it is about, by id', async () => {
    const [mail, push, payment] = await planned('hong', 'ORD-7');
    const [other] = await planned('kim', 'ORD-7');
    await planned('lee', 'ord-7');
    expect(await found({ userId: 'hong' }, 10)).toEqual([payment, push, mail]);
    expect(await found({ userId: 'hong' }, 2)).toEqual([payment, push]);
    expect(await found({ userId: 'hong', notificationId: 1 }, 10)).toEqual([push, mail]);
    expect(await found({ reference: 'ORD-7' }, 10)).toEqual([expect.any(String), other, push, mail]);
    expect(await found({ deliveryId: mail }, 10)).toEqual([mail]);
    expect(await found({ userId: 'nobody' }, 10)).toEqual([]);
  });

  it('tells all of a delivery’s way, from the order to the provider’s answer', async () => {
    const [id, suppressed] = await planned('park', 'ORD-8');
    const times = { start: new Date(clock()).toISOString(), later: new Date(clock() + 1_000).toISOString() };
    const attempt = async (outcome: Parameters<DeliveryStore['conclude']>[1]) => {
      const holder = randomBytes(16);
      const [claimed] = await deliveries.claim([id], holder, 60_000);
      const startedAt = new Date(clock());
      await deliveries.conclude(
        { id, holder, attempt: claimed!.attempt, startedAt, durationMs: 250, provider: 'smtp' },
        outcome,
      );
    };
    await attempt({ kind: 'temporary', reason: '451 try later', dueAt: new Date(clock() + 1_000) });
    clock.advance(1_000);
    await attempt({ kind: 'accepted', providerMessageId: 'queued as 7' });
    await withSession(database, (session) =>
      session.query(
        `INSERT INTO delivery_report (delivery_id, provider, provider_message_id, code, state, detail, received_at)
         VALUES (?, 'smtp', 'queued as 7', '5.1.1', 'undeliverable', 'bounce', ?), (?, 'smtp', NULL, NULL, NULL, NULL, ?)`,
        [uuidBytes(id), '2026-02-06 11:00:00', uuidBytes(id), '2026-02-06 12:00:00'],
      ),
    );
    const [entry] = await deliveries.timeline({ deliveryId: id }, 1);
    expect(entry).toEqual({
      id,
      userId: 'park',
      notificationId: 1,
      type: 'ORDER_CREATED',
      reference: { type: 'order', id: 'ORD-8' },
      channel: 'email',
      device: null,
      priority: 'normal',
      category: 'order',
      text: 'shopping.order.created',
      language: 'ko',
      state: 'accepted',
      reason: null,
      attemptCount: 2,
      dueAt: times.later,
      provider: 'smtp',
      providerMessageId: 'queued as 7',
      createdAt: times.start,
      updatedAt: times.later,
      attempts: [
        {
          attempt: 1,
          provider: 'smtp',
          outcome: 'temporary',
          reason: '451 try later',
          providerMessageId: null,
          startedAt: times.start,
          durationMs: 250,
        },
        {
          attempt: 2,
          provider: 'smtp',
          outcome: 'accepted',
          reason: null,
          providerMessageId: 'queued as 7',
          startedAt: times.later,
          durationMs: 250,
        },
      ],
      reports: [
        {
          provider: 'smtp',
          providerMessageId: 'queued as 7',
          code: '5.1.1',
          state: 'undeliverable',
          detail: 'bounce',
          receivedAt: '2026-02-06T11:00:00.000Z',
        },
        {
          provider: 'smtp',
          providerMessageId: null,
          code: null,
          state: null,
          detail: null,
          receivedAt: '2026-02-06T12:00:00.000Z',
        },
      ],
    });
    expect(await deliveries.timeline({ deliveryId: suppressed }, 1)).toEqual([
      expect.objectContaining({
        state: 'suppressed',
        reason: 'muted',
        device: tokenHash('t').toString('hex'),
        attempts: [],
        reports: [],
      }),
    ]);
  });

  it('outlives the notification', async () => {
    const [mail, push] = await planned('choi', 'ORD-9');
    await new InboxStore(database).remove('choi', 1);
    expect(await found({ reference: 'ORD-9' }, 10)).toEqual([push, mail]);
    const [entry] = await deliveries.timeline({ deliveryId: mail }, 1);
    expect(entry).toMatchObject({ type: null, reference: { type: 'order', id: 'ORD-9' } });
  });
});
