import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { type Outcome } from './fault-test.js';
import { faultTests } from './fault-tests.js';
import { writeMeasurements } from './measurements.js';
import { table } from './report.js';
import { torture } from './torture.js';

const usage = `usage: npm run torture -- <name> [--seed N] [--full] [--write]
  name     ${faultTests.map(({ name }) => name).join(', ')}, or all
  --seed   a whole number; the same seed repeats the same schedule (default: drawn, and printed)
  --full   the full size instead of the short one
  --write  put the figures into docs/measurements.md`;

function wrongUsage(reason: string): never {
  console.error(`${reason}\n${usage}`);
  process.exit(2);
}

function read() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: { seed: { type: 'string' }, full: { type: 'boolean' }, write: { type: 'boolean' } },
    });
  } catch (error) {
    return wrongUsage(error instanceof Error ? error.message : String(error));
  }
}

const { values, positionals } = read();
const [wanted, ...more] = positionals;
const tests = faultTests.filter(({ name }) => wanted === 'all' || name === wanted);
if (tests.length === 0 || more.length > 0) wrongUsage('expected the name of one test');
if (values.seed !== undefined && !/^\d{1,9}$/.test(values.seed))
  wrongUsage('--seed: expected a whole number below 1,000,000,000');
const seed = values.seed === undefined ? randomInt(1_000_000) : Number(values.seed);
const length = values.full ? 'full' : 'short';

const outcomes: Outcome[] = [];
for (const test of tests) {
  console.error(`${test.name} (${length}, seed ${seed}): ${test.fault}`);
  try {
    outcomes.push(await torture(test, { seed, length, log: (line) => console.error(line) }));
  } catch (error) {
    // The harness could not do its part: nothing is known, which is not the same as nothing found.
    console.error(error);
    outcomes.push({ name: test.name, seed, seconds: 0, verdict: 'void', anomalies: [], figures: [], proofs: [] });
  }
}
console.log(table(outcomes, length));
if (values.write) await writeMeasurements(outcomes, length);
process.exit(outcomes.every(({ verdict }) => verdict === 'passed') ? 0 : 1);
