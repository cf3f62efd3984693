import { type ContactDetails, minutesOfDay, timeOfMinutes } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { type Database, type Transaction, withSession } from './database.js';
import { datetime, deferRows } from './statement.js';

interface ContactRow {
  name: string | null;
  email: string | null;
  phone: string | null;
  language: ContactDetails['language'];
  zone: string;
  quiet_from: number | null;
  quiet_until: number | null;
  promotion_consent_at: Date | null;
  night_consent_at: Date | null;
}

/** Where and how people want to be reached: personal data. Every method throws a DatabaseDown while the server is away. */
export class ContactStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Null: nothing is known of this person. */
  get(userId: string): Promise<ContactDetails | null> {
    return withSession(this.database, async (session) => {
      const [row] = await session.execute<ContactRow[]>(
        `SELECT name, email, phone, language, zone, quiet_from, quiet_until, promotion_consent_at, night_consent_at
         FROM contact WHERE user_id = ?`,
        [userId],
      );
      return row ? details(row) : null;
    });
  }

  /** Replaces all of it. A consent keeps the moment it was first given at, until it is withdrawn. */
  async put(userId: string, contact: ContactDetails): Promise<void> {
    const now = datetime(this.clock());
    const consent = (column: string) =>
      `${column} = IF(VALUES(${column}) IS NULL, NULL, COALESCE(${column}, VALUES(${column})))`;
    await withSession(this.database, (session) =>
      session.execute(
        `INSERT INTO contact (user_id, name, email, phone, language, zone, quiet_from, quiet_until, promotion_consent_at, night_consent_at, updated_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE name = VALUES(name), email = VALUES(email), phone = VALUES(phone),
           language = VALUES(language), zone = VALUES(zone), quiet_from = VALUES(quiet_from),
           quiet_until = VALUES(quiet_until), ${consent('promotion_consent_at')}, ${consent('night_consent_at')},
           updated_at = VALUES(updated_at)`,
        [
          userId,
          contact.name,
          contact.email,
          contact.phone,
          contact.language,
          contact.zone,
          contact.quiet && minutesOfDay(contact.quiet.from),
          contact.quiet && minutesOfDay(contact.quiet.until),
          contact.promotionConsent ? now : null,
          contact.nightConsent ? now : null,
          now,
        ],
      ),
    );
  }
}

/** What an event tells of a person. */
export interface Introduction {
  userId: string;
  name: string | null;
  email: string | null;
}

/**
 * Makes contacts, and fills what is still empty in those that exist. Never more: an event that comes late must not bring
 * back an address its owner has changed. `at` is the text of a DATETIME(6).
 */
export function introduce(transaction: Transaction, people: readonly Introduction[], at: string): Promise<void> {
  return deferRows(
    transaction,
    {
      into: 'contact (user_id, name, email, updated_at)',
      onDuplicate: 'name = COALESCE(name, VALUES(name)), email = COALESCE(email, VALUES(email))',
    },
    // Sorted, or two batches that share people deadlock.
    people.map(({ userId, name, email }) => [userId, name, email, at]).sort(([a], [b]) => (a! < b! ? -1 : 1)),
  );
}

/**
 * Holds a person's contact until the commit; makes an empty one of somebody nobody knew, for deliveries are planned for those who
 * have one. `at` is the text of a DATETIME(6).
 */
export const holdPerson = (transaction: Transaction, userId: string, at: string): Promise<void> =>
  introduce(transaction, [{ userId, name: null, email: null }], at);

function details(row: ContactRow): ContactDetails {
  return {
    name: row.name,
    email: row.email,
    phone: row.phone,
    language: row.language,
    zone: row.zone,
    quiet:
      row.quiet_from === null || row.quiet_until === null
        ? null
        : { from: timeOfMinutes(row.quiet_from), until: timeOfMinutes(row.quiet_until) },
    promotionConsent: row.promotion_consent_at !== null,
    nightConsent: row.night_consent_at !== null,
  };
}
