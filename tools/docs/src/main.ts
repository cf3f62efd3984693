import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Document, drift } from './documents.js';
import { eventsDocument } from './events.js';
import { schemaDocuments, schemaFolder } from './schemas.js';
import { type AppSettings, settingsDocument } from './settings.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Apps are programs, not packages to import: their settings are read from where they are built. */
async function appSettings(): Promise<AppSettings[]> {
  const folders = (await readdir(join(root, 'apps'))).filter((app) =>
    existsSync(join(root, 'apps', app, 'dist/config.js')),
  );
  return Promise.all(
    folders.map(async (app) => ({ app, settings: (await import(join(root, 'apps', app, 'dist/config.js'))).settings })),
  );
}

/** Everything that is generated, one line each. */
const documents: readonly Document[] = [eventsDocument(), settingsDocument(await appSettings()), ...schemaDocuments()];

/** The files on disk: the documents that exist, and what else lies in the folder of the schemas. */
async function present(): Promise<Map<string, string>> {
  const schemas = await readdir(join(root, schemaFolder)).catch(ignoreMissing);
  const paths = new Set([
    ...documents.map(({ path }) => path),
    ...(schemas ?? []).map((name) => `${schemaFolder}/${name}`),
  ]);
  const found = new Map<string, string>();
  for (const path of paths) {
    const content = await readFile(join(root, path), 'utf8').catch(ignoreMissing);
    if (content !== undefined) found.set(path, content);
  }
  return found;
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}

async function write(paths: Iterable<string>): Promise<void> {
  for (const path of paths) {
    const document = documents.find((candidate) => candidate.path === path);
    if (document === undefined) {
      await rm(join(root, path));
      continue;
    }
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), document.content);
  }
}

const options = process.argv.slice(2);
if (options.some((option) => option !== '--check')) {
  console.error('usage: node tools/docs/dist/main.js [--check]');
  process.exitCode = 2;
} else {
  const wrong = drift(documents, await present());
  if (options.includes('--check')) {
    for (const [path, reason] of wrong) console.error(`${path} ${reason}; run: node tools/docs/dist/main.js`);
    if (wrong.size > 0) process.exitCode = 1;
    else console.log(`${documents.length} generated documents are up to date`);
  } else {
    await write(wrong.keys());
    console.log(`${documents.length} generated documents, ${wrong.size} changed`);
  }
}
