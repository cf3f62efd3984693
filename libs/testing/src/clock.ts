/** A clock that stands still until it is moved; call it for the time, in milliseconds since 1970 UTC. */
export interface FixedClock {
  (): number;
  /** @param ms forward; negative is back */
  advance(ms: number): void;
}

/** @param at ISO-8601 with zone */
export function fixedClock(at = '2026-02-06T10:00:00Z'): FixedClock {
  let now = Date.parse(at);
  if (Number.isNaN(now)) throw new Error(`fixedClock wants an ISO-8601 time, not "${at}".`);
  const advance = (ms: number) => {
    now += ms;
  };
  return Object.assign(() => now, { advance });
}
