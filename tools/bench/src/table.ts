import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { workspace } from '@allim/stack';
import { type Result } from './results.js';

const heading = ['benchmark', 'figure', 'min', 'median', 'max', 'must', 'aim', ''];
const marks = { aim: 'aim reached', must: 'must reached', missed: '**missed**', reported: '' };

/** One table of all figures, as Markdown that reads well on a terminal, too. */
export function table(results: Result[]): string {
  const lines = results.flatMap(({ name, figures }) =>
    figures.map(({ label, digits = 0, min, median, max, must, aim, verdict }, index) => {
      const show = (value: number) =>
        value.toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
      const sign = must && ('atLeast' in must ? '≥' : '≤');
      const bound = must && ('atLeast' in must ? must.atLeast : must.atMost);
      return [
        index === 0 ? name : '',
        label,
        show(min),
        show(median),
        show(max),
        bound === undefined ? '' : `${sign} ${bound}`,
        aim === undefined ? '' : `${sign} ${aim}`,
        marks[verdict],
      ];
    }),
  );
  const widths = heading.map((head, column) =>
    Math.max(3, head.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const row = (cells: string[]) =>
    `| ${cells.map((cell, column) => (column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column < 2 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [row(heading), rule, ...lines.map(row)].join('\n');
}

/** The results of which the document consists, every run of each. */
export const documentFolder = `${workspace}docs/measurements`;
const file = `${documentFolder}.md`;
const sectionHeading = '## Benchmarks';

/** Replaces the section "Benchmarks" of docs/measurements.md, or adds it; the rest of the file stays. */
export function writeDocument(results: Result[]): void {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '# Measurements\n';
  const parts = before.trimEnd().split(/\n(?=## )/);
  const place = parts.findIndex((part) => part.startsWith(sectionHeading));
  parts.splice(place === -1 ? 1 : place, place === -1 ? 0 : 1, section(results));
  writeFileSync(file, `${parts.map((part) => part.trim()).join('\n\n')}\n`);
}

function section(results: Result[]): string {
  const [first] = results;
  if (!first) throw new Error('there are no results yet: run npm run bench -- all --write');
  const { cpu, cores, memoryGb, os, node, servers } = first.machine;
  const dates = [...new Set(results.map(({ at }) => at.slice(0, 10)))].join(', ');
  const revisions = [...new Set(results.map(({ revision }) => revision))].join(', ');
  return [
    sectionHeading,
    '',
    `${dates}, revision ${revisions}. ${cpu}, ${cores} cores, ${memoryGb} GB; ${os}, Node ${node.slice(1)}, ${servers}.`,
    'Kafka, database, Redis, the programs and the load all share these cores. Every run has fresh servers; what is',
    'compared is measured side by side in the same run; the verdict is that of the median. How, says',
    '[tools/bench/README.md](../tools/bench/README.md). Every run is in [measurements/](measurements/);',
    '`npm run bench -- all --write` measures again.',
    '',
    ...results.map(({ name, what, runs, revision }) => `- **${name}** (${runs.length} runs on ${revision}): ${what}.`),
    '',
    table(results),
  ].join('\n');
}
