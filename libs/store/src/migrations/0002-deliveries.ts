import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * Deliveries, and how people are reached. Our own words (states, channels, …) are ASCII columns: one byte a character in
 * the index that every dispatcher reads. IF NOT EXISTS: see the first migration.
 */
export class Deliveries1763733600000 implements MigrationInterface {
  readonly name = 'Deliveries1763733600000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS contact (
        user_id VARBINARY(256) NOT NULL,
        name VARCHAR(100) NULL,
        email VARCHAR(320) NULL,
        phone VARCHAR(20) NULL,
        language VARCHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'ko',
        zone VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT 'Asia/Seoul',
        quiet_from SMALLINT NULL COMMENT 'minutes of the day in the zone',
        quiet_until SMALLINT NULL,
        promotion_consent_at DATETIME(6) NULL,
        night_consent_at DATETIME(6) NULL,
        updated_at DATETIME(6) NOT NULL,
        PRIMARY KEY (user_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS device (
        token_hash BINARY(32) NOT NULL COMMENT 'SHA-256 of the token',
        token VARCHAR(4096) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        user_id VARBINARY(256) NOT NULL,
        platform VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        app_version VARCHAR(40) NULL,
        last_seen_at DATETIME(6) NOT NULL,
        created_at DATETIME(6) NOT NULL,
        PRIMARY KEY (token_hash),
        KEY user (user_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS preference (
        user_id VARBINARY(256) NOT NULL,
        category VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        channel VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        wanted TINYINT(1) NOT NULL,
        updated_at DATETIME(6) NOT NULL,
        PRIMARY KEY (user_id, category, channel)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    // Channel and priority stand before the time: what waits in one lane must not lie in the way of another.
    // The reference stands here too: it outlives the notification, and an index on notification would burden every insert.
    await runner.query(`
      CREATE TABLE IF NOT EXISTS delivery (
        id BINARY(16) NOT NULL COMMENT 'UUIDv7',
        user_id VARBINARY(256) NOT NULL,
        notification_id INT UNSIGNED NOT NULL,
        reference_type VARCHAR(50) NULL,
        reference_id VARCHAR(200) NULL,
        channel VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        target VARBINARY(32) NOT NULL DEFAULT '' COMMENT 'push: token_hash of the device',
        priority VARCHAR(6) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        category VARCHAR(20) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        text VARCHAR(100) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'key in the message files',
        language VARCHAR(5) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        reason VARCHAR(300) NULL,
        attempts TINYINT UNSIGNED NOT NULL DEFAULT 0,
        due_at DATETIME(6) NOT NULL COMMENT 'queued: when to send; dispatched, sending: when the lease ends',
        holder BINARY(16) NULL,
        provider VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
        provider_message_id VARCHAR(255) NULL,
        created_at DATETIME(6) NOT NULL,
        updated_at DATETIME(6) NOT NULL,
        PRIMARY KEY (id),
        KEY due (state, channel, priority, due_at),
        KEY notification (user_id, notification_id),
        KEY reference (reference_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS delivery_attempt (
        delivery_id BINARY(16) NOT NULL,
        attempt TINYINT UNSIGNED NOT NULL,
        provider VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NULL,
        outcome VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        reason VARCHAR(300) NULL,
        provider_message_id VARCHAR(255) NULL,
        started_at DATETIME(6) NOT NULL,
        duration_ms INT UNSIGNED NOT NULL,
        PRIMARY KEY (delivery_id, attempt)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS delivery_report (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        delivery_id BINARY(16) NULL,
        provider VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        provider_message_id VARCHAR(255) NULL,
        code VARCHAR(40) NULL,
        state VARCHAR(16) CHARACTER SET ascii COLLATE ascii_bin NULL COMMENT 'what the report says of the delivery',
        detail VARCHAR(1000) NULL,
        received_at DATETIME(6) NOT NULL,
        PRIMARY KEY (id),
        KEY delivery (delivery_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['delivery_report', 'delivery_attempt', 'delivery', 'preference', 'device', 'contact'])
      await runner.query(`DROP TABLE ${table}`);
  }
}
