import { type Database, withSession } from './database.js';
import { datetime } from './statement.js';

/** Cases of one topic that failed last within one step. */
export interface DeadLetterStep {
  topic: string;
  /** 0 begins at `from`. */
  step: number;
  count: number;
}

/**
 * Counts the cases that failed last from `from` on and before `until`, by topic and in steps of time; steps without any are
 * not in it, no order. Reads an index alone, but all of it that lies between: half a second for a million cases.
 * Throws a DatabaseDown.
 */
export async function deadLetterSteps(
  database: Database,
  { from, until, stepSeconds }: { from: Date; until: Date; stepSeconds: number },
): Promise<DeadLetterStep[]> {
  const rows = await withSession(database, (session) =>
    session.query<{ topic: Buffer; nth: string; cases: string }[]>(
      `SELECT topic, TIMESTAMPDIFF(SECOND, ?, failed_at) DIV ? AS nth, COUNT(*) AS cases
       FROM dead_letter FORCE INDEX (failed_at) WHERE failed_at >= ? AND failed_at < ? GROUP BY topic, nth`,
      [datetime(from), stepSeconds, datetime(from), datetime(until)],
    ),
  );
  return rows.map(({ topic, nth, cases }) => ({ topic: topic.toString(), step: Number(nth), count: Number(cases) }));
}
