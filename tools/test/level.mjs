// Runs the tests of one level in the package it is called in, and leaves their counts in `.test-results/<level>.json`.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const level = process.argv[2] ?? 'unit';
const jest = fileURLToPath(new URL('../../node_modules/jest/bin/jest.js', import.meta.url));

mkdirSync('.test-results', { recursive: true });
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--json',
    `--outputFile=.test-results/${level}.json`,
    ...process.argv.slice(3),
  ],
  { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, TEST_LEVEL: level } },
);
process.exit(status ?? 1);
