import { type Session, type Value } from './database.js';

/** Characters of one statement, about: well below what any server takes for a packet (`max_allowed_packet`), whatever a row holds. */
const longest = 262_144;
/** Keys of one look-up: a planner that gets more may turn to a scan. */
export const keysAtOnce = 500;

/** Inserts all rows, in their order, in multi-row statements: one, unless it would be too long. Answers the affected rows. */
export async function insertRows(
  session: Session,
  statement: { into: string; onDuplicate?: string },
  rows: readonly Value[][],
): Promise<number> {
  const end = statement.onDuplicate ? `ON DUPLICATE KEY UPDATE ${statement.onDuplicate}` : '';
  let affected = 0;
  for (let start = 0; start < rows.length; ) {
    const next = endOfStatement(rows, start);
    const part = next - start === rows.length ? rows : rows.slice(start, next);
    affected += (await session.query(`INSERT INTO ${statement.into} VALUES ? ${end}`, [part])).affectedRows;
    start = next;
  }
  return affected;
}

function endOfStatement(rows: readonly Value[][], start: number): number {
  let length = 0;
  for (let index = start; index < rows.length; index++) {
    for (const value of rows[index]!) length += typeof value === 'string' ? value.length : 16;
    if (length > longest && index > start) return index;
  }
  return rows.length;
}

/** Reads the rows of all keys (`select … WHERE key IN`); no order. */
export async function selectByKeys<Row>(
  session: Session,
  select: string,
  keys: readonly (string | Buffer)[],
): Promise<Row[]> {
  const found: Row[] = [];
  for (let start = 0; start < keys.length; start += keysAtOnce) {
    const part = keys.slice(start, start + keysAtOnce);
    found.push(...(await session.query<Row[]>(`${select} (?)`, [part])));
  }
  return found;
}

/** A moment (milliseconds since 1970, a Date, or ISO-8601 with `Z`) as the text of a DATETIME(6). */
export const datetime = (moment: number | Date | string): string =>
  (typeof moment === 'string' ? moment : new Date(moment).toISOString()).slice(0, -1).replace('T', ' ');
