import { identityOf } from '../identity.js';
import { type Planned } from '../notice.js';
import { readEvent, render } from '../read-event.js';

/** For specs: what becomes of an event, as `[title, message]` per language. Null when nobody is told. */
export function told(topic: string, event: object) {
  const planned = readEvent(topic, Buffer.from(JSON.stringify(event)));
  if (planned === null) return null;
  const { to, type, link, reference, channels, priority, category } = planned;
  return {
    to,
    type,
    link,
    reference,
    channels,
    priority,
    category,
    ko: texts(planned, 'ko'),
    en: texts(planned, 'en'),
  };
}

function texts(planned: Planned, language: 'ko' | 'en'): [string, string] {
  const { title, message } = render(planned, language);
  return [title, message];
}

/** For specs: the identity, in hex, that an event's notification has for a user. */
export function identity(topic: string, event: object, userId: string): string | null {
  const planned = readEvent(topic, Buffer.from(JSON.stringify(event)));
  return planned && identityOf(userId, planned.type, planned.identity).toString('hex');
}
