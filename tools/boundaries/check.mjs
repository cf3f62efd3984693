// The boundary check: `node check.mjs` says what is wrong and ends with 1; `node check.mjs --prove` shows that wrong
// imports are refused, each by the tool that has to refuse it.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { violations } from './layers.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

function readPackages() {
  return globSync('{libs,apps,tools}/*/package.json', { cwd: root }).map((file) => ({
    folder: dirname(file),
    ...JSON.parse(readFileSync(join(root, file), 'utf8')),
  }));
}

/** Runs a command on a file that exists only meanwhile; answers whether it was refused for the reason given. */
function refuses(file, text, command, reason) {
  const path = join(root, file);
  writeFileSync(path, text);
  try {
    const { status, stdout, stderr } = spawnSync(command[0], command.slice(1), { cwd: root, encoding: 'utf8' });
    return status !== 0 && `${stdout}${stderr}`.includes(reason);
  } finally {
    rmSync(path);
  }
}

function prove() {
  const wrong = 'libs/catalogue/src/wrong-import.ts';
  const lint = ['biome', 'lint', wrong];
  return {
    'a rule lib that depends on an adapter':
      violations([{ folder: 'libs/catalogue', dependencies: { '@allim/store': '0.1.0' } }]).length === 1,
    'an adapter that depends on another':
      violations([{ folder: 'libs/kafka', dependencies: { '@allim/store': '0.1.0' } }]).length === 1,
    'an app that depends on an app':
      violations([{ folder: 'apps/api', dependencies: { '@allim/consumer': '0.1.0' } }]).length === 1,
    'a package that stands in no layer': violations([{ folder: 'libs/helpers' }]).length === 1,
    'an import that package.json does not declare': refuses(
      wrong,
      "import '@allim/store';\n",
      lint,
      'noUndeclaredDependencies',
    ),
    'the testing lib outside of a spec': refuses(
      'apps/consumer/src/wrong-import.ts',
      "import '@allim/testing';\n",
      ['biome', 'lint', 'apps/consumer/src/wrong-import.ts'],
      'noUndeclaredDependencies',
    ),
    'a path into another package': refuses(
      wrong,
      "import { migrate } from '../../store/src/index.js';\nexport const wrong = migrate;\n",
      ['tsc', '--noEmit', '-p', 'libs/catalogue'],
      'rootDir',
    ),
  };
}

if (process.argv.includes('--prove')) {
  const proofs = Object.entries(prove());
  for (const [what, refused] of proofs) console.log(`${refused ? 'refused' : 'NOT REFUSED'}: ${what}`);
  process.exit(proofs.every(([, refused]) => refused) ? 0 : 1);
}
const found = violations(readPackages());
for (const line of found) console.error(line);
if (found.length === 0) console.log('boundaries: every package keeps to its layer');
process.exit(found.length === 0 ? 0 : 1);
