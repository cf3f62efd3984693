import { useStack } from '@allim/testing';
import { type Database, openDatabase } from './database.js';
import { migrate } from './migrate.js';
import { SubscriptionStore } from './subscription-store.js';

const stack = useStack({ kafka: false, redis: false });
let database: Database;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
});
afterAll(() => database?.destroy());

describe('SubscriptionStore', () => {
  it('subscribes once, lists in pages, and forgets', async () => {
    const subscriptions = new SubscriptionStore(database);
    for (const user of ['u3', 'u1', 'u2', 'u1']) await subscriptions.subscribe(user, 'timedeal');
    await subscriptions.subscribe('u1', 'news');
    expect(await subscriptions.topicsOf('u1')).toEqual(['news', 'timedeal']);
    expect(await subscriptions.subscribersOf('timedeal', '', 2)).toEqual(['u1', 'u2']);
    expect(await subscriptions.subscribersOf('timedeal', 'u2', 2)).toEqual(['u3']);
    await subscriptions.unsubscribe('u1', 'timedeal');
    await subscriptions.unsubscribe('u1', 'timedeal');
    expect(await subscriptions.topicsOf('u1')).toEqual(['news']);
  });
});
