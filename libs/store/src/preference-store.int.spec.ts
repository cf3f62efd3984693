import { useStack } from '@allim/testing';
import { type Database, openDatabase } from './database.js';
import { migrate } from './migrate.js';
import { PreferenceStore } from './preference-store.js';

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

  it('keeps one of what is put at the same time, whole', async () => {
    const sets = [[orderByMail], [orderByPush, promotion], [promotion]];
    await Promise.all(Array.from({ length: 24 }, (_, index) => preferences.put('lee', sets[index % 3]!)));
    expect(sets).toContainEqual(await preferences.get('lee'));
  });
});
