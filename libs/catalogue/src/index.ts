export { entries } from './catalogue.js';
export type { NewContact } from './contacts/new-contact.js';
export { DataError, type DataErrorClass } from './data-error.js';
export { type PlannedDelivery, planDeliveries, sentChannels } from './deliveries/plan-deliveries.js';
export { wantedByDefault } from './deliveries/preferences.js';
export { outsideTitle } from './deliveries/promotion.js';
export { type Reason, reasons } from './deliveries/reasons.js';
export {
  readUnsubscribeToken,
  type Unsubscription,
  unsubscribeLink,
  unsubscribeToken,
} from './deliveries/unsubscribe.js';
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
export { type JsonSchema, publisherSchema, typeName } from './publisher-schema.js';
export { readEvent, render, subscribedTopics } from './read-event.js';
export { requestTopic } from './requests/notification-requested.js';
export { type SampleEvent, sampleEvents } from './samples.js';
export { type ComparedField, compareWithSchema, jsonTypes } from './schema-comparison.js';
export type { Template } from './templates/template.js';
export { templates } from './templates/templates.js';
export { type Language, languages, messageFiles, type Texts } from './texts/texts.js';
