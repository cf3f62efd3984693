import { fixedClock, useStack } from '@allim/testing';
import { type Database, openDatabase } from './database.js';
import { deadLetterSteps } from './dead-letter-history.js';
import { DeadLetterStore } from './dead-letter-store.js';
import { migrate } from './migrate.js';
import { letter, nextLetter } from './testing/letters.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
const hour = 3_600_000;
const from = new Date(clock() - 24 * hour);
const at = (ms: number) => new Date(from.getTime() + ms);
let database: Database;
let store: DeadLetterStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  store = new DeadLetterStore(database, {}, clock);
});
afterAll(() => database?.destroy());

const steps = async (until = new Date(clock()), stepSeconds = 3_600) => {
  const found = await deadLetterSteps(database, { from, until, stepSeconds });
  return found.sort((a, b) => a.step - b.step || (a.topic < b.topic ? -1 : 1));
};

describe('cases by topic and time', () => {
  it('are counted by their last failure, within the time that is asked for', async () => {
    const of = (topic: string, ms: number) => letter({ original: { topic }, failedAt: at(ms) });
    const again = of('주문', 0);
    await store.index([
      ...[of('주문', 0), of('주문', hour - 1), of('a', hour - 1)],
      ...[of('주문', hour), of('a', 23.5 * hour)],
      // Before, and after.
      ...[of('a', -1), of('a', 24 * hour)],
      again,
    ]);
    await store.index([nextLetter(again, { failedAt: at(5 * hour) })]);
    const all = [
      { topic: 'a', step: 0, count: 1 },
      { topic: '주문', step: 0, count: 2 },
      { topic: '주문', step: 1, count: 1 },
      { topic: '주문', step: 5, count: 1 },
      { topic: 'a', step: 23, count: 1 },
    ];
    expect(await steps()).toEqual(all);
    expect(await steps(at(2 * hour))).toEqual(all.slice(0, 3));
    expect((await steps(undefined, 7_200)).map(({ step }) => step)).toEqual([0, 0, 2, 11]);
  });
});
