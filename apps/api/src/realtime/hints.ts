import { hintChannel, readHint } from '@allim/contracts';
import { type ApiMetrics } from '../metrics.js';
import { type Broadcast } from './broadcast.js';
import { type InboxFeed } from './inbox-feed.js';
import { type RedisLink } from './redis-link.js';

/** Takes what the consumer says of each transaction; what was said while Redis was away is looked for when it is back. */
export function takeHints(
  link: RedisLink,
  prefix: string,
  feed: InboxFeed,
  broadcast: Broadcast,
  metrics: Pick<ApiMetrics, 'hints'>,
): void {
  const reader = {
    wantsUser: (userId: string) => feed.has(userId),
    wantsTopic: (topic: string) => broadcast.hasTopicHere(topic),
    notification: feed.hint.bind(feed),
    position: feed.position.bind(feed),
    announcement: broadcast.announceHere.bind(broadcast),
  };
  link.subscribe(`${prefix}${hintChannel}`, (_channel, message) => {
    metrics.hints.inc();
    readHint(message.toString(), reader);
  });
  link.onBack(() => feed.sweep());
}
