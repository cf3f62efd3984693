import { attemptOfRound, type Channel, channels } from '@allim/contracts';
import { type Conclusion } from '@allim/store';
import { type Outcome } from './provider.js';

/** The columns of a reason are as wide. */
const longestReason = 300;

/** At most so long after the first failed attempt; each further one four times as long: a blip is over in seconds, a mail server that greylists wants minutes. */
const firstBackoffMs = 10_000;
const backoffFactor = 4;
const longestBackoffMs = 3_600_000;
/** A provider that asks for more than a day is not believed. */
const longestRetryAfterMs = 86_400_000;
/** Of what waits for a provider that is down: its breaker holds it up anyway, and no attempt is counted. */
const infrastructureMs = { least: 1_000, most: 5_000 };

export const attemptsUsedUp = 'attempts used up';

/**
 * Milliseconds until the next attempt: full jitter (anything from nothing to the bound) over a bound that grows with each
 * attempt, at most 1 h, but never before Retry-After, and then spread a little, so that not all who were told the same
 * come back at the same moment.
 *
 * @param attempt the one that failed, 1 at the first
 * @param random from 0 to less than 1
 */
export function backoffMs(attempt: number, random: number, retryAfterMs = 0): number {
  const bound = Math.min(firstBackoffMs * backoffFactor ** (attempt - 1), longestBackoffMs);
  return Math.ceil(Math.max(bound * random, spread(retryAfterMs, random)));
}

function spread(retryAfterMs: number, random: number): number {
  return Math.min(Math.max(retryAfterMs, 0), longestRetryAfterMs) * (1 + random / 10);
}

/**
 * What becomes of a delivery after its `attempt` came to `outcome`. The last temporary one is permanent; where nobody knows
 * whether the provider took the last one, the store parks it. Of one that was replayed, its attempts are counted on.
 *
 * @param now milliseconds since 1970 UTC
 * @param random from 0 to less than 1
 */
export function conclude(
  outcome: Outcome,
  delivery: { channel: Channel; attempt: number },
  now: number,
  random: number,
): Conclusion {
  const { channel } = delivery;
  const attempt = attemptOfRound(channel, delivery.attempt);
  switch (outcome.kind) {
    case 'accepted':
    case 'delivered':
      return { kind: outcome.kind, providerMessageId: outcome.providerMessageId };
    case 'permanent':
      return { kind: 'permanent', reason: bounded(outcome.reason) };
    case 'temporary':
      if (attempt >= channels[channel].attempts)
        return { kind: 'permanent', reason: bounded(`${attemptsUsedUp}: ${outcome.reason}`) };
      return {
        kind: 'temporary',
        reason: bounded(outcome.reason),
        dueAt: new Date(now + backoffMs(attempt, random, outcome.retryAfterMs)),
      };
    case 'ambiguous':
      return {
        kind: 'ambiguous',
        reason: bounded(outcome.reason),
        dueAt: new Date(now + backoffMs(attempt, random)),
      };
    case 'infrastructure': {
      const { least, most } = infrastructureMs;
      const waitMs = Math.max(least + (most - least) * random, spread(outcome.retryAfterMs ?? 0, random));
      return { kind: 'infrastructure', reason: bounded(outcome.reason), dueAt: new Date(now + Math.ceil(waitMs)) };
    }
  }
}

/** Cut between characters, never within one: half a surrogate pair has no UTF-8 form. */
function bounded(reason: string): string {
  const characters = [...reason.toWellFormed()];
  return characters.length > longestReason
    ? `${characters.slice(0, longestReason - 1).join('')}…`
    : characters.join('');
}
