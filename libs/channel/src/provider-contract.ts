import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Outcome, type Outgoing, type Provider } from './provider.js';

/** What a provider must have ended by once its signal is aborted, and let go of once it is closed. */
const endingMs = 1_000;

/** A provider with a server of ours behind it, which speaks the provider's protocol and does as it is told. */
export interface Contracted {
  provider: Provider;
  /** A message that can be sent as it is. */
  message: (deliveryId: string) => Outgoing;
  /** From now on the server takes what it is sent, refuses it for good, asks for patience, or hangs once it has it. */
  answer: (how: 'accept' | 'refuse' | 'busy' | 'hang') => void | Promise<void>;
  /** What the server asks for when it is busy; nothing where the protocol has no word for it. */
  retryAfterMs?: number;
  /** Resolves once the server hangs with a message in its hands. */
  untilHung: () => Promise<void>;
  /** By what a receiver recognises a delivery, of each message taken, in their order: must hold the delivery's id. */
  received: () => readonly string[] | Promise<readonly string[]>;
  /** Connections that the server sees just now. */
  connections: () => number | Promise<number>;
  /** Ends the server. The provider is closed by then. */
  close: () => Promise<void>;
}

export interface ContractCase {
  name: string;
  /** Its check closes the provider; whoever runs another one closes it afterwards. */
  closes?: true;
  /** Throws an AssertionError when the provider does not keep to it. */
  check: (world: Contracted) => Promise<void>;
}

/** What every provider must keep to; `providerContract` makes tests of them. */
export const providerCases: readonly ContractCase[] = [
  {
    name: 'sends, and answers with the id that the provider gave it',
    async check(world) {
      const id = randomUUID();
      const outcome = await send(world, id);
      assert.ok(outcome.kind === 'accepted' || outcome.kind === 'delivered', told(outcome));
      assert.ok(outcome.providerMessageId, 'no message id of the provider');
      assert.equal((await seen(world, id)).length, 1, 'not received once');
    },
  },
  {
    name: 'lets the same delivery be recognised when it is sent twice',
    async check(world) {
      const id = randomUUID();
      await send(world, id);
      await send(world, id, { attempt: 2 });
      const marks = await seen(world, id);
      assert.equal(marks.length, 2, 'not received twice with the id of the delivery');
      assert.equal(new Set(marks).size, 1, 'the second one looks like another one');
    },
  },
  {
    name: 'ends within a second once it is told to, and does not know what became of it',
    async check(world) {
      await world.answer('hang');
      const ending = new AbortController();
      const sent = send(world, randomUUID(), { signal: ending.signal });
      await Promise.race([world.untilHung(), sent.then((outcome) => assert.fail(`did not wait: ${told(outcome)}`))]);
      ending.abort(new Error('its time is over'));
      const outcome = await inTime(sent);
      assert.ok(outcome.kind === 'ambiguous' || outcome.kind === 'temporary', told(outcome));
    },
  },
  {
    name: 'does not hang, and does not say that it sent, when its time is over before it begins',
    async check(world) {
      await world.answer('hang');
      const outcome = await inTime(send(world, randomUUID(), { signal: AbortSignal.abort(new Error('too late')) }));
      assert.ok(outcome.kind === 'ambiguous' || outcome.kind === 'temporary', told(outcome));
    },
  },
  {
    name: 'calls permanent what is refused for good, and keeps the address to itself',
    async check(world) {
      await world.answer('refuse');
      const outcome = await send(world, randomUUID());
      assert.equal(outcome.kind, 'permanent', told(outcome));
      assertDiscreet(world, outcome);
    },
  },
  {
    name: 'calls temporary what is to be tried later, and says when',
    async check(world) {
      await world.answer('busy');
      const outcome = await send(world, randomUUID());
      assert.ok(outcome.kind === 'temporary', told(outcome));
      if (world.retryAfterMs !== undefined) assert.equal(outcome.retryAfterMs, world.retryAfterMs);
      assertDiscreet(world, outcome);
    },
  },
  {
    name: 'goes on after a failure',
    async check(world) {
      for (const how of ['refuse', 'busy', 'accept'] as const) {
        await world.answer(how);
        const outcome = await send(world, randomUUID());
        if (how === 'accept') assert.ok(outcome.kind === 'accepted' || outcome.kind === 'delivered', told(outcome));
      }
    },
  },
  {
    name: 'leaves nothing behind when it is closed',
    closes: true,
    async check(world) {
      await Promise.all(Array.from({ length: 5 }, () => send(world, randomUUID())));
      await inTime(world.provider.close());
      const deadline = performance.now() + endingMs;
      while ((await world.connections()) > 0) {
        assert.ok(performance.now() < deadline, 'connections are left');
        await sleep(20);
      }
    },
  },
];

/**
 * Makes the contract's cases tests of a spec, each with a world of its own:
 * `providerContract('smtp', async () => ({ provider: new SmtpProvider(…), … }))`.
 */
export function providerContract(name: string, open: () => Promise<Contracted>): void {
  describe(`${name} keeps the contract of a provider: it`, () => {
    for (const one of providerCases)
      it(one.name, async () => {
        const world = await open();
        try {
          await one.check(world);
        } finally {
          if (!one.closes) await world.provider.close();
          await world.close();
        }
      });
  });
}

function send(
  { provider, message }: Contracted,
  id: string,
  { attempt = 1, signal = new AbortController().signal } = {},
): Promise<Outcome> {
  return provider.send({ ...message(id), attempt }, signal);
}

async function seen({ received }: Contracted, id: string): Promise<string[]> {
  return (await received()).filter((mark) => mark.includes(id));
}

async function inTime<Result>(work: Promise<Result>): Promise<Result> {
  const over = new AbortController();
  const late = sleep(endingMs, undefined, { signal: over.signal }).then(
    () => assert.fail(`took longer than ${endingMs} ms`),
    () => work,
  );
  try {
    return await Promise.race([work, late]);
  } finally {
    over.abort();
  }
}

function assertDiscreet({ message }: Contracted, outcome: Outcome): void {
  const { email, phone, token } = message('').address;
  const reason = 'reason' in outcome ? outcome.reason : '';
  assert.ok(reason.length > 0 && reason.length <= 300, `a reason of ${reason.length} characters`);
  for (const address of [email, phone, token])
    assert.ok(!address || !reason.includes(address), 'the reason holds an address');
}

const told = (outcome: Outcome) => `it is ${outcome.kind}${'reason' in outcome ? `: ${outcome.reason}` : ''}`;
