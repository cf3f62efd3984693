import { type Database, withSession } from '../database.js';

/**
 * How many transactions wait for a row that another one holds. Not to be asked more often than every 150 ms: the server answers
 * what it knew before, and makes the table anew only after nobody has read it for 100 ms.
 */
export const lockWaits = (database: Database): Promise<number> =>
  withSession(database, async (session) => {
    const sql = "SELECT 1 FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'";
    return (await session.query<unknown[]>(sql)).length;
  });
