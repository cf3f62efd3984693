import { fileURLToPath } from 'node:url';

/** The workspace's root, from `src` and from `dist` alike. */
export const workspace = fileURLToPath(new URL('../../../', import.meta.url));

/** What a running system leaves on disk: data, addresses, logs. `ALLIM_STATE` puts a second system somewhere else. */
export const state = process.env.ALLIM_STATE || `${workspace}.stack`;
