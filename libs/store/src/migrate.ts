import { DataSource } from 'typeorm';
import { openDatabase, withSession } from './database.js';
import { DatabaseDown } from './errors.js';
import { migrations } from './migrations/index.js';

const lockName = 'allim.migrate';
const lockWaitSeconds = 60;

/**
 * Brings the schema up to date and answers the names of the migrations that were applied (none: []). Several programs
 * may start at once: the first does it, the others wait for it. Throws a DatabaseDown when the lock is not free in time.
 */
export async function migrate(url: string): Promise<string[]> {
  const database = await openDatabase({ url, connections: 1 });
  try {
    return await withSession(database, async (session) => {
      const [lock] = await session.query<{ taken: number | string | null }[]>(
        'SELECT GET_LOCK(?, ?) AS taken',
        [lockName, lockWaitSeconds],
        (lockWaitSeconds + 5) * 1000,
      );
      // A number from MariaDB; MySQL's is a BIGINT, which comes as a text.
      if (Number(lock?.taken) !== 1)
        throw new DatabaseDown(`another migration has been running for ${lockWaitSeconds} s`);
      try {
        return await runMigrations(url);
      } finally {
        await session.query('DO RELEASE_LOCK(?)', [lockName]);
      }
    });
  } finally {
    await database.destroy();
  }
}

async function runMigrations(url: string): Promise<string[]> {
  const source = new DataSource({ type: 'mysql', url, migrations, migrationsTableName: 'migration' });
  await source.initialize();
  try {
    return (await source.runMigrations({ transaction: 'none' })).map((migration) => migration.name);
  } finally {
    await source.destroy();
  }
}
