import { randomBytes } from 'node:crypto';
import { useStack } from '@allim/testing';
import { type Database, openDatabase, withSession } from './database.js';
import { InboxStore } from './inbox-store.js';
import { Intake, type NewNotification } from './intake.js';
import { migrate } from './migrate.js';
import { delivery, notification } from './testing/planned.js';

const stack = useStack({ kafka: false, redis: false });
let database: Database;
let intake: Intake;
let inboxes: InboxStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 8 });
  intake = new Intake(database);
  inboxes = new InboxStore(database);
});
afterAll(() => database?.destroy());

const kinds = async (...batch: NewNotification[]) => (await intake.save(batch)).map((saved) => saved.kind);
const count = async (table: string) => {
  const [row] = await withSession(database, (session) =>
    session.query<{ n: number }[]>(`SELECT COUNT(*) AS n FROM ${table}`),
  );
  return Number(row?.n);
};

describe('Intake', () => {
  it('numbers each inbox 1, 2, 3 … in the order of the batch and counts along', async () => {
    const [a, b] = ['a', 'b'].map((name) => `${name}-${randomBytes(4).toString('hex')}`) as [string, string];
    const saved = await intake.save([a, b, a, a, b].map((userId) => notification({ userId })));
    const told = saved.map(
      (one) =>
        one.kind === 'new' && [
          one.message.notification.userId,
          one.message.notification.id,
          one.message.unread,
          one.message.unseen,
        ],
    );
    expect(told).toEqual([
      [a, 1, 1, 1],
      [b, 1, 1, 1],
      [a, 2, 2, 2],
      [a, 3, 3, 3],
      [b, 2, 2, 2],
    ]);
    expect(await inboxes.state(a)).toEqual({ lastId: 3, unread: 3, unseen: 3 });
  });

  it('answers what is in the row, byte for byte', async () => {
    const one = notification();
    const [saved] = await intake.save([one]);
    expect(saved?.kind).toBe('new');
    expect(await inboxes.find(one.userId, 1)).toEqual(saved?.kind === 'new' && saved.message.notification);
  });

  it('absorbs an identity that another record brought, within a batch and later', async () => {
    const one = notification();
    const again = { ...one, origin: { ...one.origin, offset: '999999' } };
    expect(await kinds(one, again)).toEqual(['new', 'duplicate']);
    expect(await kinds(again)).toEqual(['duplicate']);
    expect(await inboxes.state(one.userId)).toEqual({ lastId: 1, unread: 1, unseen: 1 });
  });

  it('knows a redelivery of the very record and says where the inbox stands', async () => {
    const one = notification();
    await intake.save([one, notification({ userId: one.userId })]);
    expect(await intake.save([one])).toEqual([
      { kind: 'redelivered', position: { userId: one.userId, lastId: 2, unread: 2, unseen: 2 } },
    ]);
  });

  it('never brings back what its user has deleted', async () => {
    const one = notification();
    await intake.save([one]);
    await inboxes.remove(one.userId, 1);
    await intake.save([one, { ...one, origin: { ...one.origin, offset: '888888' } }]);
    expect(await inboxes.state(one.userId)).toEqual({ lastId: 1, unread: 0, unseen: 0 });
    expect(await inboxes.before(one.userId, { size: 10, unreadOnly: false })).toEqual([]);
  });

  it('saves once what eight save at the same time', async () => {
    const batch = Array.from({ length: 300 }, (_, index) => notification({ userId: `race-${index % 20}` }));
    const before = await count('notification');
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, worker) =>
        intake.save(
          batch
            .map((one) => ({ ...one, origin: { ...one.origin, partition: worker } }))
            .sort(() => (worker % 2 ? 1 : -1)),
        ),
      ),
    );
    expect(results.flat().filter((saved) => saved.kind === 'new')).toHaveLength(300);
    expect((await count('notification')) - before).toBe(300);
    const states = await inboxes.states(Array.from({ length: 20 }, (_, index) => `race-${index}`));
    expect([...states.values()]).toEqual(Array(20).fill({ lastId: 15, unread: 15, unseen: 15 }));
  });

  it('finds the one that the database refuses and saves all others', async () => {
    const batch = Array.from({ length: 50 }, () => notification());
    batch[17] = notification({ title: 'x'.repeat(201) });
    const saved = await intake.save(batch);
    expect(saved.map((one) => one.kind)).toEqual(batch.map((_, index) => (index === 17 ? 'refused' : 'new')));
    const refused = saved[17];
    expect(refused?.kind === 'refused' && refused.error.message).toMatch(/title/);
  });

  it('keeps apart users and identities that a text collation would merge', async () => {
    const id = randomBytes(4).toString('hex');
    const users = [`${id}a`, `${id}A`, `${id}a `, `${id}á`, `${id}😀`, `${id}😁`];
    await intake.save(users.map((userId) => notification({ userId })));
    expect([...(await inboxes.states(users)).keys()].sort()).toEqual([...users].sort());
  });

  it('takes nothing of a batch when the connection is lost before its commit', async () => {
    const one = notification();
    const other = await openDatabase({ url: stack.databaseUrl, connections: 2 });
    await stack.database.kill();
    await expect(new Intake(other).save([one])).rejects.toThrow(expect.objectContaining({ name: 'DatabaseDown' }));
    await stack.database.start();
    expect(await new Intake(other).save([one])).toEqual([expect.objectContaining({ kind: 'new' })]);
    await other.destroy();
  });
});

