import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** Replay jobs and their frozen sets, and what a replayed delivery failed as. IF NOT EXISTS: see the first migration. */
export class Replays1763866800000 implements MigrationInterface {
  readonly name = 'Replays1763866800000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE IF NOT EXISTS replay_job (
        id BIGINT UNSIGNED NOT NULL AUTO_INCREMENT COMMENT 'what people call it by',
        replay_id CHAR(36) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'UUID: what its records say',
        state VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
        selection MEDIUMTEXT NOT NULL COMMENT 'JSON: filter or numbers, as they were asked for',
        is_forced BOOLEAN NOT NULL,
        is_edited BOOLEAN NOT NULL,
        rate INT UNSIGNED NOT NULL COMMENT 'records a second; 0: as fast as possible',
        plan_before BIGINT UNSIGNED NULL COMMENT 'cases below it are still to be looked at',
        total INT UNSIGNED NOT NULL DEFAULT 0,
        claimed_to BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'up to this case all had their turn',
        noted_to BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'up to this case Kafka has all',
        settled_to BIGINT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'up to this case all say what they are',
        published INT UNSIGNED NOT NULL DEFAULT 0,
        skipped INT UNSIGNED NOT NULL DEFAULT 0,
        failed INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'of those published',
        judged_from INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'published before it was started or resumed last',
        failed_before INT UNSIGNED NOT NULL DEFAULT 0 COMMENT 'failed before that',
        excluded TEXT NOT NULL COMMENT 'JSON: counts by reason',
        stop_reason VARCHAR(300) NULL,
        created_by VARCHAR(256) NOT NULL,
        created_at DATETIME(6) NOT NULL,
        started_by VARCHAR(256) NULL,
        started_at DATETIME(6) NULL,
        reason VARCHAR(500) NULL,
        ended_at DATETIME(6) NULL,
        updated_at DATETIME(6) NOT NULL,
        holder BINARY(16) NULL,
        held_until DATETIME(6) NULL,
        PRIMARY KEY (id),
        UNIQUE KEY replay_id (replay_id),
        KEY state (state),
        KEY updated_at (updated_at)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    // What became of an item is told by how far its job is: no row is written when it is replayed.
    await runner.query(`
      CREATE TABLE IF NOT EXISTS replay_item (
        job_id BIGINT UNSIGNED NOT NULL,
        case_id BIGINT UNSIGNED NOT NULL,
        bytes INT UNSIGNED NOT NULL COMMENT 'of its value',
        reason VARCHAR(300) NULL COMMENT 'it is skipped',
        value LONGBLOB NULL COMMENT 'in the place of the value of the case',
        PRIMARY KEY (job_id, case_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    await runner.query(`
      CREATE TABLE IF NOT EXISTS delivery_replay (
        delivery_id BINARY(16) NOT NULL,
        replay_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the newest',
        replay_count INT UNSIGNED NOT NULL,
        topic VARBINARY(249) NOT NULL COMMENT 'of the command that failed first; so are the next ones',
        topic_partition INT NOT NULL,
        record_offset BIGINT NOT NULL,
        record_timestamp DATETIME(6) NULL,
        timestamp_type VARCHAR(20) NOT NULL,
        consumer_group VARBINARY(1020) NULL,
        first_failed_at DATETIME(6) NULL,
        PRIMARY KEY (delivery_id)
      ) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin`);
    // MySQL knows no IF NOT EXISTS for columns and keys: what was done before a kill is looked up.
    if (!(await has(runner, 'COLUMNS', 'COLUMN_NAME', 'replay_id')))
      await runner.query(
        `ALTER TABLE dead_letter ADD COLUMN replay_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NULL
         COMMENT 'the replay that its newest failure came of', ALGORITHM=INSTANT`,
      );
    // A claim moves a case from open to replaying. Lists look for both as one, so no index has to follow: that was half of a replay's time.
    if (!(await has(runner, 'COLUMNS', 'COLUMN_NAME', 'list_state')))
      await runner.query(
        `ALTER TABLE dead_letter
           ADD COLUMN list_state VARCHAR(10) CHARACTER SET ascii COLLATE ascii_bin
             AS (CASE state WHEN 'replaying' THEN 'open' ELSE state END) STORED COMMENT 'as lists look for it',
           ${listKeys.map(([name, columns]) => `DROP KEY ${name}, ADD KEY ${name} (${columns('list_state')})`).join(', ')}`,
      );
    // The overview counts by time and topic, from the index alone. Under its old name, which the release before looks for.
    if (!(await has(runner, 'STATISTICS', "CONCAT(INDEX_NAME, ' ', COLUMN_NAME)", 'failed_at topic')))
      await runner.query('ALTER TABLE dead_letter DROP KEY failed_at, ADD KEY failed_at (failed_at, topic)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE dead_letter DROP KEY failed_at, ADD KEY failed_at (failed_at)');
    await runner.query(
      `ALTER TABLE dead_letter DROP COLUMN replay_id,
         ${listKeys.map(([name, columns]) => `DROP KEY ${name}, ADD KEY ${name} (${columns('state')})`).join(', ')},
         DROP COLUMN list_state`,
    );
    for (const table of ['delivery_replay', 'replay_item', 'replay_job']) await runner.query(`DROP TABLE ${table}`);
  }
}

/** Keys of lists, which end with the state and then the numbers in their order. */
const listKeys: [name: string, columns: (state: string) => string][] = [
  ['state', (state) => `${state}, id, failed_at`],
  ['topic', (state) => `topic, ${state}, id, failed_at`],
  ['error_class', (state) => `error_class, ${state}, id, failed_at`],
  ['topic_class', (state) => `topic, error_class, ${state}, id, failed_at`],
  ['pattern', (state) => `pattern_key, ${state}, id, failed_at`],
];

async function has(runner: QueryRunner, list: 'COLUMNS' | 'STATISTICS', column: string, name: string) {
  const rows: unknown[] = await runner.query(
    `SELECT 1 FROM information_schema.${list}
     WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'dead_letter' AND ${column} = ? LIMIT 1`,
    [name],
  );
  return rows.length > 0;
}
