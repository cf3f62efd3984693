import { type Channel, type NotificationType, type Priority } from '@allim/contracts';
import { type Outgoing } from './provider.js';

/** A delivery that is ours to send, as long as its lease lasts. */
export interface Claimed {
  /** UUID. */
  id: string;
  userId: string;
  notificationId: number;
  channel: Channel;
  /** This one included: 1 at the first. */
  attempt: number;
  priority: Priority;
  category: string;
  text: string;
  language: string;
  type: NotificationType;
  title: string;
  message: string;
  link: string | null;
  params: Record<string, string | number>;
  /** ISO 8601, UTC. */
  createdAt: string;
  address: Outgoing['address'];
}

/** Which attempt is concluded, by whom. */
export interface Attempted {
  id: string;
  /** 16 bytes, as they were claimed with. */
  holder: Buffer;
  attempt: number;
  startedAt: Date;
  durationMs: number;
  provider: string;
}

/** What is to become of a delivery after an attempt. */
export type Conclusion =
  | { kind: 'accepted' | 'delivered'; providerMessageId: string | null }
  /** Queued again; the attempt counts. */
  | { kind: 'temporary'; reason: string; dueAt: Date }
  | { kind: 'permanent'; reason: string }
  /** By the channel's policy queued again while attempts are left, or parked as unknown. */
  | { kind: 'ambiguous'; reason: string; dueAt: Date }
  /** Queued again; the attempt does not count. */
  | { kind: 'infrastructure'; reason: string; dueAt: Date };

/** What a worker needs of the store: `DeliveryStore` of @allim/store. Each throws a DatabaseDown while the database is away. */
export interface Deliveries {
  /**
   * Takes those of `ids` that are free and due, and counts the attempt. Nobody else gets the same one while its lease
   * lasts; the same holder gets it again, who may not have had the answer.
   */
  claim(ids: readonly string[], holder: Buffer, leaseMs: number): Promise<Claimed[]>;
  /**
   * Answers false when the lease was lost meanwhile: the attempt is on record, the delivery is somebody else's. The same
   * once more changes nothing.
   */
  conclude(one: Attempted, conclusion: Conclusion): Promise<boolean>;
  /** Of those that this holder still has. */
  extendLease(ids: readonly string[], holder: Buffer, leaseMs: number): Promise<unknown>;
  /** Forgets that very token, not one that was registered since. */
  forgetDevice(token: string): Promise<unknown>;
}
