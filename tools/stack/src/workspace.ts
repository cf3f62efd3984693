import { fileURLToPath } from 'node:url';

/** The workspace's root, from `src` and from `dist` alike. */
export const workspace = fileURLToPath(new URL('../../../', import.meta.url));
