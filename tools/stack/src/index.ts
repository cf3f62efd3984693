import { logToStderr } from './log.js';
import { chromium } from './packages.js';

export { imageEnvironment } from './image-environment.js';
export { kafkaClient } from './kafka-client.js';
export { eraseStack, openStack, type PersistentStack } from './persistent.js';
export { freePort, isFree } from './ports.js';
export type { Server } from './server.js';
export { type Addresses, type Stack, type StackOptions, startStack } from './stack.js';
export { spawnWatched, type WatchedOptions } from './watched.js';
export { state, workspace } from './workspace.js';

/** @returns the path of a Chromium's executable; installs it and its fonts with apt-get when needed and root */
export const ensureChromium = (): Promise<string> => chromium(logToStderr);
