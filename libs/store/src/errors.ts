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

/** Errors that speak of the values, by MySQL's and MariaDB's number. */
const dataErrors = new Set([
  1048, // column cannot be null
  1264, // out of range
  1366, // incorrect string value
  1406, // data too long
  1292, // incorrect datetime value
  3140, // invalid JSON
  4025, // constraint failed (MariaDB)
  3819, // check constraint violated (MySQL)
]);

const conflicts = new Set([
  1205, // lock wait timeout
  1213, // deadlock
]);

interface DriverError {
  errno?: number;
  code: string;
  message: string;
}

function isDriverError(error: unknown): error is DriverError {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string';
}

/** The one place where an error of the driver becomes a verdict. What does not come from the driver is returned as it is. */
export function judge(error: unknown): unknown {
  if (!isDriverError(error) || error.code.startsWith('ERR_')) return error; // ERR_…: Node's own, a bug of ours
  const { errno, code, message } = error;
  if (errno !== undefined && dataErrors.has(errno)) return new DataRefused(message, { cause: error });
  if (errno !== undefined && conflicts.has(errno)) return new TryAgain(message, { cause: error });
  return new DatabaseDown(`${code}: ${message}`, { cause: error });
}
