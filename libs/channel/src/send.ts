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
  const overdue = Promise.withResolvers<Outcome>();
  let leaving: NodeJS.Timeout | undefined;
  const end = (reason: string) => {
    if (ending.signal.aborted) return;
    const left: Outcome = { kind: 'ambiguous', reason: `${reason}, and the provider did not end` };
    leaving = setTimeout(() => overdue.resolve(left), endingMs);
    ending.abort(new Error(reason));
  };
  const stop = () => end('stopping');
  const timer = setTimeout(end, budgetMs, `no answer within ${budgetMs} ms`);
  stopping.addEventListener('abort', stop, { once: true });
  if (stopping.aborted) stop();
  try {
    const outcome = await Promise.race([provider.send(message, ending.signal), overdue.promise]);
    return 'reason' in outcome ? { ...outcome, reason: withoutAddress(outcome.reason, message.address) } : outcome;
  } catch (error) {
    // Its message may hold anything, an address too.
    const { name = 'something', code = '' } = (error ?? {}) as { name?: string; code?: unknown };
    return { kind: 'ambiguous', reason: `the provider threw ${name} ${String(code)}`.trim() };
  } finally {
    clearTimeout(timer);
    clearTimeout(leaving);
    stopping.removeEventListener('abort', stop);
  }
}

/** Providers quote what they were sent; what a reason says is logged. */
export function withoutAddress(reason: string, { email, phone, token }: Outgoing['address']): string {
  let clean = reason;
  for (const address of [email, phone, token])
    if (address) clean = clean.replaceAll(new RegExp(address.replaceAll(/[^\p{L}\p{N}]/gu, '\\$&'), 'gi'), '…');
  return clean;
}
