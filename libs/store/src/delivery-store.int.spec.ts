import { randomBytes, randomUUIDv7 } from 'node:crypto';
import {
  channels,
  type DeliveryState,
  deliveryMoves,
  deliveryStates,
  type Lane,
  lanesOf,
  priorities,
} from '@allim/contracts';
import { fixedClock, useStack, waitFor } from '@allim/testing';
import { ContactStore } from './contact-store.js';
import { type Database, openDatabase, withSession } from './database.js';
import { type Conclusion } from './delivery-conclusion.js';
import { uuidBytes, uuidText } from './delivery-id.js';
import { type Requeue } from './delivery-replay.js';
import { type Claimed, DeliveryStore, type DueDelivery } from './delivery-store.js';
import { DeviceStore, tokenHash } from './device-store.js';
import { InboxStore } from './inbox-store.js';
import { Intake, type NewDelivery, type NewNotification } from './intake.js';
import { migrate } from './migrate.js';
import { datetime } from './statement.js';
import { lockWaits } from './testing/locks.js';
import { delivery, notification } from './testing/planned.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
const at = (ms: number) => new Date(clock() + ms);
const minute = 60_000;
const holder = randomBytes(16);
let database: Database;
let deliveries: DeliveryStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 20 });
  deliveries = new DeliveryStore(database, clock);
});
afterAll(() => database?.destroy());
// What one spec leaves due, the next would dispatch.
beforeEach(() => sql('DELETE FROM delivery'));

const sql = <Result>(
  text: string,
  values: Parameters<Parameters<Parameters<typeof withSession>[1]>[0]['query']>[1] = [],
) => withSession(database, (session) => session.query<Result>(text, values));

interface Row {
  state: DeliveryState;
  attempts: number;
  due_at: Date;
  reason: string | null;
  provider: string | null;
  provider_message_id: string | null;
}
const row = async (id: string) => (await sql<Row[]>('SELECT * FROM delivery WHERE id = ?', [uuidBytes(id)]))[0]!;
const states = (ids: readonly string[]) => Promise.all(ids.map(async (id) => (await row(id)).state));
const attempts = (id: string) =>
  sql<object[]>(
    'SELECT attempt, provider, outcome, reason, provider_message_id, started_at, duration_ms FROM delivery_attempt WHERE delivery_id = ? ORDER BY attempt',
    [uuidBytes(id)],
  );

/** Notifications with one delivery each, in their inboxes; answers the deliveries' ids. */
async function plan(
  count = 1,
  changes: Partial<NewDelivery> = {},
  about: Partial<NewNotification> = {},
): Promise<string[]> {
  const planned = Array.from({ length: count }, () => delivery(changes));
  await new Intake(database, clock).save(planned.map((one) => notification({ ...about, deliveries: [one] })));
  return planned.map(({ id }) => uuidText(id));
}

/** One delivery in the given state, as it would be just now. */
async function inState(state: DeliveryState, changes: Partial<NewDelivery> = {}): Promise<string> {
  const [id] = (await plan(1, changes)) as [string];
  await sql('UPDATE delivery SET state = ?, attempts = 1, holder = ?, due_at = ? WHERE id = ?', [
    state,
    state === 'sending' ? holder : null,
    datetime(at(-1)),
    uuidBytes(id),
  ]);
  return id;
}

async function claimOne(id: string, by = holder): Promise<Claimed> {
  const [claimed] = await deliveries.claim([id], by, minute);
  if (!claimed) throw new Error('was not to be claimed');
  return claimed;
}

const ended = ({ id, attempt }: { id: string; attempt: number }, by = holder) => ({
  id,
  attempt,
  holder: by,
  startedAt: at(-1_000),
  durationMs: 12.4,
  provider: 'smtp',
});

const accepted: Conclusion = { kind: 'accepted', providerMessageId: 'queued as 7' };
const publishNothing = async () => {};

