import { logToStderr } from './log.js';
import { chromium } from './packages.js';

export { freePort, isFree } from './ports.js';
export type { Server } from './server.js';
export { type Addresses, type Stack, type StackOptions, startStack } from './stack.js';
export { workspace } from './workspace.js';

/** @returns the path of a Chromium's executable; installs it and its fonts with apt-get when needed and root */
export const ensureChromium = (): Promise<string> => chromium(logToStderr);
