// `npm test`: every level of every package, unit to browser, then what failed once more, one line a level and one for all.
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, rmSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Unit tests touch no server and share nothing; the others start servers of their own, which two cores carry one at a time. */
const levels = [
  { name: 'unit', target: 'test', parallel: 2 },
  { name: 'int', target: 'test-int', parallel: 1 },
  { name: 'e2e', target: 'test-e2e', parallel: 1 },
];

for (const file of globSync('*/*/.test-results/*.json', { cwd: root })) rmSync(`${root}/${file}`);

const beginningOf = (text) => stripVTControlCharacters(text).slice(0, 1_500);

/** Each with its file and the beginning of what it said: the output above may be long, or cut off. */
function* failuresOf({ testResults }) {
  for (const { name, message, assertionResults } of testResults) {
    const file = relative(root, name);
    const failed = assertionResults.filter(({ status }) => status === 'failed');
    for (const { fullName, failureMessages } of failed)
      yield `${file}: ${fullName}\n${beginningOf(failureMessages.join('\n'))}`;
    if (assertionResults.length === 0 && message) yield `${file}\n${beginningOf(message)}`;
  }
}

function run({ name, target, parallel }) {
  const { status } = spawnSync(
    'nx',
    ['run-many', '-t', target, `--parallel=${parallel}`, '--outputStyle=stream', '--nxBail=false'],
    {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, NX_DAEMON: 'false', NX_TUI: 'false' },
    },
  );
  const counts = { passed: 0, failed: 0, packages: 0, failures: [] };
  for (const file of globSync(`*/*/.test-results/${name}.json`, { cwd: root })) {
    const results = JSON.parse(readFileSync(`${root}/${file}`, 'utf8'));
    counts.packages++;
    counts.passed += results.numPassedTests;
    counts.failed += results.numFailedTests + results.numRuntimeErrorTestSuites;
    counts.failures.push(...failuresOf(results));
  }
  // A package that ended without counting its tests has failed, too.
  if (status !== 0 && counts.failed === 0) counts.failed = 1;
  return { name, ...counts };
}

const results = levels.map(run);
for (const { name, failures } of results) for (const failure of failures) console.log(`${name} failed: ${failure}\n`);
for (const { name, passed, failed, packages } of results)
  console.log(`${name.padEnd(5)} ${passed} passed, ${failed} failed in ${packages} packages`);
const sum = (key) => results.reduce((total, result) => total + result[key], 0);
console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
process.exit(sum('failed') === 0 && results.every((result) => result.passed > 0) ? 0 : 1);
