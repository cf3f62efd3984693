import { backoffMs, conclude } from './conclusion.js';
import { type Outcome } from './provider.js';

const now = Date.parse('2026-02-06T10:00:00Z');
const first = { channel: 'email', attempt: 1 } as const;
const last = { channel: 'email', attempt: 6 } as const;
const almostOne = 1 - Number.EPSILON;
const later = (ms: number) => new Date(now + ms);

describe('backoffMs', () => {
  it('is anything from nothing to a bound that grows fourfold, up to an hour', () => {
    expect([1, 2, 3, 4, 5, 6, 40].map((attempt) => backoffMs(attempt, almostOne))).toEqual([
      10_000, 40_000, 160_000, 640_000, 2_560_000, 3_600_000, 3_600_000,
    ]);
    expect([1, 5, 40].map((attempt) => backoffMs(attempt, 0))).toEqual([0, 0, 0]);
    expect(backoffMs(2, 0.5)).toBe(20_000);
  });

  it('is never before Retry-After, and spreads those who were told the same', () => {
    expect(backoffMs(1, 0, 60_000)).toBe(60_000);
    expect(backoffMs(1, 0.5, 60_000)).toBe(63_000);
    expect(backoffMs(3, almostOne, 60_000)).toBe(160_000);
    expect(backoffMs(1, 0, 7_200_000)).toBe(7_200_000); // beyond the bound of an hour
    expect(backoffMs(1, 0, -5)).toBe(0);
    expect(backoffMs(1, 0, 1e12)).toBe(86_400_000);
  });
});

describe('conclude', () => {
  it('keeps what the provider has, with its message id', () => {
    for (const kind of ['accepted', 'delivered'] as const)
      expect(conclude({ kind, providerMessageId: 'x' }, last, now, 0)).toEqual({ kind, providerMessageId: 'x' });
  });

  it('tries a temporary one again, until its attempts are used up', () => {
    const busy: Outcome = { kind: 'temporary', reason: '451 busy', retryAfterMs: 30_000 };
    expect(conclude(busy, { ...last, attempt: 5 }, now, 0)).toEqual({
      kind: 'temporary',
      reason: '451 busy',
      dueAt: later(30_000),
    });
    expect(conclude(busy, last, now, 0)).toEqual({ kind: 'permanent', reason: 'attempts used up: 451 busy' });
    expect(conclude(busy, { channel: 'push', attempt: 5 }, now, 0).kind).toBe('permanent');
  });

  it('gives one that was replayed as many attempts again, from the shortest wait on', () => {
    const busy: Outcome = { kind: 'temporary', reason: '451 busy' };
    const after = (attempt: number) => conclude(busy, { channel: 'email', attempt }, now, 0.5);
    expect(after(7)).toEqual({ ...after(1), dueAt: later(5_000) });
    expect([11, 12].map((attempt) => after(attempt).kind)).toEqual(['temporary', 'permanent']);
  });

  it('never tries a permanent one again, however few its attempts', () => {
    expect(conclude({ kind: 'permanent', reason: '550', forgetToken: true }, first, now, 0)).toEqual({
      kind: 'permanent',
      reason: '550',
    });
  });

  it('leaves it to the store what an ambiguous one becomes, and says when to try again', () => {
    expect(conclude({ kind: 'ambiguous', reason: 'cut' }, last, now, 0.5)).toEqual({
      kind: 'ambiguous',
      reason: 'cut',
      dueAt: later(1_800_000),
    });
  });

  it('tries again soon what met a provider that is down, but not before Retry-After', () => {
    const down: Outcome = { kind: 'infrastructure', reason: 'AUTH' };
    expect(conclude(down, last, now, 0)).toEqual({ kind: 'infrastructure', reason: 'AUTH', dueAt: later(1_000) });
    expect(conclude(down, last, now, 0.5)).toMatchObject({ dueAt: later(3_000) });
    expect(conclude({ ...down, retryAfterMs: 60_000 }, last, now, 0)).toMatchObject({ dueAt: later(60_000) });
  });

  it('cuts a long reason between characters', () => {
    const { reason } = conclude({ kind: 'permanent', reason: '🎁'.repeat(400) }, first, now, 0) as { reason: string };
    expect([...reason]).toHaveLength(300);
    expect(reason.isWellFormed()).toBe(true);
    expect(reason.endsWith('🎁…')).toBe(true);
  });
});
