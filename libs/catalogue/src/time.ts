const iso =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d{2}):?(\d{2})?)?)?$/i;

/**
 * A publisher's time as ISO-8601 in UTC with `Z`, at least milliseconds and every digit of a finer fraction. Takes
 * ISO-8601 text with or without a zone (without = UTC), or Jackson's array `[year, month, day, hour?, minute?, second?,
 * nanosecond?]` (UTC). Undefined when it is neither, or no such moment exists (February 30, hour 24).
 */
export function readTime(value: unknown): string | undefined {
  if (Array.isArray(value)) return fromArray(value);
  if (typeof value !== 'string') return undefined;
  const match = iso.exec(value);
  if (match === null) return undefined;
  const [, year, month, day, hour = '0', minute = '0', second = '0', fraction = '', , sign, zoneHour, zoneMinute] =
    match;
  const offset = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * (sign === '-' ? -1 : 1);
  if (Math.abs(offset) > 18 * 60 || Number(zoneMinute ?? 0) > 59) return undefined;
  return moment([year, month, day, hour, minute, second].map(Number), fraction, offset);
}

function fromArray(parts: unknown[]): string | undefined {
  if (parts.length < 3 || parts.length > 7 || !parts.every((part) => Number.isInteger(part) && Number(part) >= 0)) {
    return undefined;
  }
  const nanoseconds = Number(parts[6] ?? 0);
  if (nanoseconds > 999_999_999) return undefined;
  return moment(parts.slice(0, 6).map(Number), String(nanoseconds).padStart(9, '0'), 0);
}

function moment(parts: number[], fraction: string, offsetMinutes: number): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  if (year < 1 || year > 9999 || hour > 23 || minute > 59 || second > 59) return undefined;
  // Not Date.UTC: it takes years below 100 for 19xx.
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return undefined;
  date.setUTCHours(hour, minute - offsetMinutes, second);
  if (date.getUTCFullYear() < 1 || date.getUTCFullYear() > 9999) return undefined;
  return `${date.toISOString().slice(0, 19)}.${fraction.replace(/0+$/, '').padEnd(3, '0')}Z`;
}
