import { limits } from '@allim/contracts';
import { catalogue, entries } from './catalogue.js';
import { DataError } from './data-error.js';
import { isLongerThan } from './length.js';
import { type Planned } from './notice.js';
import { type Language } from './texts/texts.js';
import { readValue } from './value.js';

/** The topics whose records `readEvent` understands: the domain events and `notification.requested`. */
export const subscribedTopics: readonly string[] = entries.map((entry) => entry.topic);

/**
 * What is to be made of a record: its value decoded, checked and planned. Null when nobody is to be told. Throws
 * nothing but a DataError.
 */
export function readEvent(topic: string, value: Buffer | null): Planned | null {
  const entry = catalogue.entry(topic);
  if (entry === undefined) throw new DataError('unknown-topic', `${topic}: expected a topic of the catalogue`);
  return entry.plan(readValue(value));
}

/**
 * The texts of a notification in one language. Throws a DataError of class `too-long` when one is longer than its
 * column.
 */
export function render(planned: Planned, language: Language): { title: string; message: string } {
  const formats = catalogue.formats(language, planned.text);
  const title = formats.title(planned.params);
  const message = formats.message(planned.params);
  checkLength(planned, 'title', title);
  checkLength(planned, 'message', message);
  return { title, message };
}

function checkLength(planned: Planned, column: 'title' | 'message', text: string): void {
  if (isLongerThan(text, limits[column])) {
    throw new DataError('too-long', `${planned.text}: ${column}: expected at most ${limits[column]} characters`);
  }
}
