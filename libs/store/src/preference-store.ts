import { type Preference } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { holdPerson } from './contact-store.js';
import { type Database, inTransaction, type Transaction, withSession } from './database.js';
import { datetime, deferRows } from './statement.js';

interface PreferenceRow {
  category: string;
  channel: Preference['channel'];
  wanted: number;
}

/** What people want to hear of, and where. Every method throws a DatabaseDown while the server is away. */
export class PreferenceStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /** What this person has chosen, by category and channel; the rest is left to the defaults. */
  get(userId: string): Promise<Preference[]> {
    return withSession(this.database, async (session) => {
      const rows = await session.execute<PreferenceRow[]>(
        'SELECT category, channel, wanted FROM preference WHERE user_id = ? ORDER BY category, channel',
        [userId],
      );
      return rows.map(({ category, channel, wanted }) => ({ category, channel, wanted: wanted === 1 }));
    });
  }

  /** Replaces all of them. What two put at the same time is not mixed. */
  put(userId: string, preferences: readonly Preference[]): Promise<void> {
    const now = datetime(this.clock());
    return inTransaction(this.database, async (transaction) => {
      await holdPerson(transaction, userId, now);
      await transaction.defer('DELETE FROM preference WHERE user_id = ?', [userId]);
      await write(transaction, userId, preferences, now);
    });
  }

  /** Changes these and leaves the others: what an unsubscribe link does. */
  set(userId: string, preferences: readonly Preference[]): Promise<void> {
    const now = datetime(this.clock());
    return inTransaction(this.database, async (transaction) => {
      await holdPerson(transaction, userId, now);
      await write(transaction, userId, preferences, now);
    });
  }
}

const write = (transaction: Transaction, userId: string, preferences: readonly Preference[], now: string) =>
  deferRows(
    transaction,
    {
      into: 'preference (user_id, category, channel, wanted, updated_at)',
      onDuplicate: 'wanted = VALUES(wanted), updated_at = VALUES(updated_at)',
    },
    preferences.map(({ category, channel, wanted }) => [userId, category, channel, wanted ? 1 : 0, now]),
  );