describe('planned deliveries', () => {
  const rowsOf = (userId: string) =>
    withSession(database, (session) =>
      session.query<object[]>(
        `SELECT id, notification_id, reference_id, channel, target, priority, category, text, language, state, reason,
           attempts, due_at FROM delivery WHERE user_id = ? ORDER BY notification_id, id`,
        [userId],
      ),
    );

  it('come into being with their notification, under the id it just got', async () => {
    const { userId } = notification();
    const dueAt = new Date('2026-02-06T10:00:00.123Z');
    const mail = delivery({ dueAt, priority: 'high' });
    const push = delivery({ channel: 'push', target: randomBytes(32), state: 'suppressed', reason: 'muted' });
    await intake.save([
      notification({ userId }),
      notification({ userId, deliveries: [mail, push] }),
      notification({ userId, deliveries: [], reference: null }),
    ]);
    const { target, ...planned } = mail;
    const { dueAt: _, ...pushed } = push;
    expect(await rowsOf(userId)).toEqual([
      expect.objectContaining({
        id: planned.id,
        notification_id: 2,
        reference_id: 'ORD-1',
        channel: 'email',
        target,
        priority: 'high',
        category: 'order',
        text: 'shopping.order.created',
        language: 'ko',
        state: 'queued',
        reason: null,
        attempts: 0,
        due_at: dueAt,
      }),
      expect.objectContaining({ ...pushed, notification_id: 2 }),
    ]);
  });

  it('are not made again for what is known, whoever brings it', async () => {
    const one = notification({ deliveries: [delivery()] });
    const again = () => ({ ...one, deliveries: [delivery()] });
    const other = { ...again(), origin: { ...one.origin, offset: '777777' } };
    expect(await kinds(one, other)).toEqual(['new', 'duplicate']);
    expect(await kinds(again())).toEqual(['redelivered']);
    expect(await kinds(other)).toEqual(['duplicate']);
    expect(await rowsOf(one.userId)).toEqual([expect.objectContaining({ id: one.deliveries![0]!.id })]);
  });

  it('are written with their notification or not at all', async () => {
    const wrong = notification({ deliveries: [delivery(), delivery({ text: 'x'.repeat(101) })] });
    expect(await kinds(wrong, notification())).toEqual(['refused', 'new']);
    expect(await rowsOf(wrong.userId)).toEqual([]);
    expect(await inboxes.state(wrong.userId)).toEqual({ lastId: 0, unread: 0, unseen: 0 });
  });

  it('cost no statement when there are none', async () => {
    const inserts = async () => {
      const rows = await withSession(database, (session) =>
        session.query<{ Value: string }[]>("SHOW GLOBAL STATUS LIKE 'Com_insert'"),
      );
      return Number(rows[0]?.Value);
    };
    const save = async (one: NewNotification) => {
      const before = await inserts();
      await intake.save([one]);
      return (await inserts()) - before;
    };
    expect(await save(notification())).toBe(3);
    expect(await save(notification({ deliveries: [delivery()] }))).toBe(4);
  });
});

