import { stranger } from '@allim/contracts';
import { useStack } from '@allim/testing';
import { ContactStore, introduce } from './contact-store.js';
import { type Database, inTransaction, openDatabase, withSession } from './database.js';
import { DeviceStore, tokenHash } from './device-store.js';
import { migrate } from './migrate.js';
import { type ContactRow, peopleOf, selectContacts } from './person-store.js';
import { PreferenceStore } from './preference-store.js';
import { selectByKeys } from './statement.js';

const stack = useStack({ kafka: false, redis: false });
let database: Database;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
});
afterAll(() => database?.destroy());

const peopleWith = (userIds: string[]) =>
  withSession(database, async (session) =>
    peopleOf(session, await selectByKeys<ContactRow>(session, selectContacts, userIds)),
  );

describe('people', () => {
  it('are known by what each has put, and no stranger is', async () => {
    await new ContactStore(database).put('홍', {
      name: '홍길동',
      email: 'hong@example.com',
      phone: null,
      language: 'en',
      zone: 'Europe/Berlin',
      quiet: { from: '22:00', until: '07:30' },
      promotionConsent: true,
      nightConsent: false,
    });
    const preference = { category: 'order', channel: 'push', wanted: false } as const;
    await new PreferenceStore(database).put('홍', [preference]);
    const devices = new DeviceStore(database);
    for (const [user, token] of [
      ['홍', 'a'],
      ['홍', 'b'],
      ['kim', 'c'],
    ] as const)
      await devices.put(user, token, { platform: 'ios', appVersion: null });

    await new PreferenceStore(database).put('lee', [preference]);
    await new PreferenceStore(database).set('park', [preference]);

    const people = await peopleWith(['홍', 'kim', 'lee', 'park', 'nobody']);
    expect(new Set(people.keys())).toEqual(new Set(['홍', 'kim', 'lee', 'park']));
    expect(people.get('홍')).toEqual({
      userId: '홍',
      name: '홍길동',
      language: 'en',
      zone: 'Europe/Berlin',
      quiet: { from: 1320, until: 450 },
      promotionConsent: true,
      nightConsent: false,
      hasEmail: true,
      hasPhone: false,
      devices: expect.arrayContaining([tokenHash('a'), tokenHash('b')]),
      preferences: [preference],
    });
    expect(people.get('홍')?.devices).toHaveLength(2);
    expect(people.get('kim')).toEqual({ ...stranger('kim'), devices: [tokenHash('c')] });
    for (const userId of ['lee', 'park'])
      expect(people.get(userId)).toEqual({ ...stranger(userId), preferences: [preference] });
  });

  it('may be nobody, or very many', async () => {
    expect(await peopleWith([])).toEqual(new Map());
    const ids = Array.from({ length: 1_201 }, (_, index) => `user-${index}`);
    await inTransaction(database, (transaction) =>
      introduce(
        transaction,
        ids.map((userId) => ({ userId, name: userId, email: null })),
        '2026-02-06 00:00:00',
      ),
    );
    const people = await peopleWith(ids);
    expect(ids.map((id) => people.get(id)?.name)).toEqual(ids);
  });
});
