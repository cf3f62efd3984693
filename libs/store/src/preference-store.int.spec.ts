import { useStack, waitFor } from '@allim/testing';
import { holdPerson } from './contact-store.js';
import { type Database, inTransaction, openDatabase } from './database.js';
import { migrate } from './migrate.js';
import { PreferenceStore } from './preference-store.js';
import { lockWaits } from './testing/locks.js';

const stack = useStack({ kafka: false, redis: false });
let database: Database;
let preferences: PreferenceStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 8 });
  preferences = new PreferenceStore(database);
});
afterAll(() => database?.destroy());

const orderByMail = { category: 'order', channel: 'email', wanted: false } as const;
const orderByPush = { category: 'order', channel: 'push', wanted: true } as const;
const promotion = { category: 'promotion', channel: 'email', wanted: true } as const;

describe('PreferenceStore', () => {
  it('replaces all with what is put', async () => {
    expect(await preferences.get('hong')).toEqual([]);
    await preferences.put('hong', [promotion, orderByPush, orderByMail]);
    expect(await preferences.get('hong')).toEqual([orderByMail, orderByPush, promotion]);
    await preferences.put('hong', [{ ...orderByMail, wanted: true }]);
    expect(await preferences.get('hong')).toEqual([{ ...orderByMail, wanted: true }]);
    await preferences.put('hong', []);
    expect(await preferences.get('hong')).toEqual([]);
  });

  it('changes single ones and leaves the others', async () => {
    await preferences.put('kim', [orderByMail, promotion]);
    await preferences.set('kim', [{ ...promotion, wanted: false }, orderByPush]);
    expect(await preferences.get('kim')).toEqual([orderByMail, orderByPush, { ...promotion, wanted: false }]);
  });

  it('keeps one of what is put at the same time, whole, also of somebody nobody knew', async () => {
    const sets = [[orderByMail], [orderByPush, promotion], [promotion], []];
    const people = Array.from({ length: 30 }, (_, index) => `lee-${index}`);
    await Promise.all(people.flatMap((userId) => sets.map((set) => preferences.put(userId, set))));
    for (const userId of people) expect(sets).toContainEqual(await preferences.get(userId));
  });

  it('waits with what is put for whoever holds the person', async () => {
    const { writing } = await inTransaction(database, async (transaction) => {
      await holdPerson(transaction, 'park', '2026-02-06 00:00:00');
      await transaction.query('DELETE FROM preference WHERE user_id = ?', ['park']);
      let isWritten = false;
      const writing = preferences.put('park', [promotion]).then(() => {
        isWritten = true;
      });
      await waitFor(async () => isWritten || (await lockWaits(database)) > 0, {
        what: 'the other to wait',
        everyMs: 250,
      });
      await transaction.query(
        "INSERT INTO preference (user_id, category, channel, wanted, updated_at) VALUES ('park', 'order', 'email', 0, NOW(6))",
      );
      return { writing };
    });
    await writing;
    expect(await preferences.get('park')).toEqual([promotion]);
  });
});
