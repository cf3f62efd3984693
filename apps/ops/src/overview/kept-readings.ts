import { type Clock, systemClock } from '@allim/platform';

interface Kept<Result> {
  result: Promise<Result>;
  /** Milliseconds since 1970. */
  until: number;
}

/**
 * What was read a moment ago, for all who ask: whoever asks meanwhile waits for the same reading, and readings of different
 * things follow each other, so that any number of consoles cost one. What was read lasts for `keptMs` from its end; a
 * reading that failed is not kept.
 */
export class KeptReadings<Key, Result> {
  private readonly kept = new Map<Key, Kept<Result>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly read: (key: Key) => Promise<Result>,
    private readonly keptMs: number,
    private readonly clock: Clock = systemClock,
  ) {}

  get(key: Key): Promise<Result> {
    const known = this.kept.get(key);
    if (known && this.clock() < known.until) return known.result;
    const result = this.last.then(() => this.read(key));
    const entry = { result, until: Infinity };
    this.kept.set(key, entry);
    this.last = result.then(
      () => {
        entry.until = this.clock() + this.keptMs;
      },
      () => this.kept.delete(key),
    );
    return result;
  }
}
