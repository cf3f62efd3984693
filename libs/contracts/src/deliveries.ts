import { z } from 'zod';
import { type Channel, channelNames, channels } from './channels.js';

/** `high` overtakes (codes, failures), `low` gives way (broadcasts). Each is a lane: a topic of its own. */
export const priorities = ['high', 'normal', 'low'] as const;
export type Priority = (typeof priorities)[number];

export const deliveryStates = [
  /** Due at `due_at`, for the dispatcher to take. */
  'queued',
  /** Its command is on Kafka. */
  'dispatched',
  /** A worker holds it, as long as its lease lasts. */
  'sending',
  /** The provider says it has it; no more than that. */
  'accepted',
  /** Reported by the provider, or acknowledged by the client. */
  'delivered',
  'undeliverable',
  /** No report in time. */
  'expired',
  /** Nobody knows whether the provider took it: parked for an operator. */
  'unknown',
  /** Planned, but a rule or a preference kept it in the house. */
  'suppressed',
  /** Planned, but there was no address to send it to. */
  'skipped',
] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/**
 * The moves a delivery may make; whatever is not here never happens. A state that leads nowhere is terminal: what
 * contradicts it is kept as a report and counted. `queued → sending`: a command whose dispatcher died before it could note it.
 */
export const deliveryMoves: Record<DeliveryState, readonly DeliveryState[]> = {
  queued: ['dispatched', 'sending'],
  dispatched: ['sending', 'queued'],
  sending: ['accepted', 'delivered', 'queued', 'undeliverable', 'unknown'],
  accepted: ['delivered', 'undeliverable', 'expired'],
  unknown: ['accepted', 'delivered', 'undeliverable'],
  delivered: [],
  undeliverable: [],
  expired: [],
  suppressed: [],
  skipped: [],
};

/** From which states a delivery may move to `to`: the guard of every update. */
export function movableTo(to: DeliveryState): DeliveryState[] {
  return deliveryStates.filter((from) => deliveryMoves[from].includes(to));
}

/**
 * From which states a replay puts a delivery back to `queued`: an operator's order, and the one thing that moves what is
 * terminal. No move of its own, or `movableTo('queued')`, by which leases are taken back, would take back what has ended.
 */
export const replayableStates: readonly DeliveryState[] = ['undeliverable'];

/**
 * Which of its channel's attempts an attempt is, from 1 to the last one. Attempts are counted on when a delivery is replayed, for
 * its history is kept by their numbers; where they were used up, as many again are to come, else those that were left.
 *
 * @param attempt from 1
 */
export const attemptOfRound = (channel: Channel, attempt: number): number =>
  ((attempt - 1) % channels[channel].attempts) + 1;

/** One way of commands: those of one priority to one channel, which nothing on another way holds up. */
export interface Lane {
  channel: Channel;
  priority: Priority;
}

/** All lanes of these channels, the high ones first. */
export const lanesOf = (of: readonly Channel[]): Lane[] =>
  priorities.flatMap((priority) => of.map((channel) => ({ channel, priority })));

/** The topic on which a channel's commands of one priority travel. */
export const commandTopic = (channel: Channel, priority: Priority): string =>
  `${channels[channel].commandTopic}.${priority}`;

/** Those of all lanes of these channels. */
export const commandTopics = (of: readonly Channel[]): string[] =>
  of.flatMap((channel) => priorities.map((priority) => commandTopic(channel, priority)));

/** The consumer group that reads a lane of a channel. */
export const laneGroup = (channel: Channel, priority: Priority): string => `allim-${channel}-${priority}`;

/** Those of all lanes of these channels. */
export const laneGroups = (of: readonly Channel[]): string[] =>
  of.flatMap((channel) => priorities.map((priority) => laneGroup(channel, priority)));

/** Where a channel's undeliverable ones go. */
export const undeliverableTopic = (channel: Channel): string => `${channels[channel].commandTopic}.DLT`;

/** "Send this delivery." No personal data: the worker reads the person's address when it sends. */
export const deliveryCommand = z.object({
  /** UUID. */
  deliveryId: z.uuid(),
  channel: z.enum(channelNames),
});
export type DeliveryCommand = z.infer<typeof deliveryCommand>;
