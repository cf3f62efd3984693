import { InfrastructureDown } from '@allim/kafka';
import { jest } from '@jest/globals';
import { Breaker, type BreakerState } from './breaker.js';
import { type Outcome } from './provider.js';

const down: Outcome = { kind: 'infrastructure', reason: 'connection refused' };
const sent: Outcome = { kind: 'accepted', providerMessageId: '1' };
const refused: Outcome = { kind: 'permanent', reason: '550' };
const unsure: Outcome = { kind: 'ambiguous', reason: 'cut' };

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

function breaker() {
  const states: BreakerState[] = [];
  const one = new Breaker({ probeAfterMs: 5_000, onChange: (state) => states.push(state) });
  /** What a worker does: asks for leave, claims, sends. */
  const send = (outcome: Outcome) => one.run(one.admit(), async () => outcome);
  const open = async (outcome = down) => {
    for (let times = 0; times < 3; times++) await send(outcome);
  };
  return { one, states, send, open };
}

describe('Breaker', () => {
  it('opens by infrastructure outcomes in a row, and by nothing else', async () => {
    const { send, states, one } = breaker();
    for (const outcome of [down, down, refused, down, down, sent, unsure, unsure, unsure, unsure]) await send(outcome);
    expect(states).toEqual([]);
    for (const outcome of [down, down, down]) expect(await send(outcome)).toEqual(down);
    expect(states).toEqual(['open']);
    expect(() => one.check()).toThrow(new InfrastructureDown('the provider is down: connection refused'));
    expect(() => one.admit()).toThrow(InfrastructureDown);
  });

  it('does not send what was claimed before it opened', async () => {
    const { one, open } = breaker();
    const admission = one.admit();
    await open();
    const send = jest.fn(async () => sent);
    expect(await one.run(admission, send)).toMatchObject({ kind: 'infrastructure' });
    expect(send).not.toHaveBeenCalled();
  });

  it('lets a single one through after a while, and the others once that one went well', async () => {
    const { one, open, states } = breaker();
    await open();
    jest.advanceTimersByTime(4_999);
    expect(() => one.admit()).toThrow(InfrastructureDown);
    jest.advanceTimersByTime(1);
    expect(one.admit()).toBe('probe');
    expect(() => one.admit()).toThrow(InfrastructureDown);
    const answer = Promise.withResolvers<Outcome>();
    const probe = one.run('probe', () => answer.promise);
    expect(() => one.admit()).toThrow(InfrastructureDown);
    answer.resolve(refused); // it is there, that is what counts
    await probe;
    expect(one.admit()).toBe('all');
    expect(states).toEqual(['open', 'half-open', 'closed']);
  });

  it.each([down, unsure])('stays open when the probe is %j', async (outcome) => {
    const { one, open, send, states } = breaker();
    await open();
    jest.advanceTimersByTime(5_000);
    await send(outcome);
    expect(() => one.admit()).toThrow(InfrastructureDown);
    expect(states).toEqual(['open', 'half-open', 'open']);
    jest.advanceTimersByTime(5_000);
    await send(sent);
    expect(one.admit()).toBe('all');
  });

  it('hands the probe on when there was nothing to send', async () => {
    const { one, open } = breaker();
    await open();
    jest.advanceTimersByTime(5_000);
    one.admit();
    one.release();
    expect(one.admit()).toBe('probe');
  });

  it('waits as long as the provider asks for', async () => {
    const { one, open } = breaker();
    await open({ ...down, retryAfterMs: 60_000 } as Outcome);
    jest.advanceTimersByTime(59_999);
    expect(() => one.admit()).toThrow(InfrastructureDown);
    jest.advanceTimersByTime(1);
    expect(one.admit()).toBe('probe');
  });
});
