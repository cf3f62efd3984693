/** How a channel is addressed and how often it tries. A new row here makes the compiler list what else a channel needs. */
export interface ChannelSettings {
  /** Kafka topic its delivery commands travel on. */
  commandTopic: string;
  /** Attempts in all, the first included. */
  attempts: number;
}

export const channels = {
  email: { commandTopic: 'allim.delivery.email', attempts: 6 },
  push: { commandTopic: 'allim.delivery.push', attempts: 5 },
  sms: { commandTopic: 'allim.delivery.sms', attempts: 4 },
  webhook: { commandTopic: 'allim.delivery.webhook', attempts: 8 },
  alimtalk: { commandTopic: 'allim.delivery.alimtalk', attempts: 4 },
} as const satisfies Record<string, ChannelSettings>;

export type Channel = keyof typeof channels;

export const channelNames = Object.keys(channels) as [Channel, ...Channel[]];
