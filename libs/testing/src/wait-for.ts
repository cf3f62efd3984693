import { setTimeout as pause } from 'node:timers/promises';

export interface WaitOptions {
  /** what is waited for, for the error: "the notification to arrive" */
  what: string;
  /** default: 10 s */
  timeoutMs?: number;
  /** how often it is looked at; default: 20 ms */
  everyMs?: number;
}

/**
 * Looks until the fact holds, that is, until `fact` answers something truthy, and answers that.
 * A throwing `fact` (a failed `expect` too) counts as "not yet".
 *
 * @throws when the time is over, with what was waited for and the last answer or error
 */
export async function waitFor<T>(
  fact: () => T | Promise<T>,
  { what, timeoutMs = 10_000, everyMs = 20 }: WaitOptions,
): Promise<Exclude<T, false | 0 | '' | null | undefined>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    let seen: unknown;
    let cause: unknown;
    try {
      const answer = await fact();
      if (answer) return answer as Exclude<T, false | 0 | '' | null | undefined>;
      seen = String(answer);
    } catch (error) {
      cause = error;
      seen = error instanceof Error ? error.message : error;
    }
    if (Date.now() >= deadline) throw new Error(`Waited ${timeoutMs} ms for ${what}; last seen: ${seen}`, { cause });
    await pause(everyMs);
  }
}
