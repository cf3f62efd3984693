import { type Entry } from './entry.js';
import { userSignup } from './events/auth/user-signup.js';
import { commentReplied } from './events/blog/comment-replied.js';
import { postCommented } from './events/blog/post-commented.js';
import { postLiked } from './events/blog/post-liked.js';
import { userFollowed } from './events/blog/user-followed.js';
import { taskCompleted } from './events/prism/task-completed.js';
import { taskFailed } from './events/prism/task-failed.js';
import { couponIssued } from './events/shopping/coupon-issued.js';
import { deliveryShipped } from './events/shopping/delivery-shipped.js';
import { orderCancelled } from './events/shopping/order-cancelled.js';
import { orderConfirmed } from './events/shopping/order-confirmed.js';
import { orderCreated } from './events/shopping/order-created.js';
import { paymentCompleted } from './events/shopping/payment-completed.js';
import { paymentFailed } from './events/shopping/payment-failed.js';
import { timedealStarted } from './events/shopping/timedeal-started.js';
import { notificationRequested } from './requests/notification-requested.js';
import { compile, type Formats, type Language, languages, messageFiles, type Texts } from './texts/texts.js';

/** Every topic we read, one line each. */
export const entries: readonly Entry[] = [
  userSignup,
  orderCreated,
  orderConfirmed,
  orderCancelled,
  paymentCompleted,
  paymentFailed,
  deliveryShipped,
  couponIssued,
  timedealStarted,
  postLiked,
  postCommented,
  commentReplied,
  userFollowed,
  taskCompleted,
  taskFailed,
  notificationRequested,
];

export interface Catalogue {
  entry(topic: string): Entry | undefined;
  formats(language: Language, text: string): Formats;
}

/**
 * Puts entries and message files together. Throws an Error that names both sides when two entries claim one topic, an
 * entry lacks its texts in a language, or texts belong to no entry.
 */
export function assemble(all: readonly Entry[], files: Record<Language, Record<string, Texts>>): Catalogue {
  const byTopic = new Map<string, Entry>();
  const owners = new Map<string, string>();
  for (const [position, entry] of all.entries()) {
    if (byTopic.has(entry.topic)) {
      const first = all.findIndex(({ topic }) => topic === entry.topic);
      throw new Error(`two catalogue entries (number ${first + 1} and ${position + 1}) claim the topic ${entry.topic}`);
    }
    byTopic.set(entry.topic, entry);
    for (const text of entry.texts) owners.set(text, entry.topic);
  }
  const compiled = {} as Record<Language, Map<string, Formats>>;
  for (const language of languages) {
    compiled[language] = new Map();
    for (const [text, topic] of owners) {
      const texts = files[language][text];
      if (texts === undefined) throw new Error(`topic ${topic} has no texts "${text}" in texts/${language}.ts`);
      compiled[language].set(text, compile(language, text, texts));
    }
    for (const text of Object.keys(files[language])) {
      if (!owners.has(text))
        throw new Error(`texts/${language}.ts has texts "${text}", but no catalogue entry uses them`);
    }
  }
  return {
    entry: (topic) => byTopic.get(topic),
    formats: (language, text) => {
      const formats = compiled[language].get(text);
      if (formats === undefined) throw new Error(`no texts "${text}" in texts/${language}.ts`);
      return formats;
    },
  };
}

export const catalogue = assemble(entries, messageFiles);
