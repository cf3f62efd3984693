import { execFileSync } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { workspace } from '@allim/stack';
import { type Length, type Outcome } from './fault-test.js';
import { faultTests } from './fault-tests.js';
import { mergedTable } from './report.js';

const heading = '## Fault tests';

/** Brings the section "Fault tests" of docs/measurements.md up to date with what ran; the rest of the file stays. */
export async function writeMeasurements(outcomes: readonly Outcome[], length: Length): Promise<void> {
  const file = join(workspace, 'docs/measurements.md');
  const before = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return '# Measurements\n';
  });
  await writeFile(file, withSection(before, section(before, outcomes, length)));
}

/** The document with this section in the place of the one of the same heading, or at its end. */
export function withSection(document: string, text: string): string {
  const parts = document.trimEnd().split(/\n(?=## )/);
  const place = parts.findIndex((part) => part.startsWith(heading));
  if (place < 0) parts.push(text);
  else parts[place] = text;
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}

function section(document: string, outcomes: readonly Outcome[], length: Length): string {
  const revision = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: workspace, encoding: 'utf8' }).trim();
  const processors = cpus();
  const stamp = `${new Date().toISOString().slice(0, 10)}, ${revision}`;
  return [
    heading,
    '',
    `Written by \`npm run torture -- … --full --write\`; the last column says when each ran, and on which revision. ` +
      `${processors.length} × ${processors[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}. ` +
      'Each test ran on real Kafka, MariaDB and Redis of its own; its history was judged by the checker.',
    '',
    mergedTable(
      document,
      { outcomes, length, stamp },
      faultTests.map(({ name }) => name),
    ),
  ].join('\n');
}
