import { type NotificationType } from '@allim/contracts';

/** One attempt of one delivery, with all that a provider needs to send it. */
export interface Outgoing {
  /** UUIDv7, the same at every attempt: what a provider or a device recognises a second one by. */
  deliveryId: string;
  /** 1 at the first. */
  attempt: number;
  userId: string;
  notificationId: number;
  type: NotificationType;
  title: string;
  message: string;
  /** A path within the app, or nothing. */
  link: string | null;
  category: string;
  /** Key in the message files, templates included. */
  text: string;
  language: 'ko' | 'en';
  params: Record<string, string | number>;
  /** When the notification was made: ISO 8601, UTC. */
  createdAt: string;
  /** As it was known a moment ago: personal data, never to be logged. */
  address: { name: string | null; email: string | null; phone: string | null; token: string | null };
}

/**
 * What a provider made of it, named for what happens next. `reason` goes to the delivery row and the log: at most 300
 * characters, and never an address or a token in it.
 */
export type Outcome =
  /** The provider has it (`accepted`), or the person has (`delivered`). */
  | { kind: 'accepted' | 'delivered'; providerMessageId: string | null }
  /** This one not now: another attempt, never before `retryAfterMs`. */
  | { kind: 'temporary'; reason: string; retryAfterMs?: number }
  /** Never: no attempt will change it. `forgetToken`: the device token that was sent to is no more. */
  | { kind: 'permanent'; reason: string; forgetToken?: true }
  /** It may have been taken, nobody knows: the channel's policy decides. */
  | { kind: 'ambiguous'; reason: string }
  /** Nothing is wrong with this one, nobody's can be sent: no attempt is burnt, the breaker counts it. */
  | { kind: 'infrastructure'; reason: string; retryAfterMs?: number };

/** Who carries a channel's messages. All that a channel app has to write. */
export interface Provider {
  /** As in the log, the metrics and the rows: `smtp`, `fcm`. */
  readonly name: string;
  /**
   * One attempt, without retries of its own. Once `signal` is aborted it ends within a second and lets go of what it
   * holds. What it throws counts as ambiguous: the provider must name the outcome itself.
   */
  send(message: Outgoing, signal: AbortSignal): Promise<Outcome>;
  /** Lets go of connections; called once, when nothing is being sent. */
  close(): Promise<void>;
}
