import { type Outcome, type Outgoing, type Provider } from './provider.js';

/** What a provider may take to end once it is told to. */
const endingMs = 1_000;

/**
 * One attempt within `budgetMs`, whatever the provider does: it is told when its time is over, or when `stopping` is
 * aborted, and left behind if it does not end then. Never rejects.
 */
export async function sendWithin(
  provider: Provider,
  message: Outgoing,
  { budgetMs, stopping }: { budgetMs: number; stopping: AbortSignal },
): Promise<Outcome> {
  // Not AbortSignal.any(): `stopping` lives as long as the process, and would collect what hangs on it.
  const ending = new AbortController();
  const end = () => ending.abort(new Error('stopping'));
  const timer = setTimeout(() => ending.abort(new Error(`no answer within ${budgetMs} ms`)), budgetMs);
  stopping.addEventListener('abort', end, { once: true });
  if (stopping.aborted) end();
  const settled = new AbortController();
  try {
    const outcome = await Promise.race([provider.send(message, ending.signal), overdue(ending.signal, settled.signal)]);
    return 'reason' in outcome ? { ...outcome, reason: withoutAddress(outcome.reason, message.address) } : outcome;
  } catch (error) {
    // Its message may hold anything, an address too.
    const { name = 'something', code = '' } = (error ?? {}) as { name?: string; code?: unknown };
    return { kind: 'ambiguous', reason: `the provider threw ${name} ${String(code)}`.trim() };
  } finally {
    settled.abort();
    clearTimeout(timer);
    stopping.removeEventListener('abort', end);
  }
}

/** Resolves when the provider has not ended in time; never, once it has settled. */
function overdue(ending: AbortSignal, settled: AbortSignal): Promise<Outcome> {
  return new Promise((resolve) => {
    const wait = () => {
      const { message } = ending.reason as Error;
      const leave = () => resolve({ kind: 'ambiguous', reason: `${message}, and the provider did not end` });
      const timer = setTimeout(leave, endingMs);
      settled.addEventListener('abort', () => clearTimeout(timer), { once: true });
    };
    if (ending.aborted) wait();
    else ending.addEventListener('abort', wait, { once: true, signal: settled });
  });
}

/** Providers quote what they were sent; what a reason says is logged. */
export function withoutAddress(reason: string, { email, phone, token }: Outgoing['address']): string {
  let clean = reason;
  for (const address of [email, phone, token])
    if (address) clean = clean.replaceAll(new RegExp(address.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&'), 'gi'), '…');
  return clean;
}