describe('InboxStore', () => {
  async function filled(size: number): Promise<string> {
    const { userId } = notification();
    await intake.save(Array.from({ length: size }, () => notification({ userId })));
    return userId;
  }
  const ids = (rows: { id: number }[]) => rows.map((row) => row.id);

  it('lists by page and by cursor', async () => {
    const user = await filled(5);
    const page = await inboxes.page(user, { page: 2, size: 2, unreadOnly: false });
    expect([ids(page.items), page.totalElements]).toEqual([[3, 2], 5]);
    expect(ids(await inboxes.before(user, { size: 2, unreadOnly: false }))).toEqual([5, 4]);
    expect(ids(await inboxes.before(user, { before: 3, size: 5, unreadOnly: false }))).toEqual([2, 1]);
    expect(ids(await inboxes.after(user, { after: 2, size: 2, unreadOnly: false }))).toEqual([3, 4]);
  });

  it('reads, sees and deletes, and its counters follow', async () => {
    const user = await filled(4);
    expect(await inboxes.markRead(user, 2)).toMatchObject({
      changed: true,
      state: { unread: 3, unseen: 4 },
      notification: { status: 'READ' },
    });
    expect(await inboxes.markRead(user, 2)).toMatchObject({ changed: false, state: { unread: 3 } });
    expect(await inboxes.markRead(user, 9)).toBeNull();
    expect(ids(await inboxes.before(user, { size: 9, unreadOnly: true }))).toEqual([4, 3, 1]);
    expect(await inboxes.remove(user, 1)).toEqual({ lastId: 4, unread: 2, unseen: 3 });
    expect(await inboxes.remove(user, 1)).toBeNull();
    expect(await inboxes.markAllSeen(user)).toEqual({ lastId: 4, unread: 2, unseen: 0 });
    expect(await inboxes.remove(user, 3)).toEqual({ lastId: 4, unread: 1, unseen: 0 });
    expect(await inboxes.markAllRead(user)).toEqual({ changed: 1, state: { lastId: 4, unread: 0, unseen: 0 } });
    await intake.save([notification({ userId: user })]);
    expect(await inboxes.state(user)).toEqual({ lastId: 5, unread: 1, unseen: 1 });
  });

  it('is empty for a stranger, and nobody reaches into another inbox', async () => {
    const user = await filled(1);
    expect(await inboxes.state('nobody')).toEqual({ lastId: 0, unread: 0, unseen: 0 });
    expect(await inboxes.markRead('nobody', 1)).toBeNull();
    expect(await inboxes.remove('nobody', 1)).toBeNull();
    expect(await inboxes.state(user)).toEqual({ lastId: 1, unread: 1, unseen: 1 });
  });

  it('counts right while its owner reads and new ones come in', async () => {
    const user = await filled(1);
    await Promise.all([
      ...Array.from({ length: 20 }, () => intake.save([notification({ userId: user })])),
      ...Array.from({ length: 10 }, (_, index) => inboxes.markRead(user, index + 1)),
      inboxes.markAllRead(user),
    ]);
    const { totalElements } = await inboxes.page(user, { page: 1, size: 1, unreadOnly: true });
    expect(await inboxes.state(user)).toMatchObject({ lastId: 21, unread: totalElements });
  });
});

