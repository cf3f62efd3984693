// Who may import whom (docs/architecture.md). A package says what it imports in its package.json; Biome refuses an import
// that isn't declared there, and `rootDir` refuses a path into another package. So the rule is a rule about package.json.

const libs = (...names) => names.map((name) => `@allim/${name}`);
const everyLib = libs('contracts', 'catalogue', 'platform', 'kafka', 'store', 'http', 'channel', 'client');

/** Package folder (or `apps/*`, `tools/*`) → what it may import at run time. Specs may import `@allim/testing`, too. */
export const layers = {
  'libs/contracts': [],
  'libs/catalogue': libs('contracts'),
  'libs/platform': [],
  'libs/kafka': libs('contracts', 'platform'),
  'libs/store': libs('contracts', 'platform'),
  'libs/http': libs('contracts', 'platform', 'store'),
  'libs/channel': libs('contracts', 'platform', 'kafka', 'store'),
  'libs/client': libs('contracts'),
  'libs/testing': libs('stack'),
  'tools/stack': [],
  // Tests only: the system from outside.
  'apps/e2e': [...everyLib, ...libs('testing', 'stack', 'mailbox')],
  'apps/*': everyLib,
  'tools/*': [...everyLib, ...libs('stack', 'mailbox')],
};

const inSpecs = libs('testing', 'stack', 'mailbox', 'client');

/**
 * @param {{ folder: string, dependencies?: Record<string, string>, devDependencies?: Record<string, string> }[]} packages
 * @returns {string[]} one line for each dependency that its layer may not have
 */
export function violations(packages) {
  return packages.flatMap(({ folder, dependencies = {}, devDependencies = {} }) => {
    const allowed = layers[folder] ?? layers[folder.replace(/\/.*/, '/*')];
    if (!allowed) return [`${folder}: stands in no layer; give it one in tools/boundaries/layers.mjs`];
    const ours = (names) => Object.keys(names).filter((name) => name.startsWith('@allim/'));
    const wrong = ours(dependencies).filter((name) => !allowed.includes(name));
    const wrongInSpecs = ours(devDependencies).filter((name) => ![...allowed, ...inSpecs].includes(name));
    return [...wrong, ...wrongInSpecs].map(
      (name) => `${folder}: may not import ${name}, only ${allowed.join(', ') || 'nothing of ours'}`,
    );
  });
}
