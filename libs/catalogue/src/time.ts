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
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', , sign, zoneHour, zoneMinute] =
    match;
  const offset = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * (sign === '-' ? -1 : 1);
  if (Math.abs(offset) > 18 * 60 || Number(zoneMinute ?? 0) > 59) return undefined;
  return moment(`${year}-${month}-${day}T${hour}:${minute}:${second}`, fraction, offset);
}

function fromArray(parts: unknown[]): string | undefined {
  if (parts.length < 3 || parts.length > 7 || !parts.every((part) => Number.isInteger(part) && Number(part) >= 0)) {
    return undefined;
  }
  const [year, ...rest] = parts.slice(0, 6).map(String);
  const [month, day, hour = '00', minute = '00', second = '00'] = rest.map((part) => part.padStart(2, '0'));
  const nanosecond = Number(parts[6] ?? 0);
  if (nanosecond > 999_999_999) return undefined;
  const seconds = `${year?.padStart(4, '0')}-${month}-${day}T${hour}:${minute}:${second}`;
  return moment(seconds, String(nanosecond).padStart(9, '0'), 0);
}

/** Of `YYYY-MM-DDThh:mm:ss` in a zone that is `offsetMinutes` ahead of UTC. */
function moment(local: string, fraction: string, offsetMinutes: number): string | undefined {
  const at = Date.parse(`${local}Z`);
  // It takes hour 24, and rolls a day over that its month does not have.
  if (Number.isNaN(at) || local.startsWith('24', 11)) return undefined;
  const day = Number(local.slice(8, 10));
  if (day > 28 && new Date(at).getUTCDate() !== day) return undefined;
  const seconds = offsetMinutes === 0 ? local : new Date(at - offsetMinutes * 60_000).toISOString().slice(0, 19);
  // Before year 1, or after 9999, which ISO-8601 writes with a sign.
  if (seconds.startsWith('0000') || seconds[4] !== '-') return undefined;
  return `${seconds}.${fraction === '' ? '000' : fraction.replace(/0+$/, '').padEnd(3, '0')}Z`;
}
