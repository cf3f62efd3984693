import { HttpProvider, httpWorld } from './http-provider.fixture.js';
import { type Outcome, type Outgoing, type Provider } from './provider.js';
import { providerCases, providerContract } from './provider-contract.js';

providerContract('HttpProvider', () => httpWorld());

/** Breaks exactly one promise. */
class Broken extends HttpProvider {
  constructor(
    url: string,
    private readonly wrong: Partial<Pick<Provider, 'send' | 'close'>>,
    private readonly bend: (outcome: Outcome) => Outcome = (outcome) => outcome,
    private readonly mask: (message: Outgoing) => Outgoing = (message) => message,
  ) {
    super(url);
  }
  override async send(message: Outgoing, signal: AbortSignal): Promise<Outcome> {
    return this.bend(await (this.wrong.send ?? super.send.bind(this))(this.mask(message), signal));
  }
  override async close(): Promise<void> {
    await (this.wrong.close ?? super.close.bind(this))();
  }
}

describe('the contract of a provider finds one that', () => {
  const ignoresSignal = (url: string) => {
    const inner = new HttpProvider(url);
    return new Broken(url, { send: (message) => inner.send(message, new AbortController().signal) });
  };
  const bending = (bend: (outcome: Outcome) => Outcome) => (url: string) => new Broken(url, {}, bend);
  let copies = 0;

  it.each<[string, string, (url: string) => Provider]>([
    [
      'gives no message id',
      'sends, and answers',
      bending((one) => (one.kind === 'accepted' ? { ...one, providerMessageId: null } : one)),
    ],
    [
      'gives each attempt an id of its own',
      'lets the same delivery be recognised',
      (url) => new Broken(url, {}, undefined, (one) => ({ ...one, deliveryId: `${one.deliveryId}/${copies++}` })),
    ],
    ['does not end when told to', 'ends within a second', ignoresSignal],
    [
      'takes a cut for a success',
      'ends within a second',
      bending((one) => (one.kind === 'ambiguous' ? { kind: 'accepted', providerMessageId: 'x' } : one)),
    ],
    ['does not look whether its time is over', 'does not hang', ignoresSignal],
    [
      'would try for ever',
      'calls permanent',
      bending((one) => (one.kind === 'permanent' ? { kind: 'temporary', reason: 'later' } : one)),
    ],
    [
      'tells the address',
      'calls permanent',
      bending((one) => (one.kind === 'permanent' ? { ...one, reason: 'no hana@example.com' } : one)),
    ],
    [
      'forgets Retry-After',
      'calls temporary',
      bending((one) => (one.kind === 'temporary' ? { ...one, retryAfterMs: undefined } : one)),
    ],
    [
      'is tired after a failure',
      'goes on',
      bending((one) => (one.kind === 'accepted' ? { kind: 'permanent', reason: 'no' } : one)),
    ],
    ['leaves connections open', 'leaves nothing behind', (url) => new Broken(url, { close: async () => {} })],
  ])('%s', async (_, name, make) => {
    const world = await httpWorld(make);
    const { check } = providerCases.find((one) => one.name.startsWith(name))!;
    await expect(check(world)).rejects.toThrow();
    await world.close();
  });
});
