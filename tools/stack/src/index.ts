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

/** What Playwright's `chromium.launch` takes: a Chromium, installed with its fonts by apt-get when needed and root, that runs as root and calls nobody. */
export const chromiumOptions = async () => ({
  executablePath: await chromium(logToStderr),
  args: ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
