/** What a list is narrowed to; what is not set does not narrow. */
export interface Filter {
  /** Part of a recipient: of an address or a name, or of a push's token or topic. Case does not count. */
  to?: string;
  /** Part of the subject, or of a push's title. Case does not count. */
  subject?: string;
  /** Received at this time or later: ISO 8601, a Date, or milliseconds since 1970. */
  since?: string | number | Date;
}

export interface Listed {
  /** ISO 8601, UTC, with milliseconds. */
  readonly receivedAt: string;
  readonly recipients: readonly string[];
  readonly heading: string;
}

/** @throws RangeError when `since` is no time */
export function matching({ to, subject, since }: Filter): (one: Listed) => boolean {
  const from = since === undefined ? Number.NEGATIVE_INFINITY : timeOf(since);
  const within = (part: string | undefined, ...texts: readonly string[]) =>
    part === undefined || texts.some((text) => text.toLowerCase().includes(part.toLowerCase()));
  return ({ receivedAt, recipients, heading }) =>
    Date.parse(receivedAt) >= from && within(to, ...recipients) && within(subject, heading);
}

function timeOf(since: string | number | Date): number {
  const ms = typeof since === 'string' && /^\d+$/.test(since) ? Number(since) : new Date(since).getTime();
  if (Number.isNaN(ms)) throw new RangeError('expected `since` to be a time, as ISO 8601 or milliseconds since 1970');
  return ms;
}
