import { anomalyNames } from './anomaly.js';
import { type Figure, type Length, type Outcome } from './fault-test.js';

const shownAnomalies = 5;

const columns = ['test', 'size', 'seed', 'verdict', ...anomalyNames, 'faults that hit', 'figures', 'took'];

/** One row per test, as Markdown, with every figure; below it the first anomalies of each. */
export function table(outcomes: readonly Outcome[], length: Length): string {
  const lines = [...headOf(columns), ...rowsOf(outcomes, length)];
  for (const { name, anomalies } of outcomes) {
    for (const anomaly of anomalies.slice(0, shownAnomalies))
      lines.push('', `${name}: ${anomaly.name}: ${anomaly.what}`);
    if (anomalies.length > shownAnomalies) lines.push('', `${name}: and ${anomalies.length - shownAnomalies} more`);
  }
  return lines.join('\n');
}

/**
 * The table of a document that holds tests of several days: each row says when and where its test ran, and what ran now
 * takes the place of its last time. `order`: names of tests; rows of others are left out.
 */
export function mergedTable(
  document: string,
  ran: { outcomes: readonly Outcome[]; length: Length; stamp: string },
  order: readonly string[],
): string {
  const rows = new Map<string, string>();
  const nameOf = (row: string) => /^\| (\S+) \|/.exec(row)?.[1] ?? '';
  for (const row of document.split('\n')) if (order.includes(nameOf(row))) rows.set(nameOf(row), row);
  for (const row of rowsOf(ran.outcomes, ran.length)) rows.set(nameOf(row), `${row} ${ran.stamp} |`);
  return [...headOf([...columns, 'ran']), ...order.flatMap((name) => rows.get(name) ?? [])].join('\n');
}

const headOf = (names: readonly string[]) => [`| ${names.join(' | ')} |`, `|${names.map(() => '---').join('|')}|`];

function rowsOf(outcomes: readonly Outcome[], length: Length): string[] {
  return outcomes.map((outcome) => {
    const counts = anomalyNames.map((name) => outcome.anomalies.filter((one) => one.name === name).length);
    return `| ${[
      outcome.name,
      length,
      outcome.seed,
      outcome.verdict,
      ...counts,
      outcome.proofs.map(figure).join('; '),
      outcome.figures.map(figure).join('; '),
      `${outcome.seconds.toFixed(0)} s`,
    ].join(' | ')} |`;
  });
}

function figure({ name, value, unit, atMost, atLeast }: Figure): string {
  const bound =
    atMost !== undefined ? ` (≤ ${number(atMost)})` : atLeast !== undefined ? ` (≥ ${number(atLeast)})` : '';
  return `${name} ${number(value)}${unit ? ` ${unit}` : ''}${bound}`;
}

const number = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
