import { randomBytes } from 'node:crypto';
import { useStack, waitFor } from '@allim/testing';
import { readAudit } from './audit-log.js';
import { ContactStore } from './contact-store.js';
import { type Database, inTransaction, openDatabase, withSession } from './database.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { uuidText } from './delivery-id.js';
import { DeliveryStore } from './delivery-store.js';
import { DeviceStore, tokenHash } from './device-store.js';
import { ErasureStore } from './erasure-store.js';
import { DatabaseDown } from './errors.js';
import { InboxStore } from './inbox-store.js';
import { Intake, type NewNotification } from './intake.js';
import { migrate } from './migrate.js';
import { PreferenceStore } from './preference-store.js';
import { ReplayStore } from './replay-store.js';
import { SubscriptionStore } from './subscription-store.js';
import { letter } from './testing/letters.js';
import { lockWaits } from './testing/locks.js';
import { delivery, notification } from './testing/planned.js';

const stack = useStack({ kafka: false, redis: false });
const budgetMs = 60_000;
let database: Database;
let intake: Intake;
let erasures: ErasureStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 6 });
  intake = new Intake(database);
  erasures = new ErasureStore(database);
});
afterAll(() => database?.destroy());

const rows = <Row = Record<string, unknown>>(sql: string, values: (string | Buffer)[] = []): Promise<Row[]> =>
  withSession(database, (session) => session.query<Row[]>(sql, values));

/** Every table of the schema, with all it holds as text, and how many of its rows say whose they are. */
async function tables(userId: string): Promise<Map<string, { text: string; ofUser: number | null }>> {
  const found = new Map<string, { text: string; ofUser: number | null }>();
  const names = await rows<{ name: string }>(
    "SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name <> 'migration'",
  );
  for (const { name } of names) {
    const all = await rows(`SELECT * FROM ${name}`);
    const [{ named } = { named: 0 }] = await rows<{ named: number }>(
      `SELECT COUNT(*) AS named FROM information_schema.columns
       WHERE table_schema = DATABASE() AND table_name = ? AND column_name = 'user_id'`,
      [name],
    );
    const ofUser = Number(named) === 0 ? null : all.filter((row) => String(row.user_id) === userId).length;
    const text = all
      .flatMap((row) =>
        Object.values(row).map((value) => (Buffer.isBuffer(value) ? value.toString('latin1') : String(value))),
      )
      .join('\n');
    found.set(name, { text, ofUser });
  }
  return found;
}

/** Somebody of whom every table has something. */
async function somebody(userId: string): Promise<{ events: NewNotification[]; secrets: string[] }> {
  const contact = {
    language: 'ko',
    zone: 'Asia/Seoul',
    quiet: null,
    promotionConsent: true,
    nightConsent: false,
  } as const;
  const [name, email, phone, token] = [
    `이름 ${userId}`,
    `${userId}@example.com`,
    `tel-${userId}`,
    `token-of-${userId}`,
  ];
  await new ContactStore(database).put(userId, { ...contact, name, email, phone });
  await new DeviceStore(database).put(userId, token, { platform: 'ios', appVersion: null });
  await new PreferenceStore(database).set(userId, [{ category: 'order', channel: 'email', wanted: true }]);
  await new SubscriptionStore(database).subscribe(userId, 'timedeal');
  const sent = delivery({ state: 'queued' });
  const events = [
    notification({
      userId,
      title: `제목 ${userId}`,
      message: `내용 ${userId}`,
      params: JSON.stringify({ name }),
      reference: { type: 'order', id: `ORD-${userId}` },
      deliveries: [sent, delivery({ channel: 'push', target: tokenHash(token) })],
    }),
    notification({ userId }),
  ];
  await intake.save(events);

  const deliveries = new DeliveryStore(database);
  const holder = randomBytes(16);
  const id = uuidText(sent.id);
  await deliveries.claim([id], holder, 60_000);
  await deliveries.conclude(
    { id, holder, attempt: 1, startedAt: new Date(), durationMs: 5, provider: 'smtp' },
    { kind: 'accepted', providerMessageId: `<of-${userId}@example.com>` },
  );
  await withSession(database, (session) =>
    session.query(
      "INSERT INTO delivery_report (delivery_id, provider, detail, received_at) VALUES (?, 'smtp', ?, NOW())",
      [sent.id, `bounced: ${email}`],
    ),
  );
  await withSession(database, (session) =>
    session.query(
      `INSERT INTO delivery_replay (delivery_id, replay_id, replay_count, topic, topic_partition, record_offset, timestamp_type)
       VALUES (?, 'r', 1, 'allim.delivery.email.normal', 0, 1, 'CreateTime')`,
      [sent.id],
    ),
  );
  await new DeadLetterStore(database, { replayMax: 5 }).index([letterOf(userId, name), letterOf(userId, name)]);
  return { events, secrets: [userId, name, email, phone, token, `ORD-${userId}`, tokenHash(token).toString('latin1')] };
}

