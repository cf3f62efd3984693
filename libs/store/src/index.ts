export { type Database, openDatabase, pingDatabase } from './database.js';
export { DatabaseDown, DataRefused } from './errors.js';
export { InboxStore } from './inbox-store.js';
export { Intake, type NewNotification, type Origin, type Saved } from './intake.js';
export { migrate } from './migrate.js';
export { storeSettings } from './settings.js';
export { SubscriptionStore } from './subscription-store.js';