describe('dispatch', () => {
  it('publishes what is due, the high lanes first and alone, the longest due first, and says so on the row', async () => {
    const [low] = await plan(1, { priority: 'low', dueAt: at(-5) });
    const [late, later] = [await plan(1, { dueAt: at(-2) }), await plan(1, { dueAt: at(0) })].flat();
    const [high] = await plan(1, { priority: 'high', dueAt: at(-1), channel: 'push' }, { userId: '홍길동' });
    const notYet = await plan(1, { dueAt: at(1) });
    const kept = await plan(1, { state: 'suppressed', reason: 'muted' });
    const published: DueDelivery[] = [];
    const publish = async (due: DueDelivery[]) => void published.push(...due);
    expect(await deliveries.dispatch(10, publish)).toBe(1);
    expect(await deliveries.dispatch(10, publish)).toBe(3);
    expect(published.map(({ id }) => id)).toEqual([high, late, later, low]);
    expect(published[0]).toEqual({ id: high, channel: 'push', priority: 'high', userId: '홍길동' });
    expect(await row(high!)).toMatchObject({ state: 'dispatched', attempts: 0, due_at: at(10 * minute) });
    expect(await states([...notYet, ...kept])).toEqual(['queued', 'suppressed']);
    expect(await deliveries.dispatch(10, publishNothing)).toBe(0);
  });

  it('takes no more than it is told to', async () => {
    await plan(3, { priority: 'high' });
    await plan(3);
    const sizes: number[] = [];
    const note = async (due: DueDelivery[]) => void sizes.push(due.length);
    while ((await deliveries.dispatch(2, note)) > 0);
    expect(sizes).toEqual([2, 1, 2, 1]);
  });

  it('leaves here what the workers of a lane have not taken yet, and no other lane waits for it', async () => {
    const [first, second, third] = (await plan(3, { dueAt: at(-2) })) as [string, string, string];
    const published: string[] = [];
    const dispatch = () =>
      deliveries.dispatch(10, async (due) => void published.push(...due.map(({ id }) => id)), {
        inFlight: { least: 2, most: 2 },
      });
    expect(await dispatch()).toBe(2);
    const [push] = await plan(1, { channel: 'push' });
    const [high] = await plan(1, { priority: 'high' });
    expect(await dispatch()).toBe(1);
    expect(await dispatch()).toBe(1);
    expect(published.slice(2)).toEqual([high, push]);
    const waiting = [first, second, third].filter((id) => !published.includes(id));
    expect(await states(waiting)).toEqual(['queued']);
    await deliveries.claim([published[0]!], holder, minute);
    expect(await dispatch()).toBe(1);
    expect(published.at(-1)).toBe(waiting[0]);
  });

  it('tells of the lanes that are full, and of no other one', async () => {
    await plan(3);
    await plan(1, { channel: 'push' });
    const full: Lane[] = [];
    const dispatch = () =>
      deliveries.dispatch(10, publishNothing, { inFlight: { least: 2, most: 2 }, onFull: (lane) => full.push(lane) });
    expect([await dispatch(), full]).toEqual([3, [{ channel: 'email', priority: 'normal' }]]);
    expect([await dispatch(), full.length]).toEqual([0, 2]);
  });

  it('publishes for the channels it is asked for', async () => {
    const [email] = await plan(1);
    const [push] = await plan(1, { channel: 'push' });
    expect(await deliveries.dispatch(10, publishNothing, { lanes: lanesOf(['push']) })).toBe(1);
    expect(await states([email!, push!])).toEqual(['queued', 'dispatched']);
  });

  it('leaves everything queued when publishing fails, or dies right after it', async () => {
    const ids = await plan(3);
    const published: string[] = [];
    const publish = async (due: DueDelivery[]) => void published.push(...due.map(({ id }) => id));
    const failing = deliveries.dispatch(10, async (due) => {
      await publish(due);
      throw new Error('no broker');
    });
    await expect(failing).rejects.toThrow('no broker');
    expect(await states(ids)).toEqual(['queued', 'queued', 'queued']);

    const dying = deliveries.dispatch(10, async (due) => {
      await publish(due);
      const [mine] = await sql<{ id: number }[]>('SELECT trx_mysql_thread_id AS id FROM information_schema.innodb_trx');
      await sql('KILL ?', [mine!.id]);
    });
    await expect(dying).rejects.toThrow(expect.objectContaining({ name: 'DatabaseDown' }));
    expect(await states(ids)).toEqual(['queued', 'queued', 'queued']);
    expect(await deliveries.dispatch(10, publish)).toBe(3);
    expect(published.toSorted()).toEqual([...ids, ...ids, ...ids].toSorted());
  });

  it('shares the work with others that are at it too: nothing twice, nobody waits', async () => {
    const ids = await plan(60);
    const published: string[] = [];
    let atIt = 0;
    const dispatchers = Array.from({ length: 3 }, () =>
      new DeliveryStore(database, clock).dispatch(20, async (due) => {
        published.push(...due.map(({ id }) => id));
        atIt++;
        await waitFor(() => atIt >= 3, { what: 'all to be at it', timeoutMs: 5_000 });
      }),
    );
    expect(await Promise.all(dispatchers)).toEqual([20, 20, 20]);
    expect(published.toSorted()).toEqual(ids.toSorted());
  });

  it('publishes nothing that another has published since it looked', async () => {
    const ids = await plan(1_500);
    const published: string[] = [];
    const publish = async (due: DueDelivery[]) => void published.push(...due.map(({ id }) => id));
    const dispatchAll = async () => {
      while ((await deliveries.dispatch(10, publish)) > 0);
    };
    await Promise.all([dispatchAll(), dispatchAll(), dispatchAll(), dispatchAll()]);
    expect(published.toSorted()).toEqual(ids.toSorted());
    expect(new Set(await states(ids))).toEqual(new Set(['dispatched']));
  });

  it('lets a worker that has the command already claim it only once it is noted', async () => {
    const [id] = (await plan()) as [string];
    let claim: Promise<Claimed[]> | undefined;
    await deliveries.dispatch(1, async () => {
      claim = deliveries.claim([id], holder, minute);
      const waits = async () => (await lockWaits(database)) === 1;
      await waitFor(waits, { what: 'the claim to wait for the row', everyMs: 150, timeoutMs: 5_000 });
    });
    expect(await claim).toHaveLength(1);
    expect(await row(id)).toMatchObject({ state: 'sending', attempts: 1, due_at: at(minute) });
  });

  it('finds one in the high lane without reading through the low one', async () => {
    await plan(3_000, { priority: 'low' });
    await plan(1, { priority: 'high' });
    const read = async () => {
      const rows = await sql<{ Value: string }[]>("SHOW GLOBAL STATUS LIKE 'Handler_read_next'");
      return Number(rows[0]?.Value);
    };
    const before = await read();
    expect(await deliveries.dispatch(1, publishNothing)).toBe(1);
    expect((await read()) - before).toBeLessThan(100);
  });
});

