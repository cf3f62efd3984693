import { setTimeout as pause } from 'node:timers/promises';

/** Looks until the fact holds and answers after how many milliseconds; null when it did not within the time. A throw is "not yet". */
export async function until(
  fact: () => boolean | Promise<boolean>,
  { withinMs, everyMs = 50 }: { withinMs: number; everyMs?: number },
): Promise<number | null> {
  const began = Date.now();
  for (;;) {
    try {
      if (await fact()) return Date.now() - began;
    } catch {
      // not yet
    }
    if (Date.now() - began >= withinMs) return null;
    await pause(everyMs);
  }
}
