import { escape as escaped } from 'mysql2';
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
  { into, onDuplicate }: Insert,
  rows: readonly Value[][],
  check?: (affected: number, rows: number) => void,
): Promise<void> {
  const update = onDuplicate ? ` ON DUPLICATE KEY UPDATE ${onDuplicate}` : '';
  for (const part of parts(rows.map(textOf))) {
    const text = `INSERT INTO ${into} VALUES ${part.join(',')}${update}`;
    await transaction.deferText(text, ({ affectedRows }) => check?.(affectedRows, part.length));
  }
}

/**
 * Joined by ourselves, row by row: the driver glues its lists together value by value, which was a quarter of all garbage
 * that a consumer makes.
 */
const textOf = (row: readonly Value[]): string => `(${row.map(literal).join(',')})`;

/** The driver tries for everything else before it comes to bytes. `true` is its `stringifyObjects`, as in `openDatabase`. */
const literal = (value: Value): string =>
  Buffer.isBuffer(value) ? `X'${value.toString('hex')}'` : escaped(value, true);

function* parts(rows: readonly string[]): Generator<string[]> {
  let part: string[] = [];
  let length = 0;
  for (const row of rows) {
    if (part.length > 0 && length + row.length > packetCharacters) {
      yield part;
      part = [];
      length = 0;
    }
    part.push(row);
    length += row.length;
  }
  if (part.length > 0) yield part;
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
