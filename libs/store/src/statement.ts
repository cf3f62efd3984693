import { packetCharacters, type Session, type Transaction, type Value } from './database.js';

/** Keys of one look-up: a planner that gets more may turn to a scan. */
export const keysAtOnce = 500;

interface Insert {
  /** Table and columns. */
  into: string;
  onDuplicate?: string;
}

/**
 * Defers an insert of all rows, in their order, in multi-row statements: one, unless it would be too long. `check` is told
 * how many rows of a statement were affected, and how many it had.
 */
export async function deferRows(
  transaction: Transaction,
  insert: Insert,
  rows: readonly Value[][],
  check?: (affected: number, rows: number) => void,
): Promise<void> {
  for (const part of parts(rows))
    await transaction.defer(textOf(insert), [part], ({ affectedRows }) => check?.(affectedRows, part.length));
}

const textOf = ({ into, onDuplicate }: Insert) =>
  `INSERT INTO ${into} VALUES ?${onDuplicate ? ` ON DUPLICATE KEY UPDATE ${onDuplicate}` : ''}`;

function* parts(rows: readonly Value[][]): Generator<readonly Value[][]> {
  for (let start = 0; start < rows.length; ) {
    const end = endOfStatement(rows, start);
    yield end - start === rows.length ? rows : rows.slice(start, end);
    start = end;
  }
}

function endOfStatement(rows: readonly Value[][], start: number): number {
  let length = 0;
  for (let index = start; index < rows.length; index++) {
    for (const value of rows[index]!) length += charactersOf(value);
    if (length > packetCharacters && index > start) return index;
  }
  return rows.length;
}

/** Bytes are written in hexadecimal. */
function charactersOf(value: Value): number {
  if (typeof value === 'string') return value.length;
  return Buffer.isBuffer(value) ? 2 * value.length : 16;
}

/** Reads the rows of all keys (`select … WHERE key IN`); no order. */
export async function selectByKeys<Row>(
  session: Session,
  select: string,
  keys: readonly (string | Buffer)[],
): Promise<Row[]> {
  const found: Row[] = [];
  for (const part of keyParts(keys)) found.push(...(await session.query<Row[]>(`${select} (?)`, [part])));
  return found;
}

/** As many of them at a time as one look-up takes. */
export function* keyParts<Key>(keys: readonly Key[]): Generator<readonly Key[]> {
  for (let start = 0; start < keys.length; start += keysAtOnce) yield keys.slice(start, start + keysAtOnce);
}

/** A moment (milliseconds since 1970, a Date, or ISO-8601 with `Z`) as the text of a DATETIME(6). */
export const datetime = (moment: number | Date | string): string =>
  (typeof moment === 'string' ? moment : new Date(moment).toISOString()).slice(0, -1).replace('T', ' ');
