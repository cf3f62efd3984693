// Builds the console into `dist`, when something it is made of has changed since: `npm run build` runs it each time.
import { createHash } from 'node:crypto';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const stamp = `${folder}dist/.built`;

/** Versions of what it is built with stand, exact, in the package.json. */
const sources = [
  ...globSync(['src/**/*.*', 'public/*.*'], { cwd: folder }).sort(),
  ...['index.html', 'vite.config.mjs', 'tsconfig.json', '../package.json'],
];
const hash = createHash('sha256');
for (const source of sources) hash.update(`${source}\n`).update(readFileSync(folder + source));
const made = hash.digest('hex');

if (made !== last()) {
  const { build } = await import('vite');
  await build({ configFile: `${folder}vite.config.mjs`, logLevel: 'warn' });
  writeFileSync(stamp, made);
}

function last() {
  try {
    return readFileSync(stamp, 'utf8');
  } catch {
    return undefined; // not built yet
  }
}
