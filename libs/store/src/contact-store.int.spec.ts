import { type ContactDetails, contactDetails } from '@allim/contracts';
import { fixedClock, useStack } from '@allim/testing';
import { ContactStore, introduce } from './contact-store.js';
import { type Database, inTransaction, openDatabase, withSession } from './database.js';
import { migrate } from './migrate.js';

const stack = useStack({ kafka: false, redis: false });
const clock = fixedClock();
let database: Database;
let contacts: ContactStore;

beforeAll(async () => {
  await migrate(stack.databaseUrl);
  database = await openDatabase({ url: stack.databaseUrl, connections: 2 });
  contacts = new ContactStore(database, clock);
});
afterAll(() => database?.destroy());

const hong: ContactDetails = {
  name: '홍길동 🎁',
  email: 'hong@example.com',
  phone: '010-1234-5678',
  language: 'en',
  zone: 'America/Argentina/ComodRivadavia',
  quiet: { from: '22:30', until: '07:05' },
  promotionConsent: true,
  nightConsent: true,
};
const nothing = contactDetails.parse({});

describe('ContactStore', () => {
  it('answers what was put, all of it, and nothing for a stranger', async () => {
    expect(await contacts.get('hong')).toBeNull();
    await contacts.put('hong', hong);
    expect(await contacts.get('hong')).toEqual(hong);
    expect(await contacts.get('Hong')).toBeNull();
    await contacts.put('hong', nothing);
    expect(await contacts.get('hong')).toEqual(nothing);
  });

  it('remembers since when a consent is given, until it is withdrawn', async () => {
    const given = async () => {
      const [row] = await withSession(database, (session) =>
        session.query<{ promotion: Date | null; night: Date | null }[]>(
          'SELECT promotion_consent_at AS promotion, night_consent_at AS night FROM contact WHERE user_id = ?',
          ['kim'],
        ),
      );
      return row;
    };
    const first = new Date(clock());
    await contacts.put('kim', { ...hong, nightConsent: false });
    clock.advance(1_000);
    await contacts.put('kim', hong);
    expect(await given()).toEqual({ promotion: first, night: new Date(clock()) });
    await contacts.put('kim', { ...hong, promotionConsent: false });
    clock.advance(1_000);
    await contacts.put('kim', hong);
    expect(await given()).toEqual({ promotion: new Date(clock()), night: new Date(clock() - 1_000) });
  });

  it('gets to know people by events, and lets no event change what they have said themselves', async () => {
    await contacts.put('lee', { ...hong, name: null, email: 'new@example.com' });
    await inTransaction(database, (transaction) =>
      introduce(
        transaction,
        [
          { userId: 'park', name: '박', email: 'park@example.com' },
          { userId: 'lee', name: '이', email: 'old@example.com' },
          { userId: 'choi', name: null, email: null },
          { userId: 'park', name: '박', email: 'second@example.com' },
        ],
        '2026-02-06 00:00:00',
      ),
    );
    expect(await contacts.get('park')).toEqual({ ...nothing, name: '박', email: 'park@example.com' });
    expect(await contacts.get('lee')).toEqual({ ...hong, name: '이', email: 'new@example.com' });
    expect(await contacts.get('choi')).toEqual(nothing);
  });
});