describe('claim', () => {
  it('gives each delivery to exactly one of ten who claim it at once', async () => {
    const ids = await plan(300);
    const claims = await Promise.all(
      Array.from({ length: 10 }, (_, worker) =>
        deliveries.claim(worker % 2 ? ids : ids.toReversed(), randomBytes(16), minute),
      ),
    );
    const claimed = claims.flat();
    expect(claimed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(claimed.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('answers the same holder once more what it holds, and counts no attempt', async () => {
    const [id, other] = (await plan(2)) as [string, string];
    const first = await claimOne(id);
    expect(await deliveries.claim([id], randomBytes(16), minute)).toEqual([]);
    clock.advance(minute - 1);
    expect((await deliveries.claim([id, id, other], holder, minute)).toSorted((a) => (a.id === id ? -1 : 1))).toEqual([
      first,
      expect.objectContaining({ id: other }),
    ]);
    expect(await row(id)).toMatchObject({ attempts: 1, due_at: at(minute) });
    clock.advance(minute);
    expect(await deliveries.claim([id], holder, minute)).toEqual([]); // not ours any more: the lease ran out
  });

  it('takes a queued one only when it is due: no early retry by an old command', async () => {
    const [id] = (await plan(1, { dueAt: at(1) })) as [string];
    expect(await deliveries.claim([id], holder, minute)).toEqual([]);
    clock.advance(1);
    expect(await deliveries.claim([id], holder, minute)).toHaveLength(1);
  });

  it('knows none that is not there, and takes an empty list', async () => {
    expect(await deliveries.claim([], holder, minute)).toEqual([]);
    expect(await deliveries.claim([randomUUIDv7()], holder, minute)).toEqual([]);
  });

  it('brings all it takes to send it, with the address as it is now', async () => {
    const userId = `홍-${randomBytes(4).toString('hex')}`;
    const token = 'token:1';
    const [mail] = (await plan(1, { language: 'en', priority: 'high' }, { userId })) as [string];
    const [push] = (await plan(1, { channel: 'push', target: tokenHash(token) }, { userId, reference: null })) as [
      string,
    ];
    const devices = new DeviceStore(database);
    await devices.put(userId, token, { platform: 'ios', appVersion: null });
    await new ContactStore(database).put(userId, {
      name: '홍길동',
      email: 'hong@example.com',
      phone: '+821012345678',
      language: 'ko',
      zone: 'Asia/Seoul',
      quiet: null,
      promotionConsent: false,
      nightConsent: false,
    });
    expect(await claimOne(mail)).toEqual({
      id: mail,
      userId,
      notificationId: 1,
      channel: 'email',
      attempt: 1,
      priority: 'high',
      category: 'order',
      text: 'shopping.order.created',
      language: 'en',
      type: 'ORDER_CREATED',
      title: '주문이 접수되었습니다',
      message: '2개 상품, 45,000원 결제 대기중 🎁',
      link: '/shopping/orders/ORD-1',
      reference: { type: 'order', id: 'ORD-1' },
      params: { itemCount: 2 },
      createdAt: at(0).toISOString(),
      address: { name: '홍길동', email: 'hong@example.com', phone: '+821012345678', token: null },
    });
    expect(await claimOne(push)).toMatchObject({ notificationId: 2, reference: null, address: { token } });
  });

  it('brings no address of a stranger, and no token that has become somebody else’s', async () => {
    const token = `token:${randomBytes(8).toString('hex')}`;
    await new DeviceStore(database).put('somebody-else', token, { platform: 'web', appVersion: null });
    const [id] = (await plan(1, { channel: 'push', target: tokenHash(token) })) as [string];
    expect((await claimOne(id)).address).toEqual({ name: null, email: null, phone: null, token: null });
  });

  it('gives up a delivery whose notification was deleted', async () => {
    const userId = `user-${randomBytes(4).toString('hex')}`;
    const [gone, there] = (await plan(2, {}, { userId })) as [string, string];
    await new InboxStore(database).remove(userId, 1);
    const claimed = await deliveries.claim([gone, there], holder, minute);
    expect(claimed.map(({ id }) => id)).toEqual([there]);
    expect(await row(gone)).toMatchObject({
      state: 'undeliverable',
      reason: 'the notification was deleted',
      attempts: 0,
    });
  });
});

describe('conclude', () => {
  const dueAt = new Date(clock() + 5 * minute);
  const noted = { provider: 'smtp', started_at: expect.any(Date), duration_ms: 12 };

  it.each<[string, Conclusion, Partial<Row>, object]>([
    [
      'accepted',
      accepted,
      { state: 'accepted', attempts: 1, reason: null, provider_message_id: 'queued as 7' },
      { outcome: 'accepted', reason: null, provider_message_id: 'queued as 7' },
    ],
    [
      'delivered',
      { kind: 'delivered', providerMessageId: null },
      { state: 'delivered', attempts: 1, reason: null, provider_message_id: null },
      { outcome: 'delivered', reason: null, provider_message_id: null },
    ],
    [
      'permanent',
      { kind: 'permanent', reason: '550' },
      { state: 'undeliverable', attempts: 1, reason: '550' },
      { outcome: 'permanent', reason: '550', provider_message_id: null },
    ],
    [
      'temporary',
      { kind: 'temporary', reason: '451', dueAt },
      { state: 'queued', attempts: 1, reason: '451', due_at: dueAt },
      { outcome: 'temporary', reason: '451', provider_message_id: null },
    ],
    [
      'ambiguous',
      { kind: 'ambiguous', reason: 'cut', dueAt },
      { state: 'queued', attempts: 1, reason: 'cut', due_at: dueAt },
      { outcome: 'ambiguous', reason: 'cut', provider_message_id: null },
    ],
    [
      'infrastructure',
      { kind: 'infrastructure', reason: 'AUTH', dueAt },
      { state: 'queued', attempts: 0, reason: 'AUTH', due_at: dueAt },
      { outcome: 'infrastructure', reason: 'AUTH', provider_message_id: null },
    ],
  ])('%s: moves the delivery and notes the attempt', async (_, conclusion, becomes, attempt) => {
    const [id] = (await plan()) as [string];
    expect(await deliveries.conclude(ended(await claimOne(id)), conclusion)).toBe(true);
    expect(await row(id)).toMatchObject({ ...becomes, provider: 'smtp' });
    expect(await attempts(id)).toEqual([{ attempt: 1, ...noted, ...attempt }]);
  });

  it('parks what may have been sent where a second one would harm', async () => {
    const [id] = (await plan(1, { channel: 'sms' })) as [string];
    const conclusion: Conclusion = { kind: 'ambiguous', reason: 'cut', dueAt };
    expect(await deliveries.conclude(ended(await claimOne(id)), conclusion)).toBe(true);
    expect(await row(id)).toMatchObject({ state: 'unknown', reason: 'cut', due_at: at(0) });
  });

  it('counts what is tried again, but not what failed for the infrastructure’s sake', async () => {
    const [id] = (await plan()) as [string];
    const again = async (conclusion: Conclusion) => {
      const by = randomBytes(16);
      const claimed = await claimOne(id, by);
      await deliveries.conclude(ended(claimed, by), conclusion);
      return claimed.attempt;
    };
    expect(await again({ kind: 'temporary', reason: '451', dueAt: at(0) })).toBe(1);
    expect(await again({ kind: 'infrastructure', reason: 'AUTH', dueAt: at(0) })).toBe(2);
    expect(await again(accepted)).toBe(2);
    expect(await attempts(id)).toEqual([
      expect.objectContaining({ attempt: 1, outcome: 'temporary' }),
      expect.objectContaining({ attempt: 2, outcome: 'accepted', reason: null, provider_message_id: 'queued as 7' }),
    ]);
  });

  it('leaves alone what it has lost, but notes what became of its attempt', async () => {
    const [id] = (await plan()) as [string];
    const slow = await claimOne(id);
    clock.advance(minute);
    expect(await deliveries.takeBack(10)).toEqual({ lost: 0, retried: 1, parked: 0 });
    const other = randomBytes(16);
    const second = await claimOne(id, other);
    const before = await row(id);
    expect(await deliveries.conclude(ended(slow), { kind: 'permanent', reason: '550' })).toBe(false);
    expect(await row(id)).toEqual(before);
    expect(await deliveries.conclude(ended(second, other), accepted)).toBe(true);
    expect(await attempts(id)).toEqual([
      expect.objectContaining({ attempt: 1, outcome: 'permanent', reason: '550', provider: 'smtp' }),
      expect.objectContaining({ attempt: 2, outcome: 'accepted' }),
    ]);
    // What is known of an attempt, nobody guesses away.
    expect(await deliveries.conclude(ended({ id, attempt: 2 }), { kind: 'permanent', reason: 'x' })).toBe(false);
    expect(await attempts(id)).toEqual([expect.anything(), expect.objectContaining({ outcome: 'accepted' })]);
  });

  it('loses its first attempt also to itself, when it holds the second', async () => {
    const [id] = (await plan()) as [string];
    const first = await claimOne(id);
    clock.advance(minute);
    await deliveries.takeBack(10);
    await claimOne(id);
    expect(await deliveries.conclude(ended(first), accepted)).toBe(false);
    expect(await row(id)).toMatchObject({ state: 'sending', attempts: 2 });
  });

  it('changes nothing when it is said once more, as after a commit whose answer was lost', async () => {
    for (const conclusion of [accepted, { kind: 'infrastructure', reason: 'AUTH', dueAt } as const]) {
      const [id] = (await plan()) as [string];
      const claimed = await claimOne(id);
      await deliveries.conclude(ended(claimed), conclusion);
      const before = await row(id);
      clock.advance(1);
      expect(await deliveries.conclude(ended(claimed), conclusion)).toBe(true);
      expect(await row(id)).toEqual(before);
      expect(await attempts(id)).toHaveLength(1);
    }
  });

  it('answers false for one that was erased, and leaves no trace of it', async () => {
    const id = randomUUIDv7();
    expect(await deliveries.conclude(ended({ id, attempt: 1 }), accepted)).toBe(false);
    expect(await attempts(id)).toEqual([]);
  });

  it('gives each of many that end at once what is its own', async () => {
    const ids = await plan(250);
    const claimed = await deliveries.claim(ids, holder, minute);
    const of = (id: string): Conclusion => {
      const index = ids.indexOf(id);
      return index % 2
        ? { kind: 'accepted', providerMessageId: `m-${index}` }
        : { kind: 'temporary', reason: `r-${index}`, dueAt: at(index) };
    };
    const answers = await Promise.all(claimed.map((one) => deliveries.conclude(ended(one), of(one.id))));
    expect(answers).toEqual(ids.map(() => true));
    for (const [index, id] of ids.entries()) {
      expect(await row(id)).toMatchObject(
        index % 2
          ? { state: 'accepted', provider_message_id: `m-${index}`, reason: null }
          : { state: 'queued', provider_message_id: null, reason: `r-${index}`, due_at: at(index) },
      );
    }
  });

  it('fails only for the one that the database refuses', async () => {
    const claimed = await deliveries.claim(await plan(5), holder, minute);
    const wrong = claimed[3]!.id;
    const results = await Promise.allSettled(
      claimed.map((one) =>
        deliveries.conclude({ ...ended(one), provider: one.id === wrong ? 'x'.repeat(41) : 'smtp' }, accepted),
      ),
    );
    expect(results.map(({ status }) => status)).toEqual(
      claimed.map(({ id }) => (id === wrong ? 'rejected' : 'fulfilled')),
    );
    expect(await row(wrong)).toMatchObject({ state: 'sending' });
  });
});

describe('takeBack', () => {
  it.each(Object.entries(channels))('%s: by its policy', async (name, { whenAmbiguous, attempts: most }) => {
    const channel = name as keyof typeof channels;
    const [lost, fresh, worn, alive] = (await plan(4, { channel })) as [string, string, string, string];
    await deliveries.dispatch(10, publishNothing);
    await deliveries.claim([fresh, worn], holder, 9 * minute);
    await sql('UPDATE delivery SET attempts = ? WHERE id = ?', [most, uuidBytes(worn)]);
    clock.advance(9 * minute);
    await deliveries.claim([alive], holder, 2 * minute);
    clock.advance(minute);
    const retry = whenAmbiguous === 'retry';
    expect(await deliveries.takeBack(10)).toEqual({ lost: 1, retried: retry ? 1 : 0, parked: retry ? 1 : 2 });
    expect(await row(lost)).toMatchObject({ state: 'queued', attempts: 0, due_at: at(0), reason: null });
    expect(await row(fresh)).toMatchObject({
      state: retry ? 'queued' : 'unknown',
      attempts: 1,
      due_at: at(0),
      reason: 'lease ran out',
    });
    expect(await row(worn)).toMatchObject({ state: 'unknown', attempts: most, reason: 'lease ran out' });
    expect(await row(alive)).toMatchObject({ state: 'sending' });
    expect(await attempts(fresh)).toEqual([
      expect.objectContaining({
        attempt: 1,
        outcome: 'ambiguous',
        reason: 'lease ran out',
        provider: null,
        started_at: at(-10 * minute),
        duration_ms: 10 * minute,
      }),
    ]);
    expect(await attempts(lost)).toEqual([]);
    await deliveries.conclude(ended(await claimOne(lost)), accepted);
  });

  it('is shared by several at once, and stops at its limit', async () => {
    const ids = await plan(30);
    await deliveries.dispatch(30, publishNothing);
    clock.advance(10 * minute);
    const taken = await Promise.all([10, 10, 10].map((limit) => deliveries.takeBack(limit)));
    const rest = await deliveries.takeBack(100);
    expect(taken.every(({ lost }) => lost <= 10)).toBe(true);
    expect([...taken, rest].reduce((sum, { lost }) => sum + lost, 0)).toBe(30);
    expect(new Set(await states(ids))).toEqual(new Set(['queued']));
  });

  it('leaves alone what somebody has claimed since it looked', async () => {
    const ids = await plan(600);
    await deliveries.dispatch(600, publishNothing);
    clock.advance(10 * minute);
    const waiting = ids.slice();
    const claimed: Claimed[] = [];
    let taken = 0;
    const claimAll = async () => {
      while (waiting.length > 0)
        claimed.push(...(await deliveries.claim(waiting.splice(0, 5), randomBytes(16), minute)));
    };
    const takeBackAll = async () => {
      while (waiting.length > 0) {
        const { lost, retried, parked } = await deliveries.takeBack(50);
        taken += lost;
        expect([retried, parked]).toEqual([0, 0]);
      }
    };
    await Promise.all([takeBackAll(), claimAll(), claimAll(), takeBackAll()]);
    expect(taken).toBeGreaterThan(0);
    expect(claimed.map(({ id }) => id).toSorted()).toEqual(ids.toSorted());
    expect(new Set(await states(ids))).toEqual(new Set(['sending']));
  });
});

describe('extendLease', () => {
  it('keeps from being taken back what its holder still sends, and only that', async () => {
    const [mine, others, ended_] = (await plan(3)) as [string, string, string];
    await deliveries.claim([mine, ended_], holder, minute);
    await deliveries.claim([others], randomBytes(16), minute);
    await deliveries.conclude(ended({ id: ended_, attempt: 1 }), { kind: 'temporary', reason: '451', dueAt: at(0) });
    clock.advance(minute - 1);
    await deliveries.extendLease([mine, others, ended_], holder, minute);
    expect(await row(ended_)).toMatchObject({ due_at: at(1 - minute) });
    clock.advance(1);
    expect(await deliveries.takeBack(10)).toEqual({ lost: 0, retried: 1, parked: 0 });
    expect(await states([mine, others])).toEqual(['sending', 'queued']);
  });
});

describe('a move that is not allowed', () => {
  const conclusions: Conclusion[] = [
    accepted,
    { kind: 'delivered', providerMessageId: null },
    { kind: 'permanent', reason: '550' },
    { kind: 'temporary', reason: '451', dueAt: at(0) },
    { kind: 'ambiguous', reason: 'cut', dueAt: at(0) },
    { kind: 'infrastructure', reason: 'AUTH', dueAt: at(0) },
  ];
  /** What is done, from which states, what it answers when there is nothing to do. */
  const acts: [string, DeliveryState[], unknown, (id: string) => Promise<unknown>][] = [
    ['dispatch', ['queued'], 0, () => deliveries.dispatch(10, publishNothing)],
    ['takeBack', ['dispatched', 'sending'], { lost: 0, retried: 0, parked: 0 }, () => deliveries.takeBack(10)],
    ['claim', ['queued', 'dispatched'], [], (id) => deliveries.claim([id], randomBytes(16), minute)],
    ['extendLease', ['sending'], undefined, (id) => deliveries.extendLease([id], holder, minute)],
    ...conclusions.map((conclusion): (typeof acts)[number] => [
      `conclude ${conclusion.kind}`,
      ['sending'],
      false,
      (id) => deliveries.conclude(ended({ id, attempt: 1 }), conclusion),
    ]),
  ];

  it.each(acts)('%s: changes nothing', async (_, from, nothing, act) => {
    for (const state of deliveryStates) {
      await sql('DELETE FROM delivery');
      const id = await inState(state);
      const before = await row(id);
      const answer = await act(id);
      const after = await row(id);
      if (from.includes(state)) {
        expect(after).not.toEqual(before);
        expect([state, ...deliveryMoves[state]]).toContain(after.state);
      } else {
        expect(after).toEqual(before);
        expect(answer).toEqual(nothing);
      }
    }
  });

  it('by one who holds something else: changes nothing', async () => {
    const id = await inState('sending');
    const before = await row(id);
    for (const conclusion of conclusions)
      expect(await deliveries.conclude(ended({ id, attempt: 1 }, randomBytes(16)), conclusion)).toBe(false);
    expect(await row(id)).toEqual(before);
  });
});

describe('forgetDevice', () => {
  const devices = () => new DeviceStore(database);
  const tokens = async (userId: string) => (await devices().ofUser(userId)).map(({ token }) => token);
  const device = { platform: 'android', appVersion: '1.0' } as const;

  it('forgets that very token, and not what its person has registered meanwhile', async () => {
    await devices().put('hong', 'old-token', device);
    await devices().put('hong', 'new-token', device);
    await deliveries.forgetDevice('old-token');
    await deliveries.forgetDevice('old-token');
    expect(await tokens('hong')).toEqual(['new-token']);
  });

  it('forgets it wherever it has moved to: it is the token that is dead', async () => {
    await devices().put('kim', 'moving', device);
    await devices().put('lee', 'moving', device);
    await devices().put('lee', 'staying', device);
    await deliveries.forgetDevice('moving');
    expect([await tokens('kim'), await tokens('lee')]).toEqual([[], ['staying']]);
  });

  it('compares the value, not its hash alone, and not by a text’s rules', async () => {
    await devices().put('choi', 'Token-A', device);
    await sql('UPDATE device SET token_hash = ? WHERE token = ?', [tokenHash('token-a'), 'Token-A']);
    await deliveries.forgetDevice('token-a');
    expect(await tokens('choi')).toEqual(['Token-A']);
  });
});

describe('lanes', () => {
  it('are all looked at', async () => {
    const ids = (await Promise.all(priorities.map((priority) => plan(1, { priority })))).flat();
    while ((await deliveries.dispatch(10, publishNothing)) > 0);
    clock.advance(10 * minute);
    expect(await deliveries.takeBack(10)).toEqual({ lost: 3, retried: 0, parked: 0 });
    expect(await states(ids)).toEqual(['queued', 'queued', 'queued']);
  });
});

describe('everybody at once', () => {
  it('takes each delivery all its way, each attempt once, and nobody is in anybody’s way', async () => {
    const most = 1_500;
    const commands: string[] = [];
    const sent: string[] = [];
    const ids: string[] = [];
    const publish = async (due: DueDelivery[]) => void commands.push(...due.map(({ id }) => id), due[0]!.id);
    let accepted_ = 0;
    const until = async (work: () => Promise<unknown>) => {
      while (accepted_ < most) {
        await work();
        await new Promise(setImmediate); // who has nothing to do must let the others
      }
    };
    const dispatcher = () => until(() => deliveries.dispatch(50, publish));
    const worker = () =>
      until(async () => {
        const by = randomBytes(16);
        const claimed = await deliveries.claim(commands.splice(0, 20), by, minute);
        await Promise.all(
          claimed.map(async (one, index) => {
            sent.push(`${one.id} ${one.attempt}`);
            const last = one.attempt === 3 || (one.attempt === 2 && index % 2 === 0);
            const outcome: Conclusion = last ? accepted : { kind: 'temporary', reason: '451', dueAt: at(0) };
            if ((await deliveries.conclude(ended(one, by), outcome)) && last) accepted_++;
          }),
        );
      });
    const writer = async () => {
      while (ids.length < most) ids.push(...(await plan(25, { dueAt: at(0) })));
    };
    await Promise.all([
      writer(),
      dispatcher(),
      dispatcher(),
      worker(),
      worker(),
      worker(),
      until(() => deliveries.takeBack(50)),
    ]);

    expect(new Set(await states(ids))).toEqual(new Set(['accepted']));
    expect(new Set(sent).size).toBe(sent.length);
    const [counted] = await sql<{ attempts: string; noted: string }[]>(
      'SELECT (SELECT SUM(attempts) FROM delivery) AS attempts, (SELECT COUNT(*) FROM delivery_attempt WHERE delivery_id IN (SELECT id FROM delivery)) AS noted',
    );
    expect([counted?.attempts, counted?.noted].map(Number)).toEqual([sent.length, sent.length]);
    const [engine] = await sql<{ Status: string }[]>('SHOW ENGINE INNODB STATUS');
    expect(engine?.Status).not.toContain('LATEST DETECTED DEADLOCK');
  });
});

describe('requeue', () => {
  /** A replay of this delivery's case. */
  const replayed = (deliveryId: string, count = 1, changes: Partial<Requeue['original']> = {}): Requeue => ({
    deliveryId,
    original: {
      topic: 'allim.delivery.email.normal',
      partition: 2,
      offset: '9007199254740993',
      timestamp: at(-minute),
      timestampType: 'LogAppendTime',
      group: 'allim-email-normal',
      ...changes,
    },
    replay: { id: `job-${count}`, count },
    firstFailedAt: at(-minute / 2),
  });
  const requeueOne = async (one: Requeue) => (await deliveries.requeue([one]))[0];
  const failOnce = async (id: string) =>
    deliveries.conclude(ended(await claimOne(id)), { kind: 'permanent', reason: '550' });

  it('puts back what is undeliverable, due now, and notes what it failed as', async () => {
    const id = await inState('undeliverable');
    await sql('UPDATE delivery SET reason = ?, holder = ? WHERE id = ?', ['550', holder, uuidBytes(id)]);
    expect(await deliveries.replayOf(id)).toBeNull();
    expect(await requeueOne({ ...replayed(id), deliveryId: id.toUpperCase() })).toBe('queued');
    expect(await row(id)).toMatchObject({ state: 'queued', reason: null, holder: null, attempts: 1, due_at: at(0) });
    const { deliveryId: _, ...noted } = replayed(id);
    expect(await deliveries.replayOf(id)).toEqual(noted);
    expect(await deliveries.dispatch(10, publishNothing)).toBe(1);
  });

  it('does a replay once, whatever has become of the delivery since', async () => {
    const id = await inState('undeliverable');
    const [first, second] = [replayed(id), replayed(id, 2)];
    expect(await deliveries.requeue([first, first])).toEqual(['queued', 'known']);
    expect(await requeueOne(first)).toBe('known'); // queued
    await failOnce(id);
    expect(await requeueOne(first)).toBe('known');
    expect(await states([id])).toEqual(['undeliverable']);
    expect(await requeueOne(second)).toBe('queued');
    await failOnce(id);
    expect(await deliveries.requeue([first, second])).toEqual(['known', 'known']);
    expect(await states([id])).toEqual(['undeliverable']);
    expect((await deliveries.replayOf(id))?.replay).toEqual({ id: 'job-2', count: 2 });
  });

  it('does it once, though ten consumers have it at the same time', async () => {
    const ids = await Promise.all(Array.from({ length: 20 }, () => inState('undeliverable')));
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, n) =>
        deliveries.requeue((n % 2 > 0 ? ids : ids.toReversed()).map((id) => replayed(id))),
      ),
    );
    expect(answers.flat().filter((one) => one === 'queued')).toHaveLength(ids.length);
    expect(answers.flat().filter((one) => one === 'known')).toHaveLength(9 * ids.length);
  });

  it('moves nothing that is not undeliverable, nor later what it did not move then', async () => {
    const others = deliveryStates.filter((state) => state !== 'undeliverable' && state !== 'sending');
    const ids = await Promise.all(others.map((state) => inState(state)));
    const requeues = ids.map((id) => replayed(id));
    expect(await deliveries.requeue(requeues)).toEqual(others.map(() => 'not-undeliverable'));
    expect(await states(ids)).toEqual(others);
    await sql("UPDATE delivery SET state = 'undeliverable'");
    expect(await deliveries.requeue(requeues)).toEqual(others.map(() => 'known'));
  });

  it('leaves to its worker what is being sent, and takes the same replay once that has ended', async () => {
    const id = await inState('sending');
    expect(await requeueOne(replayed(id))).toBe('sending');
    expect(await states([id])).toEqual(['sending']);
    expect(await deliveries.replayOf(id)).toBeNull();
    await sql("UPDATE delivery SET state = 'undeliverable'");
    expect(await requeueOne(replayed(id))).toBe('queued');
  });

  it('knows nothing of what was erased, and answers in order', async () => {
    const id = await inState('undeliverable');
    const gone = randomUUIDv7();
    expect(await deliveries.requeue([gone, id, gone].map((one) => replayed(one)))).toEqual([
      'unknown-delivery',
      'queued',
      'unknown-delivery',
    ]);
    expect(await deliveries.replayOf(gone)).toBeNull();
    expect(await deliveries.requeue([])).toEqual([]);
  });

  it('takes another command of the same delivery that failed, with what is not known of it, for another case', async () => {
    const id = await inState('undeliverable');
    await requeueOne(replayed(id, 2));
    await failOnce(id);
    const other = replayed(id, 1, { offset: '3', timestamp: null, group: null });
    expect(await requeueOne({ ...other, firstFailedAt: null })).toBe('queued');
    expect(await deliveries.replayOf(id)).toMatchObject({
      original: { offset: '3', timestamp: null, group: null },
      firstFailedAt: null,
    });
  });

  it('counts attempts on, so that the history stays, and gives as many again', async () => {
    const [id] = (await plan()) as [string];
    const most = channels.email.attempts;
    await sql('UPDATE delivery SET attempts = ? WHERE id = ?', [most - 1, uuidBytes(id)]);
    await failOnce(id);
    await requeueOne(replayed(id));
    const again = await claimOne(id);
    expect(again.attempt).toBe(most + 1);
    await deliveries.conclude(ended(again), { kind: 'ambiguous', reason: 'cut', dueAt: at(0) });
    expect(await states([id])).toEqual(['queued']);
    expect(await attempts(id)).toMatchObject([
      { attempt: most, outcome: 'permanent' },
      { attempt: most + 1, outcome: 'ambiguous' },
    ]);
  });

  it('never counts further than the column does', async () => {
    const id = await inState('undeliverable');
    await sql('UPDATE delivery SET attempts = 201 WHERE id = ?', [uuidBytes(id)]);
    await requeueOne(replayed(id));
    expect((await claimOne(id)).attempt).toBe(1);
  });
});
