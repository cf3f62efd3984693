import { type Database, withSession } from './database.js';

/** Who wants to hear of a topic's broadcasts. Every method throws a DatabaseDown while the server is away. */
export class SubscriptionStore {
  constructor(private readonly database: Database) {}

  topicsOf(userId: string): Promise<string[]> {
    return withSession(this.database, async (session) => {
      const rows = await session.execute<{ topic: Buffer }[]>(
        'SELECT topic FROM subscription WHERE user_id = ? ORDER BY topic',
        [userId],
      );
      return rows.map((row) => row.topic.toString());
    });
  }

  /** Idempotent. */
  async subscribe(userId: string, topic: string): Promise<void> {
    await withSession(this.database, (session) =>
      session.execute(
        'INSERT INTO subscription (topic, user_id, created_at) VALUES (?, ?, UTC_TIMESTAMP(6)) ON DUPLICATE KEY UPDATE topic = topic',
        [topic, userId],
      ),
    );
  }

  /** Idempotent. */
  async unsubscribe(userId: string, topic: string): Promise<void> {
    await withSession(this.database, (session) =>
      session.execute('DELETE FROM subscription WHERE topic = ? AND user_id = ?', [topic, userId]),
    );
  }

  /** Subscribers in the order of their ids, after `afterUserId` ('' to begin), at most `size`. */
  subscribersOf(topic: string, afterUserId: string, size: number): Promise<string[]> {
    return withSession(this.database, async (session) => {
      const rows = await session.query<{ user_id: Buffer }[]>(
        'SELECT user_id FROM subscription WHERE topic = ? AND user_id > ? ORDER BY user_id LIMIT ?',
        [topic, afterUserId, size],
      );
      return rows.map((row) => row.user_id.toString());
    });
  }
}
