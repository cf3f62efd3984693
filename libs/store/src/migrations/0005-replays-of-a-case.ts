import { type MigrationInterface, type QueryRunner } from 'typeorm';

/** In which jobs a case is: its history names them. Only the index is new, so nobody waits for this one. */
export class ReplaysOfACase1764464400000 implements MigrationInterface {
  readonly name = 'ReplaysOfACase1764464400000';

  async up(runner: QueryRunner): Promise<void> {
    // MySQL knows no IF NOT EXISTS for keys: what was done before a kill is looked up.
    const there: unknown[] = await runner.query(
      `SELECT 1 FROM information_schema.STATISTICS
       WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'replay_item' AND INDEX_NAME = 'case_id' LIMIT 1`,
    );
    if (there.length === 0) await runner.query('ALTER TABLE replay_item ADD KEY case_id (case_id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE replay_item DROP KEY case_id');
  }
}
