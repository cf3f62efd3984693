import { channels, deliveryMoves } from '@allim/contracts';
import { afterAmbiguity, type Conclusion, conclude } from './delivery-conclusion.js';

const now = new Date('2026-02-06T10:00:00Z');
const dueAt = new Date('2026-02-06T10:05:00Z');
const conclusions: Conclusion[] = [
  { kind: 'accepted', providerMessageId: 'm-1' },
  { kind: 'delivered', providerMessageId: null },
  { kind: 'permanent', reason: 'no such mailbox' },
  { kind: 'temporary', reason: '451', dueAt },
  { kind: 'ambiguous', reason: 'cut after the body', dueAt },
  { kind: 'infrastructure', reason: 'AUTH failed', dueAt },
];
const nothing = { attempts: 2, dueAt: now, reason: null, providerMessageId: null };

describe('a conclusion', () => {
  it.each<[string, object]>([
    ['accepted', { ...nothing, state: 'accepted', providerMessageId: 'm-1' }],
    ['delivered', { ...nothing, state: 'delivered' }],
    ['permanent', { ...nothing, state: 'undeliverable', reason: 'no such mailbox' }],
    ['temporary', { ...nothing, state: 'queued', reason: '451', dueAt }],
    ['ambiguous', { ...nothing, state: 'queued', reason: 'cut after the body', dueAt }],
    ['infrastructure', { ...nothing, state: 'queued', reason: 'AUTH failed', dueAt, attempts: 1 }],
  ])('%s says what the delivery becomes', (kind, expected) => {
    const conclusion = conclusions.find((one) => one.kind === kind)!;
    expect(conclude({ channel: 'email', attempts: 2 }, conclusion, now)).toEqual(expected);
  });

  it('only ever makes a move that a delivery which is being sent may make', () => {
    for (const channel of ['email', 'sms'] as const) {
      for (const conclusion of conclusions) {
        const { state } = conclude({ channel, attempts: 1 }, conclusion, now);
        expect(deliveryMoves.sending).toContain(state);
      }
    }
  });

  it('cuts what its columns would not hold, between characters', () => {
    const permanent = conclude({ channel: 'email', attempts: 1 }, { kind: 'permanent', reason: '🎁'.repeat(301) }, now);
    expect(permanent.reason).toBe('🎁'.repeat(300));
    const accepted = { kind: 'accepted', providerMessageId: 'x'.repeat(256) } as const;
    expect(conclude({ channel: 'email', attempts: 1 }, accepted, now).providerMessageId).toBe('x'.repeat(255));
  });
});

describe('when nobody knows whether it was sent', () => {
  it('is tried again where that does no harm, while attempts are left', () => {
    for (const [channel, { attempts, whenAmbiguous }] of Object.entries(channels)) {
      const name = channel as keyof typeof channels;
      expect(afterAmbiguity(name, attempts - 1)).toBe(whenAmbiguous === 'retry' ? 'queued' : 'unknown');
      expect(afterAmbiguity(name, attempts)).toBe('unknown');
    }
  });

  it('is tried again when it was replayed after its attempts were used up, until they are again', () => {
    const { attempts } = channels.email;
    expect(afterAmbiguity('email', attempts + 1)).toBe('queued');
    expect(afterAmbiguity('email', 2 * attempts)).toBe('unknown');
  });

  it('parked, it is not due again', () => {
    const parked = conclude({ channel: 'sms', attempts: 1 }, { kind: 'ambiguous', reason: 'timeout', dueAt }, now);
    expect(parked).toMatchObject({ state: 'unknown', dueAt: now, reason: 'timeout' });
  });
});
