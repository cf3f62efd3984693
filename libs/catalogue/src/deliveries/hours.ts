/** A part of every day, in minutes since midnight; `until` itself not included, `from` after `until` spans midnight. */
export interface DailyHours {
  from: number;
  until: number;
}

const minuteMs = 60_000;
const minutesPerDay = 1_440;

/** What a clock on the wall of a zone shows. */
export interface WallClock {
  /** The zone's name as Intl writes it. */
  zone: string;
  /** Minutes since midnight, at a moment in milliseconds since 1970. */
  minuteOfDay(at: number): number;
}

/** Where a zone's name is none that Intl knows: an event must not fail because of a contact. */
const fallbackZone = 'Asia/Seoul';

// A formatter takes 50 µs and 25 KB to make, and 1 µs to use. There are some 600 zones by all their names; bounded,
// because Intl takes every spelling ("asia/SEOUL").
const mostClocks = 1_000;
const clocks = new Map<string, WallClock>();

export function wallClock(zone: string): WallClock {
  let clock = clocks.get(zone);
  if (clock === undefined) {
    if (clocks.size === mostClocks) clocks.clear();
    clock = clockOf(formatter(zone) ?? formatter(fallbackZone)!);
    clocks.set(zone, clock);
  }
  return clock;
}

function formatter(timeZone: string): Intl.DateTimeFormat | undefined {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function clockOf(format: Intl.DateTimeFormat): WallClock {
  return {
    zone: format.resolvedOptions().timeZone,
    minuteOfDay(at) {
      const text = format.format(at);
      return Number(text.slice(0, 2)) * 60 + Number(text.slice(3, 5));
    },
  };
}

export function isWithin({ from, until }: DailyHours, minute: number): boolean {
  return from <= until ? minute >= from && minute < until : minute >= from || minute < until;
}

/**
 * The first moment, not before `earliest`, at which the clock shows a time outside all those hours. Where clocks are
 * changed, what the clock shows is what counts: hours whose end is skipped are over at the change, an end that comes
 * twice ends them at the first. Null when the hours leave no moment of the day.
 */
export function firstOutside(hours: readonly DailyHours[], clock: WallClock, earliest: Date): Date | null {
  const first = earliest.getTime();
  // A day repeats itself; the second one is for the clocks' change.
  const last = first + 2 * minutesPerDay * minuteMs;
  for (let at = first; at <= last; ) {
    const minute = clock.minuteOfDay(at);
    const around = hours.find((one) => isWithin(one, minute));
    if (around === undefined) return new Date(at);
    at = endOf(around, clock, at, minute);
  }
  return null;
}

/** When those hours end that are at `at`, or when the clock is changed, whichever is first. */
function endOf({ until }: DailyHours, clock: WallClock, at: number, minute: number): number {
  // The offsets of today's zones are whole minutes.
  const start = Math.floor(at / minuteMs);
  const left = (until - minute + minutesPerDay) % minutesPerDay || minutesPerDay;
  const goesOn = (passed: number) =>
    clock.minuteOfDay((start + passed) * minuteMs) === (minute + passed) % minutesPerDay;
  let [even, changed] = [0, left];
  if (goesOn(left)) return (start + left) * minuteMs;
  while (changed - even > 1) {
    const middle = (even + changed) >> 1;
    if (goesOn(middle)) even = middle;
    else changed = middle;
  }
  return (start + changed) * minuteMs;
}
