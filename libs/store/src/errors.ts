/**
 * The database cannot do its work just now (gone, starting, full, read-only, misconfigured): nothing is wrong with
 * what was asked. Wait and ask again.
 */
export class DatabaseDown extends Error {
  override readonly name = 'DatabaseDown';
}

/** The database refuses what was to be written, and will again: a data error. */
export class DataRefused extends Error {
  override readonly name = 'DataRefused';
}

/** Somebody else's transaction was in the way; the same one, taken again, will do. */
export class TryAgain extends Error {
  override readonly name = 'TryAgain';
}

/** Errors that speak of the values, by MySQL's and MariaDB's number: the row is at fault, and will be again. */
const dataErrors = new Set([
  1048, // column cannot be null
  1062, // duplicate key: of what the intake writes only (user, id) can be, where an inbox does not fit its rows
  1118, // row too large
  1264, // out of range
  1265, // data truncated
  1292, // incorrect datetime value
  1300, // invalid character string
  1366, // incorrect string value
  1406, // data too long
  1690, // value out of range
  3140, // invalid JSON
  3819, // check constraint violated (MySQL)
  3988, // conversion from one character set into another
  4025, // constraint failed (MariaDB)
]);

const conflicts = new Set([
  1020, // record has changed since last read (MariaDB)
  1205, // lock wait timeout
  1213, // deadlock
  3101, // rolled back by Group Replication
]);

interface DriverError extends Error {
  errno?: number;
  code?: string;
}

/**
 * The one place where an error of a statement becomes a verdict: the data's, another transaction's, or else the
 * database's. Only a programming error is returned as it is.
 */
export function judge(error: unknown): unknown {
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) return error;
  const { errno, code, message } = error as DriverError;
  if (errno !== undefined && dataErrors.has(errno)) return new DataRefused(message, { cause: error });
  if (errno !== undefined && conflicts.has(errno)) return new TryAgain(message, { cause: error });
  return new DatabaseDown(code ? `${code}: ${message}` : message, { cause: error });
}
