import { useStack } from '@allim/testing';
import {
  type Database,
  inTransaction,
  openDatabase,
  packetCharacters,
  type Transaction,
  withSession,
} from './database.js';
import { deferRows } from './statement.js';

const stack = useStack({ kafka: false, redis: false });
let database: Database;

beforeAll(async () => {
  database = await openDatabase({ url: stack.databaseUrl, connections: 1 });
  await withSession(database, (session) =>
    session.query('CREATE TABLE noted (place INT AUTO_INCREMENT PRIMARY KEY, word VARCHAR(10) NOT NULL)'),
  );
});
afterAll(() => database?.destroy());
beforeEach(() => withSession(database, (session) => session.query('TRUNCATE noted')));

const insert = (transaction: Transaction, all: readonly string[], check?: (affected: number) => void) =>
  deferRows(
    transaction,
    { into: 'noted (word)' },
    all.map((word) => [word]),
    check,
  );
const words = () =>
  withSession(database, async (session) => {
    const rows = await session.query<{ word: string }[]>('SELECT word FROM noted ORDER BY place');
    return rows.map(({ word }) => word);
  });

describe('what a transaction defers', () => {
  it('is written before the next query, in order, and each check sees its own', async () => {
    const written: number[] = [];
    const seen = await inTransaction(database, async (transaction) => {
      const note = (...all: string[]) => insert(transaction, all, (affected) => void written.push(affected));
      await note('a');
      await note('b;c', "d'?");
      const [row] = await transaction.query<{ n: number }[]>('SELECT COUNT(*) AS n FROM noted');
      await note('e');
      return Number(row?.n);
    });
    expect({ seen, written, words: await words() }).toEqual({
      seen: 3,
      written: [1, 2, 1],
      words: ['a', 'b;c', "d'?", 'e'],
    });
  });

  it('keeps the COMMIT behind it from the server when it fails', async () => {
    const saving = inTransaction(database, async (transaction) => {
      await insert(transaction, ['kept out']);
      await insert(transaction, ['longer than ten characters']);
      await insert(transaction, ['never']);
    });
    await expect(saving).rejects.toThrow(expect.objectContaining({ name: 'DataRefused' }));
    expect(await words()).toEqual([]);
  });

  it('is taken back when its check throws', async () => {
    const saving = inTransaction(database, async (transaction) => {
      await insert(transaction, ['a'], () => {
        throw new RangeError('not as it should be');
      });
      await transaction.query('SELECT 1');
    });
    await expect(saving).rejects.toThrow('not as it should be');
    expect(await words()).toEqual([]);
  });

  it('is forgotten when the work fails before it was sent', async () => {
    const saving = inTransaction(database, async (transaction) => {
      await insert(transaction, ['longer than ten characters']);
      throw new RangeError('given up');
    });
    await expect(saving).rejects.toThrow('given up');
    await inTransaction(database, (transaction) => insert(transaction, ['next']));
    expect(await words()).toEqual(['next']);
  });

  it('goes out before a prepared statement, too', async () => {
    await inTransaction(database, async (transaction) => {
      await insert(transaction, ['first']);
      await transaction.execute('INSERT INTO noted (word) VALUES (?)', ['second']);
    });
    expect(await words()).toEqual(['first', 'second']);
  });

  it('is split into packets that every server takes', async () => {
    const many = Array.from({ length: packetCharacters / 8 }, (_, index) => `${index % 10}`); // ('0'), and so on
    await inTransaction(database, async (transaction) => {
      for (let time = 0; time < 3; time++) await insert(transaction, many);
    });
    expect(await words()).toHaveLength(3 * many.length);
  });

  it('takes an object among the values for one text, and never for SQL', async () => {
    const saving = inTransaction(database, (transaction) => insert(transaction, [{ place: 1 } as never]));
    await expect(saving).rejects.toThrow(expect.objectContaining({ name: 'DataRefused' })); // longer than ten characters
    expect(await words()).toEqual([]);
  });
});
