import { type Channel, type NotificationType, type Priority } from '@allim/contracts';
import { type NewContact } from './contacts/new-contact.js';

/** What people can mute, per channel. */
export const categories = ['account', 'order', 'promotion', 'blog', 'prism', 'notice'] as const;
export type Category = (typeof categories)[number];

/** What a notification is about, e.g. `{ type: 'order', id: 'ORD-20260206-001' }`. */
export interface Reference {
  type: string;
  id: string;
}

/** One person, or everybody who subscribes to a topic (a broadcast). */
export type Recipient = { userId: string } | { topic: string };

/** The values a text is rendered from. Amounts are decimal strings. */
export type Params = Record<string, string | number>;

/** What an entry of the catalogue says about one event. */
export interface Notice {
  /** A user id, or the topic of a broadcast. */
  to: string | { topic: string };
  type: NotificationType;
  /** What clients see as referenceType and referenceId. */
  reference?: Reference;
  /** What deduplicates, when it isn't the reference. One of both is needed. */
  identity?: Reference;
  link?: string;
  params: Params;
  /** Channels beside the inbox, unless the person prefers otherwise. Default: none. */
  channels?: readonly Channel[];
  /** Default: normal. */
  priority?: Priority;
  /** Default: the entry's. */
  category?: Category;
  /** Default: the entry's. */
  critical?: boolean;
  /** Key in the message files. Default: the entry's topic. */
  text?: string;
  /** Not to be sent out before this moment (ISO-8601, UTC). */
  sendAt?: string;
  /** How the recipient is reached, as far as this event knows. Default: it does not. */
  contact?: NewContact;
}

/** A notification as it is to be made: checked, but not yet addressed to a language or a row. */
export interface Planned {
  to: Recipient;
  type: NotificationType;
  reference: Reference | null;
  /** With the user id and the type: what `identityOf` takes. */
  identity: Reference;
  link: string | null;
  params: Params;
  /** The parameters as they are kept beside the texts, at most `limits.paramsBytes` long. */
  paramsJson: string;
  channels: readonly Channel[];
  category: Category;
  priority: Priority;
  /** It passes preferences and quiet hours. */
  critical: boolean;
  /** Key in the message files. */
  text: string;
  sendAt: string | null;
  /** To be put, or merged into what is known, in the same transaction. */
  contact: NewContact | null;
}
