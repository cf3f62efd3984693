import { createHash } from 'node:crypto';
import { type DeviceDetails } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { holdPerson } from './contact-store.js';
import { type Database, inTransaction, withSession } from './database.js';
import { datetime } from './statement.js';

/** A device as its owner sees it. Times in ISO-8601, UTC. */
export interface Device extends DeviceDetails {
  token: string;
  lastSeenAt: string;
  createdAt: string;
}

interface DeviceRow {
  token: string;
  platform: Device['platform'];
  app_version: string | null;
  last_seen_at: Date;
  created_at: Date;
}

/** What a device is keyed by, and the target of its pushes: SHA-256 of its token. */
export const tokenHash = (token: string): Buffer => createHash('sha256').update(token).digest();

/** The devices that pushes go to. Every method throws a DatabaseDown while the server is away. */
export class DeviceStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Registers a device, or notes that it was seen. A token belongs to whoever registered it last: the one who is logged in there now. */
  async put(userId: string, token: string, device: DeviceDetails): Promise<void> {
    const now = datetime(this.clock());
    await inTransaction(this.database, async (transaction) => {
      await holdPerson(transaction, userId, now);
      await transaction.defer(
        `INSERT INTO device (token_hash, token, user_id, platform, app_version, last_seen_at, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON DUPLICATE KEY UPDATE user_id = VALUES(user_id), platform = VALUES(platform),
           app_version = VALUES(app_version), last_seen_at = VALUES(last_seen_at)`,
        [tokenHash(token), token, userId, device.platform, device.appVersion, now, now],
      );
    });
  }

  /** False: this person has no such device (any more). */
  async remove(userId: string, token: string): Promise<boolean> {
    const { affectedRows } = await withSession(this.database, (session) =>
      session.execute('DELETE FROM device WHERE token_hash = ? AND token = ? AND user_id = ?', [
        tokenHash(token),
        token,
        userId,
      ]),
    );
    return affectedRows > 0;
  }

  /** The one seen last first. */
  ofUser(userId: string): Promise<Device[]> {
    return withSession(this.database, async (session) => {
      const rows = await session.execute<DeviceRow[]>(
        `SELECT token, platform, app_version, last_seen_at, created_at FROM device WHERE user_id = ?
         ORDER BY last_seen_at DESC, token_hash`,
        [userId],
      );
      return rows.map((row) => ({
        token: row.token,
        platform: row.platform,
        appVersion: row.app_version,
        lastSeenAt: row.last_seen_at.toISOString(),
        createdAt: row.created_at.toISOString(),
      }));
    });
  }
}