describe('migrate', () => {
  const all = [
    ...['Inbox1763715600000', 'Deliveries1763733600000', 'DeadLetters1763780400000', 'Replays1763866800000'],
    'ReplaysOfACase1764464400000',
  ];

  /** An empty database beside ours. */
  async function another(name: string): Promise<string> {
    await withSession(database, (session) => session.query(`CREATE DATABASE ${name}`));
    return stack.databaseUrl.replace(/\/[^/]*$/, `/${name}`);
  }

  it('is done once, whoever comes at the same time', async () => {
    const url = await another('fresh');
    const applied = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    expect(applied.flat()).toEqual(all);
  });

  it('is done again from where it was killed', async () => {
    const url = await another('halfway');
    await migrate(url);
    await withSession(database, async (session) => {
      await session.query('DELETE FROM halfway.migration');
      await session.query(
        'DROP TABLE halfway.delivery_attempt, halfway.delivery_report, halfway.audit_log, halfway.replay_item',
      );
      await session.query('ALTER TABLE halfway.dead_letter DROP COLUMN replay_id');
    });
    expect(await migrate(url)).toEqual(all);
    await withSession(database, (session) => session.query('SELECT 1 FROM halfway.delivery_report'));
    expect(await migrate(url)).toEqual([]);
  });
});

describe('sessions', () => {
  it('are alike, the very first one too', async () => {
    const fresh = await openDatabase({ url: stack.databaseUrl, connections: 3 });
    const settings = () =>
      withSession(fresh, (session) =>
        session.query(
          'SELECT @@time_zone AS zone, @@sql_mode AS mode, @@tx_isolation AS isolation, @@innodb_lock_wait_timeout AS wait',
        ),
      );
    const alike = [
      expect.objectContaining({
        zone: '+00:00',
        mode: expect.stringContaining('STRICT_ALL_TABLES'),
        isolation: 'READ-COMMITTED',
      }),
    ];
    expect(await Promise.all([settings(), settings(), settings()])).toEqual([alike, alike, alike]);
    await fresh.destroy();
  });
});

describe('a large batch', () => {
  it('is cut into statements that a server with small packets takes', async () => {
    const params = JSON.stringify({ content: '가'.repeat(5_000) });
    const batch = Array.from({ length: 500 }, () => notification({ params }));
    await withSession(database, (session) => session.query('SET GLOBAL max_allowed_packet = 1048576'));
    const small = await openDatabase({ url: stack.databaseUrl, connections: 2 });
    try {
      const saved = await new Intake(small).save(batch);
      expect(saved.every(({ kind }) => kind === 'new')).toBe(true);
    } finally {
      await withSession(database, (session) => session.query('SET GLOBAL max_allowed_packet = 16777216'));
      await small.destroy();
    }
  });
});

describe('an inbox that does not fit its rows', () => {
  it('holds up its own user only', async () => {
    const [broken, whole] = [notification(), notification()];
    await intake.save([broken]);
    await withSession(database, (session) => session.query('DELETE FROM inbox WHERE user_id = ?', [broken.userId]));
    expect(await kinds(notification({ userId: broken.userId }), whole)).toEqual(['refused', 'new']);
  });
});

describe('a database that hangs', () => {
  it('counts as down after the deadline of a statement, and its connection is not used again', async () => {
    const hanging = await openDatabase({ url: stack.databaseUrl, connections: 1 });
    await expect(withSession(hanging, (session) => session.query('SELECT SLEEP(60)', [], 200))).rejects.toThrow(
      expect.objectContaining({ name: 'DatabaseDown', message: 'no answer within 200 ms' }),
    );
    expect(await withSession(hanging, (session) => session.query('SELECT 7 AS answer'))).toEqual([{ answer: 7 }]);
    await hanging.destroy();
  });
});
