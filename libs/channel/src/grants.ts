/** One second, in the milliseconds of the clock that a window is asked with. */
export const windowMs = 1_000;

/** Something that was allowed, until it has left the window. */
export interface Entry {
  /** The last moment at which it may be used; later where its use took longer. */
  usableUntil: number;
}

/**
 * What one worker was granted lately. An entry counts until one second after the last moment at which it may be used: so
 * never are more used in any second, wherever it begins, than `allowed` lets be granted.
 */
export class Grants {
  private entries: Entry[] = [];

  /** How many of `wanted` are allowed now when a sliding second may hold `limit`. */
  room(wanted: number, limit: number, now: number): number {
    this.forget(now);
    return Math.max(0, Math.min(wanted, limit - this.entries.length));
  }

  /** Milliseconds until `room` answers more than nothing. */
  waitMs(limit: number, now: number): number {
    const ends = this.entries.map(({ usableUntil }) => usableUntil + windowMs).sort((one, other) => one - other);
    const next = ends[Math.max(0, ends.length - limit)];
    return next === undefined ? 0 : Math.max(0, next - now);
  }

  add(count: number, usableUntil: number, now: number): Entry[] {
    this.forget(now);
    const added = Array.from({ length: count }, () => ({ usableUntil }));
    this.entries.push(...added);
    return added;
  }

  private forget(now: number): void {
    this.entries = this.entries.filter(({ usableUntil }) => usableUntil > now - windowMs);
  }

  remove(unused: readonly Entry[]): void {
    const gone = new Set(unused);
    this.entries = this.entries.filter((entry) => !gone.has(entry));
  }
}
