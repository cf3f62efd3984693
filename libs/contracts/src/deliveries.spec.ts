import {
  attemptOfRound,
  commandTopic,
  deliveryMoves,
  deliveryStates,
  movableTo,
  replayableStates,
  undeliverableTopic,
} from './deliveries.js';

describe('delivery moves', () => {
  it('lead from queued to every state but those that begin there', () => {
    const reached = new Set(['queued']);
    for (const state of reached) for (const next of deliveryMoves[state as 'queued']) reached.add(next);
    expect(deliveryStates.filter((state) => !reached.has(state))).toEqual(['suppressed', 'skipped']);
  });

  it('end: a terminal state leads nowhere', () => {
    for (const state of ['delivered', 'undeliverable', 'expired', 'suppressed', 'skipped'] as const)
      expect(deliveryMoves[state]).toEqual([]);
  });

  it('give each update its guard', () => {
    expect(movableTo('sending')).toEqual(['queued', 'dispatched']);
    expect(movableTo('queued')).toEqual(['dispatched', 'sending']);
    expect(movableTo('skipped')).toEqual([]);
  });
});

describe('a replay', () => {
  it('moves what has ended, and nothing that still moves by itself', () => {
    for (const state of replayableStates) expect(deliveryMoves[state]).toEqual([]);
  });

  it('gives as many attempts again where they were used up, else those that are left', () => {
    expect([1, 5, 6, 7, 12, 13].map((attempt) => attemptOfRound('email', attempt))).toEqual([1, 5, 6, 1, 6, 1]);
  });
});

describe('topics of a channel', () => {
  it('are one a lane, and one for what is undeliverable', () => {
    expect(commandTopic('email', 'high')).toBe('allim.delivery.email.high');
    expect(undeliverableTopic('email')).toBe('allim.delivery.email.DLT');
  });
});
