/**
 * What becomes of a delivery when nobody knows whether the provider took it: `retry` where a provider (or whoever reads it)
 * recognises a second one by its id, `park` where a person would get it twice.
 */
export type AmbiguityPolicy = 'retry' | 'park';

/** How a channel is addressed and how often it tries. A new row here makes the compiler list what else a channel needs. */
export interface ChannelSettings {
  /** Kafka topic its delivery commands travel on; each lane has its own below it (`commandTopic`). */
  commandTopic: string;
  /** Attempts in all, the first included. */
  attempts: number;
  whenAmbiguous: AmbiguityPolicy;
}

export const channels = {
  email: { commandTopic: 'allim.delivery.email', attempts: 6, whenAmbiguous: 'retry' },
  push: { commandTopic: 'allim.delivery.push', attempts: 5, whenAmbiguous: 'retry' },
  sms: { commandTopic: 'allim.delivery.sms', attempts: 4, whenAmbiguous: 'park' },
  webhook: { commandTopic: 'allim.delivery.webhook', attempts: 8, whenAmbiguous: 'retry' },
  alimtalk: { commandTopic: 'allim.delivery.alimtalk', attempts: 4, whenAmbiguous: 'park' },
} as const satisfies Record<string, ChannelSettings>;

export type Channel = keyof typeof channels;

export const channelNames = Object.keys(channels) as [Channel, ...Channel[]];
