import { jest } from '@jest/globals';
import { type Outcome, type Outgoing, type Provider } from './provider.js';
import { sendWithin, withoutAddress } from './send.js';

const address = { name: '김하나', email: 'Hana+1@example.com', phone: '+821012345678', token: null };
const message = { deliveryId: 'd', address } as Outgoing;
const never = new AbortController().signal;
const provider = (send: Provider['send']): Provider => ({ name: 'spec', send, close: async () => {} });

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

describe('sendWithin', () => {
  it('answers what the provider answers, and leaves no timer behind', async () => {
    const sent: Outcome = { kind: 'accepted', providerMessageId: '1' };
    expect(
      await sendWithin(
        provider(async () => sent),
        message,
        { budgetMs: 60_000, stopping: never },
      ),
    ).toBe(sent);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('tells the provider when its time is over, and takes its word for what became of it', async () => {
    const polite = provider(
      (_, signal) =>
        new Promise((resolve) => {
          signal.addEventListener('abort', () => resolve({ kind: 'temporary', reason: String(signal.reason) }));
        }),
    );
    const sent = sendWithin(polite, message, { budgetMs: 60_000, stopping: never });
    await jest.advanceTimersByTimeAsync(60_000);
    expect(await sent).toEqual({ kind: 'temporary', reason: 'Error: no answer within 60000 ms' });
  });

  it('leaves a provider behind that does not end', async () => {
    const deaf = provider(() => new Promise(() => {}));
    const sent = sendWithin(deaf, message, { budgetMs: 60_000, stopping: never });
    await jest.advanceTimersByTimeAsync(60_999);
    expect(jest.getTimerCount()).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    expect(await sent).toEqual({
      kind: 'ambiguous',
      reason: 'no answer within 60000 ms, and the provider did not end',
    });
  });

  it('tells the provider when we stop', async () => {
    const stopping = new AbortController();
    const deaf = provider(() => new Promise(() => {}));
    const sent = sendWithin(deaf, message, { budgetMs: 60_000, stopping: stopping.signal });
    stopping.abort();
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await sent).toMatchObject({ kind: 'ambiguous', reason: expect.stringContaining('stopping') });
  });

  it('does not know what became of it when the provider throws, and repeats nothing of its message', async () => {
    const broken = provider(async () => {
      throw Object.assign(new TypeError('hana+1@example.com is odd'), { code: 'EODD' });
    });
    expect(await sendWithin(broken, message, { budgetMs: 60_000, stopping: never })).toEqual({
      kind: 'ambiguous',
      reason: 'the provider threw TypeError EODD',
    });
  });

  it('strikes the address out of a reason', async () => {
    const telling = provider(async () => ({ kind: 'permanent', reason: '550 <hana+1@EXAMPLE.com> unknown' }));
    expect(await sendWithin(telling, message, { budgetMs: 60_000, stopping: never })).toEqual({
      kind: 'permanent',
      reason: '550 <…> unknown',
    });
    expect(withoutAddress('to +821012345678.', address)).toBe('to ….');
  });
});
