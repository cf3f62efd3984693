import { setTimeout as sleep } from 'node:timers/promises';
import { type BatchHandler, dead, InfrastructureDown, type Verdict } from './verdict.js';

export interface Patience {
  /** Between attempts of a record that fails by itself, in milliseconds. */
  retryIntervalMs: number;
  /** Retries after the first attempt. */
  retryMaxAttempts: number;
  /** Told once per try while something we depend on is down. */
  onWaiting: (error: InfrastructureDown, waitMs: number) => void;
  onRetry: (error: unknown, attempt: number) => void;
}

/** First wait and longest wait for infrastructure, in milliseconds: short, since recovery counts in seconds. */
const infrastructureWait = { first: 100, longest: 2_000 };

export interface Judged {
  verdict: Verdict;
  /** Attempts of this record by itself, the first included; 1 when the batch went through. */
  attempts: number;
}

/**
 * A batch handler that always ends with a verdict for each item: waits for infrastructure, halves a batch that fails
 * until the item at fault stands alone, and retries that one a bounded number of times. Rejects only by the signal.
 */
export function patient<Item>(handle: BatchHandler<Item>, patience: Patience) {
  const waitFor = async (error: InfrastructureDown, tries: number, signal: AbortSignal) => {
    const waitMs = Math.min(infrastructureWait.first * 2 ** tries, infrastructureWait.longest);
    patience.onWaiting(error, waitMs);
    await sleep(waitMs, undefined, { signal });
  };

  return async function handleAll(items: Item[], signal: AbortSignal): Promise<Judged[]> {
    let attempts = 1;
    for (let waits = 0; ; ) {
      signal.throwIfAborted();
      try {
        return (await handle(items)).map((verdict) => ({ verdict, attempts }));
      } catch (error) {
        if (error instanceof InfrastructureDown) {
          await waitFor(error, waits++, signal);
          continue;
        }
        if (items.length > 1) {
          const middle = items.length >> 1;
          return [
            ...(await handleAll(items.slice(0, middle), signal)),
            ...(await handleAll(items.slice(middle), signal)),
          ];
        }
        patience.onRetry(error, attempts);
        if (attempts > patience.retryMaxAttempts) {
          return [{ verdict: dead('handler', error instanceof Error ? error : new Error(String(error))), attempts }];
        }
        attempts++;
        await sleep(patience.retryIntervalMs, undefined, { signal });
      }
    }
  };
}
