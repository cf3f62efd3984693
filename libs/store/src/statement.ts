import { type Session, type Value } from './database.js';

/**
 * Rows of one multi-row statement: a full batch in one, others in few (21 rows are 16 + 4 + 1), and not so many sizes
 * that the server would have to keep a statement for every number. A round trip costs as much as 10 to 20 rows.
 */
const sizes = [500, 256, 128, 64, 32, 16, 8, 4, 2, 1] as const;

/** Characters of one statement, about: well below what any server takes for a packet (`max_allowed_packet`), whatever a row holds. */
const longest = 262_144;

const shapes = new Map<string, string>();

function shape(start: string, row: string, count: number, end: string): string {
  const key = `${count} ${start}`;
  let sql = shapes.get(key);
  if (sql === undefined) {
    sql = `${start} ${Array(count).fill(row).join(',')} ${end}`;
    shapes.set(key, sql);
  }
  return sql;
}

/**
 * Inserts all rows, in their order, as few prepared multi-row statements. Answers the affected rows. `row` is one row of
 * VALUES, a `?` for each of its values: what need not be a parameter should not be one, for they cost most of our time.
 */
export async function insertRows(
  session: Session,
  statement: { into: string; row: string; onDuplicate?: string },
  rows: readonly (readonly Value[])[],
): Promise<number> {
  const end = statement.onDuplicate ? `ON DUPLICATE KEY UPDATE ${statement.onDuplicate}` : '';
  let affected = 0;
  for (let done = 0; done < rows.length; ) {
    const size = sizes.find((candidate) => fits(rows, done, candidate)) ?? 1;
    const sql = shape(`INSERT INTO ${statement.into} VALUES`, statement.row, size, end);
    affected += (await session.execute(sql, rows.slice(done, done + size).flat())).affectedRows;
    done += size;
  }
  return affected;
}

function fits(rows: readonly (readonly Value[])[], start: number, size: number): boolean {
  if (start + size > rows.length) return false;
  let length = 0;
  for (let index = start; index < start + size; index++)
    for (const value of rows[index]!) if (typeof value === 'string') length += value.length;
  return length <= longest;
}

/** Reads the rows of all keys (`select … WHERE key IN`); no order. The list is filled up with its last key to one of the sizes. */
export async function selectByKeys<Row>(
  session: Session,
  select: string,
  keys: readonly (string | Buffer)[],
): Promise<Row[]> {
  const found: Row[] = [];
  for (let done = 0; done < keys.length; done += sizes[0]) {
    const part = keys.slice(done, done + sizes[0]);
    const size = sizes.findLast((candidate) => candidate >= part.length) ?? sizes[0];
    const filled = [...part, ...Array<string | Buffer>(size - part.length).fill(part.at(-1) as string | Buffer)];
    found.push(...(await session.execute<Row[]>(`${shape(`${select} (`, '?', size, '')})`, filled)));
  }
  return found;
}
