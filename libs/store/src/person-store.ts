import { type Channel, type Person, stranger } from '@allim/contracts';
import { type Session } from './database.js';
import { keysAtOnce } from './statement.js';

export interface ContactRow {
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

export const selectContacts = `
  SELECT user_id, name, language, zone, quiet_from, quiet_until, promotion_consent_at IS NOT NULL AS promotion,
    night_consent_at IS NOT NULL AS night, email IS NOT NULL AS has_email, phone IS NOT NULL AS has_phone
  FROM contact WHERE user_id IN`;

/** What planning needs to know of the people these contacts are of, by user id: one round trip for 500 of them. */
export async function peopleOf(session: Session, contacts: readonly ContactRow[]): Promise<Map<string, Person>> {
  const people = new Map<string, Person>();
  for (let start = 0; start < contacts.length; start += keysAtOnce) {
    const rows = contacts.slice(start, start + keysAtOnce);
    const ids = rows.map((row) => row.user_id);
    const [deviceRows, preferenceRows] = (await session.all([
      ['SELECT user_id, token_hash FROM device WHERE user_id IN (?)', [ids]],
      ['SELECT user_id, category, channel, wanted FROM preference WHERE user_id IN (?)', [ids]],
    ])) as [DeviceRow[], PreferenceRow[]];
    const devices = byUser(deviceRows);
    const preferences = byUser(preferenceRows);
    for (const row of rows) {
      const userId = row.user_id.toString();
      people.set(userId, {
        ...stranger(userId),
        ...detailsOf(row),
        devices: (devices.get(userId) ?? []).map((device) => device.token_hash),
        preferences: (preferences.get(userId) ?? []).map(({ category, channel, wanted }) => ({
          category,
          channel,
          wanted: Number(wanted) === 1,
        })),
      });
    }
  }
  return people;
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
