import { fixedClock, useStack } from '@allim/testing';
import { type Database, openDatabase } from './database.js';
import { DeviceStore } from './device-store.js';
import { migrate } from './migrate.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
const now = () => new Date(clock()).toISOString();
let database: Database;
let devices: DeviceStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  devices = new DeviceStore(database, clock);
});
afterAll(() => database?.destroy());

const tokens = async (userId: string) => (await devices.ofUser(userId)).map(({ token }) => token);
const phone = { platform: 'android', appVersion: '4.2.0' } as const;

describe('DeviceStore', () => {
  it('lists the devices of a person, the one seen last first', async () => {
    await devices.put('hong', 'phone', phone);
    const since = now();
    clock.advance(1_000);
    await devices.put('hong', 'browser', { platform: 'web', appVersion: null });
    clock.advance(1_000);
    await devices.put('hong', 'phone', { ...phone, appVersion: '4.3.0' });
    expect(await devices.ofUser('hong')).toEqual([
      { token: 'phone', platform: 'android', appVersion: '4.3.0', createdAt: since, lastSeenAt: now() },
      expect.objectContaining({ token: 'browser', platform: 'web', appVersion: null }),
    ]);
    expect(await devices.ofUser('nobody')).toEqual([]);
  });

  it('takes a token from whom it belonged to before', async () => {
    await devices.put('kim', 'shared', phone);
    await devices.put('lee', 'shared', phone);
    expect([await tokens('kim'), await tokens('lee')]).toEqual([[], ['shared']]);
  });

  it('removes a person’s own device only', async () => {
    await devices.put('park', 'mine', phone);
    expect(await devices.remove('somebody-else', 'mine')).toBe(false);
    expect(await tokens('park')).toEqual(['mine']);
    expect(await devices.remove('park', 'mine')).toBe(true);
    expect(await devices.remove('park', 'mine')).toBe(false);
  });

  it('keeps apart tokens that a text collation would merge, as long as they may be', async () => {
    const long = 'x'.repeat(4_095);
    for (const token of ['tok', 'TOK', `${long}a`, `${long}b`]) await devices.put('choi', token, phone);
    expect((await tokens('choi')).toSorted()).toEqual(['TOK', 'tok', `${long}a`, `${long}b`]);
  });
});
