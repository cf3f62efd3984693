import { Inbox1763715600000 } from './0001-inbox.js';
import { Deliveries1763733600000 } from './0002-deliveries.js';
import { DeadLetters1763780400000 } from './0003-dead-letters.js';
import { Replays1763866800000 } from './0004-replays.js';
import { ReplaysOfACase1764464400000 } from './0005-replays-of-a-case.js';

/** In their order. A migration expands; what it replaces is removed by a later release, which the previous one can run on. */
export const migrations = [
  Inbox1763715600000,
  Deliveries1763733600000,
  DeadLetters1763780400000,
  Replays1763866800000,
  ReplaysOfACase1764464400000,
];
