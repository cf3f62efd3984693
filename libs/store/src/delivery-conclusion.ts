import { attemptOfRound, type Channel, channels, type DeliveryState } from '@allim/contracts';

/**
 * What became of an attempt, as the channel app has judged it: how often to try and how long to wait is its business.
 * `reason` is kept for operators and never holds an address or a token; `dueAt` is when to try again.
 */
export type Conclusion =
  | { kind: 'accepted' | 'delivered'; providerMessageId: string | null }
  /** Never. Also the last of the temporary ones. */
  | { kind: 'permanent'; reason: string }
  | { kind: 'temporary'; reason: string; dueAt: Date }
  /** Tried again where the channel's policy allows it, else parked. */
  | { kind: 'ambiguous'; reason: string; dueAt: Date }
  /** The attempt does not count. */
  | { kind: 'infrastructure'; reason: string; dueAt: Date };

/** What a delivery row becomes. */
export interface Concluded {
  state: DeliveryState;
  attempts: number;
  dueAt: Date;
  reason: string | null;
  providerMessageId: string | null;
}

/** @param delivery as it was sent: `attempts` counts this one */
export function conclude(
  delivery: { channel: Channel; attempts: number },
  conclusion: Conclusion,
  now: Date,
): Concluded {
  const { attempts, channel } = delivery;
  const nothing = { attempts, dueAt: now, reason: null, providerMessageId: null };
  switch (conclusion.kind) {
    case 'accepted':
    case 'delivered':
      return { ...nothing, state: conclusion.kind, providerMessageId: fit(conclusion.providerMessageId, 255) };
    case 'permanent':
      return { ...nothing, state: 'undeliverable', reason: fit(conclusion.reason, 300) };
    case 'temporary':
      return { ...nothing, state: 'queued', dueAt: conclusion.dueAt, reason: fit(conclusion.reason, 300) };
    case 'infrastructure':
      return {
        ...nothing,
        state: 'queued',
        attempts: Math.max(0, attempts - 1),
        dueAt: conclusion.dueAt,
        reason: fit(conclusion.reason, 300),
      };
    case 'ambiguous': {
      const state = afterAmbiguity(channel, attempts);
      const dueAt = state === 'queued' ? conclusion.dueAt : now;
      return { ...nothing, state, dueAt, reason: fit(conclusion.reason, 300) };
    }
  }
}

/**
 * Where a delivery goes that may have been sent. Also where the policy is to retry, only while attempts are left: one
 * that kills its workers would go round for ever.
 */
export function afterAmbiguity(channel: Channel, attempts: number): 'queued' | 'unknown' {
  const settings = channels[channel];
  return settings.whenAmbiguous === 'retry' && attemptOfRound(channel, attempts) < settings.attempts
    ? 'queued'
    : 'unknown';
}

/** Cut, not refused: a provider's long answer must not keep us from noting what it said. */
export function fit(text: string | null, most: number): string | null {
  return text === null || text.length <= most ? text : [...text].slice(0, most).join('');
}
