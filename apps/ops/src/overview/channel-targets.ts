import { channelNames } from '@allim/contracts';
import { commaList } from '@allim/platform';
import { type ChannelTarget } from './channel-samplers.js';

/** `email=http://host:8088/metrics,push=…`; a channel stands there once for each of its apps. */
export function channelTargets() {
  return commaList()
    .transform((entries) => entries.map(readTarget))
    .refine(
      (targets) => targets.every((target) => target !== undefined),
      `expected channel=http://host:port/metrics, separated by commas; channels are ${channelNames.join(', ')}`,
    )
    .transform((targets) => targets.filter((target) => target !== undefined));
}

function readTarget(entry: string): ChannelTarget | undefined {
  const [, channel = '', url = ''] = /^([a-z]+)=(https?:\/\/.+)$/.exec(entry) ?? [];
  const isKnown = (channelNames as readonly string[]).includes(channel);
  // `fetch` takes no address with a name and password in it.
  return isKnown && URL.parse(url)?.username === '' ? { channel, url } : undefined;
}
