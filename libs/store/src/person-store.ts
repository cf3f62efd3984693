import { type Channel, type Person, stranger } from '@allim/contracts';
import { type Database, type Session, withSession } from './database.js';
import { keysAtOnce } from './statement.js';

interface ContactRow {
  user_id: Buffer;
  name: string | null;
  language: Person['language'];
  zone: string;
  quiet_from: number | null;
  quiet_until: number | null;
  promotion: number;
  night: number;
  has_email: number;
  has_phone: number;
}

interface DeviceRow {
  user_id: Buffer;
  token_hash: Buffer;
}

interface PreferenceRow {
  user_id: Buffer;
  category: string;
  channel: Channel;
  wanted: number;
}

/** What planning needs to know of people. */
export class PersonStore {
  constructor(private readonly database: Database) {}

  /** Those of whom anything is known, by user id. Throws a DatabaseDown while the server is away. */
  people(userIds: readonly string[]): Promise<Map<string, Person>> {
    const ids = [...new Set(userIds)];
    return withSession(this.database, async (session) => {
      const people = new Map<string, Person>();
      for (let start = 0; start < ids.length; start += keysAtOnce)
        for (const person of await lookUp(session, ids.slice(start, start + keysAtOnce)))
          people.set(person.userId, person);
      return people;
    });
  }
}

async function lookUp(session: Session, ids: readonly string[]): Promise<Person[]> {
  const [contacts, devices, preferences] = (await session.all([
    [
      `SELECT user_id, name, language, zone, quiet_from, quiet_until, promotion_consent_at IS NOT NULL AS promotion,
         night_consent_at IS NOT NULL AS night, email IS NOT NULL AS has_email, phone IS NOT NULL AS has_phone
       FROM contact WHERE user_id IN (?)`,
      [ids],
    ],
    ['SELECT user_id, token_hash FROM device WHERE user_id IN (?)', [ids]],
    ['SELECT user_id, category, channel, wanted FROM preference WHERE user_id IN (?)', [ids]],
  ])) as [ContactRow[], DeviceRow[], PreferenceRow[]];
  if (contacts.length + devices.length + preferences.length === 0) return [];
  const contactOf = new Map(contacts.map((row) => [row.user_id.toString(), row]));
  const devicesOf = byUser(devices);
  const preferencesOf = byUser(preferences);
  const known = new Set([...contactOf.keys(), ...devicesOf.keys(), ...preferencesOf.keys()]);
  return [...known].map((userId) => {
    const contact = contactOf.get(userId);
    return {
      ...stranger(userId),
      ...(contact && detailsOf(contact)),
      devices: (devicesOf.get(userId) ?? []).map((row) => row.token_hash),
      preferences: (preferencesOf.get(userId) ?? []).map(({ category, channel, wanted }) => ({
        category,
        channel,
        wanted: Number(wanted) === 1,
      })),
    };
  });
}

function byUser<Row extends { user_id: Buffer }>(rows: Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => row.user_id.toString());
}

/** Conditions come as numbers, or as texts where a server makes them BIGINT. */
function detailsOf(row: ContactRow): Omit<Person, 'userId' | 'devices' | 'preferences'> {
  return {
    name: row.name,
    language: row.language,
    zone: row.zone,
    quiet:
      row.quiet_from === null || row.quiet_until === null ? null : { from: row.quiet_from, until: row.quiet_until },
    promotionConsent: Number(row.promotion) === 1,
    nightConsent: Number(row.night) === 1,
    hasEmail: Number(row.has_email) === 1,
    hasPhone: Number(row.has_phone) === 1,
  };
}
