import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The inbox. Keys are VARBINARY: every text collation, `utf8mb4_bin` too, takes 'a' and 'a ' for one key.
 * IF NOT EXISTS: DDL knows no rollback, and a migration that was killed half-way is taken again. Widths are those of `limits` in contracts, or more: what does not fit is refused before it comes here.
 */
export class Inbox1763715600000 implements MigrationInterface {
  readonly name = 'Inbox1763715600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS notification (
        user_id VARBINARY(256) NOT NULL,
        id INT UNSIGNED NOT NULL COMMENT 'position in the inbox of its user: 1, 2, 3 ...',
        type VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        title VARCHAR(200) NOT NULL,
        message VARCHAR(1000) NOT NULL,
        link VARCHAR(500) NULL,
        reference_type VARCHAR(50) NULL,
        reference_id VARCHAR(200) NULL,
        params TEXT NOT NULL COMMENT 'JSON: what the texts were rendered from',
        created_at DATETIME(6) NOT NULL,
        read_at DATETIME(6) NULL,
        PRIMARY KEY (user_id, id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS inbox (
        user_id VARBINARY(256) NOT NULL,
        last_id INT UNSIGNED NOT NULL,
        unread INT UNSIGNED NOT NULL,
        unseen INT UNSIGNED NOT NULL,
        seen_id INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'up to this id all have been seen',
        PRIMARY KEY (user_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS ledger (
        identity BINARY(16) NOT NULL,
        user_id VARBINARY(256) NOT NULL,
        topic VARBINARY(249) NOT NULL,
        topic_partition INT NOT NULL,
        record_offset BIGINT NOT NULL,
        created_at DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
        PRIMARY KEY (identity)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS subscription (
        topic VARBINARY(50) NOT NULL,
        user_id VARBINARY(256) NOT NULL,
        created_at DATETIME(6) NOT NULL,
        PRIMARY KEY (topic, user_id),
        KEY user (user_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['subscription', 'ledger', 'inbox', 'notification']) await runner.query(`DROP TABLE ${table}`);
  }
}