/** A letter of a record that had somebody as its key. */
const letterOf = (userId: string, name: string) =>
  letter({
    key: Buffer.from(userId),
    value: Buffer.from(JSON.stringify({ userId, name })),
    headers: { name: [Buffer.from(name)] },
    error: { stack: `Error: ${name}` },
  });

const everything = {
  contacts: 1,
  devices: 1,
  preferences: 1,
  subscriptions: 1,
  deliveries: 2,
  attempts: 1,
  reports: 1,
  notifications: 2,
  inboxes: 1,
  deadLetters: 2,
  ledgerEntries: 2,
};
const nothing = Object.fromEntries(Object.keys(everything).map((name) => [name, 0]));

describe('ErasureStore', () => {
  it('gives up the dead letters of a person, with what operators meant to replay of them', async () => {
    const letters = new DeadLetterStore(database, { replayMax: 5 });
    const replays = new ReplayStore(database);
    const name = 'name-of-erased-letters';
    await letters.index([letterOf('erased-letters', name), letterOf('erased-letters', name)]);
    const numbers = (await letters.list({ key: 'erased-letters' }, { limit: 10 })).map(({ number }) => number);
    await replays.plan({
      ...{ selection: { numbers: numbers.slice(0, 1) }, rate: 1, isForced: false, actor: 'operator' },
      value: Buffer.from(`edited of ${name}`),
    });
    await withSession(database, (session) =>
      session.query("UPDATE dead_letter SET state = 'replaying' WHERE id = ?", [numbers[1]!]),
    );
    const counts = async () => (await letters.topics()).find(({ topic }) => topic === 'shopping.order.created')?.counts;
    const before = await counts();

    expect((await erasures.erase('erased-letters', { budgetMs })).removed.deadLetters).toBe(1);
    expect(await letters.find(numbers[0]!)).toMatchObject({ state: 'discarded', key: null, value: null, headers: {} });
    expect(await counts()).toMatchObject({ open: before!.open - 1, discarded: before!.discarded + 1 });
    expect((await readAudit(database, { limit: 1 }))[0]).toMatchObject({
      ...{ action: 'discard', reason: 'the person was erased', subject: { cases: [numbers[0]] } },
    });
    expect((await tables('erased-letters')).get('replay_item')!.text).not.toContain(name);

    await withSession(database, (session) =>
      session.query("UPDATE dead_letter SET state = 'replayed' WHERE id = ?", [numbers[1]!]),
    );
    expect((await erasures.erase('erased-letters', { budgetMs })).removed.deadLetters).toBe(1);
    expect(await letters.find(numbers[1]!)).toMatchObject({ state: 'replayed', key: null, value: null });
    expect((await tables('erased-letters')).get('dead_letter_payload')!.text).not.toContain(name);
  });

  it('leaves a letter whose turn in a replay has just come', async () => {
    const letters = new DeadLetterStore(database, { replayMax: 5 });
    await letters.index([letterOf('erased-meanwhile', 'name')]);
    const { number } = (await letters.list({ key: 'erased-meanwhile' }, { limit: 1 }))[0]!;
    // As a claim does.
    const erasing = await inTransaction(database, async (transaction) => {
      await transaction.query("UPDATE dead_letter SET state = 'replaying' WHERE id = ?", [number]);
      const pending = erasures.erase('erased-meanwhile', { budgetMs });
      await waitFor(async () => (await lockWaits(database)) > 0, {
        what: 'the erasure to wait for the letter',
        everyMs: 250,
      });
      return { pending };
    });
    expect((await erasing.pending).removed.deadLetters).toBe(0);
    expect(await letters.find(number)).toMatchObject({ state: 'replaying', value: expect.any(Buffer) });
  });

  it('leaves nothing of a person in any table, and everything of others', async () => {
    const { secrets } = await somebody('erased-1');
    const other = await somebody('kept-1');
    const before = await tables('erased-1');
    // A new table with personal data has to be thought of, here and in the erasure.
    for (const [name, { ofUser }] of before) expect([name, ofUser]).not.toEqual([name, 0]);
    const ofOther = await tables('kept-1');

    expect(await erasures.erase('erased-1', { budgetMs })).toEqual({ removed: everything, next: null });

    for (const [name, { text }] of await tables('erased-1'))
      for (const secret of secrets) expect([name, text.includes(secret), secret]).toEqual([name, false, secret]);
    for (const [name, { ofUser }] of await tables('kept-1'))
      expect([name, ofUser]).toEqual([name, ofOther.get(name)?.ofUser]);
    for (const secret of other.secrets)
      expect([secret, [...(await tables('kept-1')).values()].some(({ text }) => text.includes(secret))]).toEqual([
        secret,
        true,
      ]);
    const orphans = 'WHERE delivery_id NOT IN (SELECT id FROM delivery)';
    expect(await rows(`SELECT * FROM delivery_attempt ${orphans}`)).toEqual([]);
    expect(await rows(`SELECT * FROM delivery_report ${orphans}`)).toEqual([]);
    expect(await rows(`SELECT * FROM delivery_replay ${orphans}`)).toEqual([]);
  });

  it('is idempotent, and knows no strangers', async () => {
    await somebody('erased-2');
    await erasures.erase('erased-2', { budgetMs });
    for (const userId of ['erased-2', 'stranger'])
      expect(await erasures.erase(userId, { budgetMs })).toEqual({ removed: nothing, next: null });
  });

  it('is not undone by a replay; what is new begins a new inbox', async () => {
    const { events } = await somebody('erased-3');
    await erasures.erase('erased-3', { budgetMs });

    // The very records again, as after a crash, and others that say the same, as in a replay.
    const replayed = events.map((event) => ({ ...event, origin: { ...event.origin, topic: 'allim.replay' } }));
    const introduces = { userId: 'erased-3', name: '이름', email: 'erased-3@example.com' };
    for (const again of [events, replayed])
      expect((await intake.save(again.map((event) => ({ ...event, introduces })))).map(({ kind }) => kind)).toEqual([
        'duplicate',
        'duplicate',
      ]);
    for (const [name, { ofUser }] of await tables('erased-3')) expect([name, ofUser ?? 0]).toEqual([name, 0]);
    expect(await new ContactStore(database).get('erased-3')).toBeNull();

    const [saved] = await intake.save([notification({ userId: 'erased-3' })]);
    expect(saved).toMatchObject({ kind: 'new', message: { notification: { id: 1 }, unread: 1 } });
  });

  it('goes through all of a large inbox, and no further through the ledger than its time allows', async () => {
    const userId = 'erased-4';
    const others = Array.from({ length: 21_000 }, () => notification({ userId: 'kept-4' }));
    const own = Array.from({ length: 2_100 }, () => notification({ userId, deliveries: [delivery()] }));
    for (let done = 0; done < others.length; done += 500) await intake.save(others.slice(done, done + 500));
    for (let done = 0; done < own.length; done += 500) await intake.save(own.slice(done, done + 500));

    const first = await erasures.erase(userId, { budgetMs: 0 });
    expect(first.removed).toMatchObject({ notifications: 2_100, deliveries: 2_100, inboxes: 1 });
    expect(first.next).toMatch(/^[\da-f]{32}$/);
    const rest = await erasures.erase(userId, { from: first.next!, budgetMs });
    expect(rest.next).toBeNull();
    expect(first.removed.ledgerEntries + rest.removed.ledgerEntries).toBe(2_100);
    expect(first.removed.ledgerEntries).toBeGreaterThan(0);
    expect(rest.removed.ledgerEntries).toBeGreaterThan(0);
    expect(await new InboxStore(database).state('kept-4')).toMatchObject({ lastId: 21_000 });
  }, 60_000);

  it('that is ended half-way leaves an inbox that fits its rows, and goes on', async () => {
    const userId = 'erased-6';
    for (let done = 0; done < 2_100; done += 300)
      await intake.save(Array.from({ length: 300 }, () => notification({ userId })));
    await rows(
      `CREATE TRIGGER half_way BEFORE DELETE ON notification FOR EACH ROW
       BEGIN IF OLD.user_id = '${userId}' AND OLD.id = 1500 THEN SIGNAL SQLSTATE '45000'; END IF; END`,
    );
    try {
      await expect(erasures.erase(userId, { budgetMs })).rejects.toThrow(DatabaseDown);
    } finally {
      await rows('DROP TRIGGER half_way');
    }
    const left = await rows<{ least: number }>('SELECT MIN(id) AS least FROM notification WHERE user_id = ?', [userId]);
    expect(left[0]?.least).toBe(1_001);
    // What comes meanwhile must not get a number that is taken.
    const [saved] = await intake.save([notification({ userId })]);
    expect(saved).toMatchObject({ kind: 'new', message: { notification: { id: 2_101 } } });
    const { removed, next } = await erasures.erase(userId, { budgetMs });
    expect([removed.notifications, removed.inboxes, removed.ledgerEntries, next]).toEqual([1_101, 1, 2_101, null]);
  });

  it('waits for what is just being written, and removes that, too', async () => {
    const userId = 'erased-7';
    await intake.save([notification({ userId })]);
    // As the Intake does: the inbox, then its rows.
    const erasing = await inTransaction(database, async (transaction) => {
      await transaction.query('UPDATE inbox SET last_id = 2 WHERE user_id = ?', [userId]);
      const pending = erasures.erase(userId, { budgetMs });
      await waitFor(async () => (await lockWaits(database)) > 0, {
        what: 'the erasure to wait for the inbox',
        everyMs: 250,
      });
      await transaction.query(
        `INSERT INTO notification (user_id, id, type, title, message, params, created_at)
         VALUES (?, 2, 'SYSTEM', 't', 'm', '{}', NOW())`,
        [userId],
      );
      return { pending };
    });
    expect((await erasing.pending).removed).toMatchObject({ notifications: 2, inboxes: 1 });
    expect(await rows('SELECT id FROM notification WHERE user_id = ?', [userId])).toEqual([]);
  });

  it('ends with an inbox that fits its rows, whoever writes into it meanwhile', async () => {
    const userId = 'erased-5';
    await somebody(userId);
    let isErased = false;
    const kinds = new Set<string>();
    const writer = (async () => {
      for (let more = 20; more > 0; more -= isErased ? 1 : 0)
        for (const { kind } of await intake.save([notification({ userId, deliveries: [delivery()] })])) kinds.add(kind);
    })();
    await Promise.all(Array.from({ length: 3 }, () => erasures.erase(userId, { budgetMs })));
    isErased = true;
    await writer;
    // One whose number is taken would be refused.
    expect([...kinds]).toEqual(['new']);

    const [inbox] = await rows<{ last_id: number; unread: number }>('SELECT * FROM inbox WHERE user_id = ?', [userId]);
    const [left] = await rows<{ most: number; many: string }>(
      'SELECT MAX(id) AS most, COUNT(*) AS many FROM notification WHERE user_id = ?',
      [userId],
    );
    // Whatever is there is of the newest inbox, and all of it.
    expect(left).toEqual({ most: inbox?.last_id, many: String(inbox?.last_id) });
    expect(inbox?.unread).toBe(inbox?.last_id);
  });
});
