import { type MigrationInterface, type QueryRunner } from 'typeorm';

/**
 * The operators' index of dead letters, and the audit log. What lists look through is narrow: keys, values, headers and
 * stacks lie in a table of their own. IF NOT EXISTS: see the first migration.
 */
export class DeadLetters1763780400000 implements MigrationInterface {
  readonly name = 'DeadLetters1763780400000';

  async up(runner: QueryRunner): Promise<void> {
    // An index gives numbers in the order of lists, and what time to look for by itself. State stands last before them: one
    // branch for each state, where none is asked for, takes the place of as many indexes again.
    await runner.query(`
      CREATE TABLE IF NOT EXISTS dead_letter (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'the number of the case',
        identity BINARY(16) NOT NULL,
        consumer_group VARBINARY(1020) NULL,
        topic VARBINARY(249) NOT NULL,
        topic_partition INT NULL,
        record_offset BIGINT NULL,
        record_timestamp DATETIME(6) NULL,
        letter_topic VARBINARY(249) NOT NULL COMMENT 'of the newest letter',
        letter_partition INT NOT NULL,
        letter_offset BIGINT NOT NULL,
        error_class VARBINARY(400) NOT NULL,
        error_type VARCHAR(300) NULL,
        message VARCHAR(1000) NOT NULL,
        pattern VARCHAR(300) NOT NULL COMMENT 'the message without what varies',
        pattern_key BINARY(16) NOT NULL COMMENT 'hash of topic, error class and pattern',
        attempts INT UNSIGNED NULL,
        failures INT UNSIGNED NOT NULL,
        replays INT UNSIGNED NOT NULL,
        state VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        first_failed_at DATETIME(6) NOT NULL,
        failed_at DATETIME(6) NOT NULL,
        discarded_at DATETIME(6) NULL,
        updated_at DATETIME(6) NOT NULL,
        key_hash BINARY(16) NULL,
        value_bytes INT UNSIGNED NULL,
        preview VARCHAR(500) NULL COMMENT 'the beginning of the value, where it is text',
        PRIMARY KEY (id),
        UNIQUE KEY identity (identity),
        KEY every (id, failed_at),
        KEY state (state, id, failed_at),
        KEY topic (topic, state, id, failed_at),
        KEY error_class (error_class, state, id, failed_at),
        KEY topic_class (topic, error_class, state, id, failed_at),
        KEY pattern (pattern_key, state, id, failed_at),
        KEY record_key (key_hash, id, failed_at),
        KEY failed_at (failed_at)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS dead_letter_payload (
        id BIGINT UNSIGNED NOT NULL,
        record_key LONGBLOB NULL,
        value LONGBLOB NULL,
        headers LONGTEXT NOT NULL COMMENT 'JSON: names to lists of base64',
        stack TEXT NOT NULL,
        PRIMARY KEY (id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    // A replay that fails may bring a letter to another partition: what was read of the first one may still come again.
    await runner.query(`
      CREATE TABLE IF NOT EXISTS dead_letter_place (
        id BIGINT UNSIGNED NOT NULL,
        letter_topic VARBINARY(249) NOT NULL,
        letter_partition INT NOT NULL,
        letter_offset BIGINT NOT NULL COMMENT 'of the newest letter there; the newest of all stands in dead_letter',
        PRIMARY KEY (id, letter_topic, letter_partition)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    // Counts are signed: a row that takes one away is an insert that meets the one that is there.
    const counts = `
        open_count BIGINT NOT NULL,
        replaying_count BIGINT NOT NULL,
        replayed_count BIGINT NOT NULL,
        parked_count BIGINT NOT NULL,
        discarded_count BIGINT NOT NULL,
        first_failed_at DATETIME(6) NOT NULL,
        failed_at DATETIME(6) NOT NULL,`;
    await runner.query(`
      CREATE TABLE IF NOT EXISTS dead_letter_group (
        pattern_key BINARY(16) NOT NULL,
        topic VARBINARY(249) NOT NULL,
        error_class VARBINARY(400) NOT NULL,
        pattern VARCHAR(300) NOT NULL,${counts}
        PRIMARY KEY (pattern_key),
        KEY open_count (open_count),
        KEY topic (topic, open_count)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS dead_letter_topic (
        topic VARBINARY(249) NOT NULL,${counts}
        PRIMARY KEY (topic)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS audit_log (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
        at DATETIME(6) NOT NULL,
        actor VARCHAR(256) NOT NULL,
        action VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        reason VARCHAR(500) NULL,
        subject MEDIUMTEXT NOT NULL COMMENT 'JSON: what it was done to',
        PRIMARY KEY (id),
        KEY at (at)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
  }

  async down(runner: QueryRunner): Promise<void> {
    const summaries = ['dead_letter_topic', 'dead_letter_group'];
    for (const table of ['audit_log', ...summaries, 'dead_letter_place', 'dead_letter_payload', 'dead_letter'])
      await runner.query(`DROP TABLE ${table}`);
  }
}
