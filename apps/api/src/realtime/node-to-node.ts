import { createAdapter } from '@socket.io/redis-adapter';
import { type RedisLink } from './redis-link.js';

/**
 * Socket.IO's Redis adapter over our link. The adapter drops the promises of publish and subscribe and throws at one
 * bad byte; it gets these two small clients instead of real ones, so that failures are counted and end nothing.
 */
export function nodeToNode(link: RedisLink, prefix: string): ReturnType<typeof createAdapter> {
  let direct: ((channel: string, message: Buffer) => unknown) | undefined;
  let byPattern: ((pattern: string, channel: string, message: Buffer) => unknown) | undefined;
  const publisher = {
    publish: (channel: string, message: string | Buffer) => link.publish(channel, message),
    on() {},
    off() {},
  };
  const subscriber = {
    subscribe: (channels: string[]) => {
      for (const channel of channels) link.subscribe(channel, (from, message) => direct?.(from, message));
    },
    psubscribe: (pattern: string) => {
      link.psubscribe(pattern, (channel, message) => byPattern?.(pattern, channel, message));
    },
    on(event: string, listener: never) {
      if (event === 'messageBuffer') direct = listener;
      if (event === 'pmessageBuffer') byPattern = listener;
    },
    // The link is closed as a whole.
    off() {},
    unsubscribe() {},
    punsubscribe() {},
  };
  return createAdapter(publisher, subscriber, { key: `${prefix}socket.io` });
}
