import { Inbox1763715600000 } from './0001-inbox.js';
import { Deliveries1763733600000 } from './0002-deliveries.js';

/** In their order. A migration expands; what it replaces is removed by a later release, which the previous one can run on. */
export const migrations = [Inbox1763715600000, Deliveries1763733600000];
