import '@allim/platform/small-heap'; // before anything is allocated
import 'reflect-metadata';
import { channelSettings, type Outcome, type Outgoing, type Provider, startChannel } from '@allim/channel';
import { address, loadSettings, runProgram } from '@allim/platform';
import { z } from 'zod';

// A channel whose policy is `park`, as a fault test needs one: all of libs/channel, and a provider that asks by HTTP.

const settings = z.object({ ...channelSettings(8099), PROVIDER_URL: address('http') });

class HttpProvider implements Provider {
  readonly name = 'http';

  constructor(private readonly url: string) {}

  async send({ deliveryId, title }: Outgoing, signal: AbortSignal): Promise<Outcome> {
    try {
      const answer = await fetch(this.url, { method: 'POST', body: JSON.stringify({ deliveryId, title }), signal });
      await answer.text();
      if (answer.ok) return { kind: 'accepted', providerMessageId: null };
      return { kind: 'temporary', reason: `HTTP ${answer.status}` };
    } catch (error) {
      return { kind: 'ambiguous', reason: (error as Error).name };
    }
  }

  async close(): Promise<void> {}
}

await runProgram(() => {
  const loaded = loadSettings(settings);
  return startChannel({ channel: 'sms', settings: loaded, provider: () => new HttpProvider(loaded.PROVIDER_URL) });
});
