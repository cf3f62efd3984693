export { entries } from './catalogue.js';
export { DataError, type DataErrorClass } from './data-error.js';
export type { Entry } from './entry.js';
export { identityOf } from './identity.js';
export {
  type Category,
  categories,
  type Params,
  type Planned,
  type Recipient,
  type Reference,
} from './notice.js';
export { readEvent, render, subscribedTopics } from './read-event.js';
export { requestTopic } from './requests/notification-requested.js';
export { type SampleEvent, sampleEvents } from './samples.js';
export type { Template } from './templates/template.js';
export { templates } from './templates/templates.js';
export { type Language, languages, messageFiles, type Texts } from './texts/texts.js';
