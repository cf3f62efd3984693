import { type Helper, startHelper } from './process.js';
import { type ReferenceInput } from './programs/reference-consumer.js';
import { type Site } from './site.js';

/**
 * The seed's table. Its reference type carries the notification type as well, which the seed's lacks: otherwise an
 * order's cancellation would pass for a duplicate of its creation, and the reference would have less to write than we have.
 */
export async function createReferenceTable(site: Site): Promise<void> {
  await site.database.query(`
    CREATE TABLE reference_notification (
      id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
      user_id VARCHAR(255) NOT NULL,
      type VARCHAR(40) NOT NULL,
      title VARCHAR(255) NOT NULL,
      message VARCHAR(1000) NOT NULL,
      link VARCHAR(500) NULL,
      status VARCHAR(10) NOT NULL,
      reference_id VARCHAR(200) NULL,
      reference_type VARCHAR(100) NULL,
      created_at DATETIME(6) NOT NULL,
      read_at DATETIME(6) NULL,
      KEY user_status (user_id, status),
      KEY user_created (user_id, created_at),
      UNIQUE KEY reference (reference_id, reference_type, user_id)
    ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4`);
}

/** How far it has come. */
export const referenceRows = (site: Site) => site.number('SELECT MAX(id) FROM reference_notification');

/** Starts the reference consumer; resolves when its streams are open. */
export async function startReference(site: Site, topics: string[]): Promise<Helper> {
  const helper = await startHelper('reference-consumer');
  const { kafkaBrokers, databaseUrl, redisUrl } = site;
  await helper.ask('consume', { kafkaBrokers, databaseUrl, redisUrl, topics } satisfies ReferenceInput);
  return helper;
}
