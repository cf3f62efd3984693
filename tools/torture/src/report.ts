import { anomalyNames } from './anomaly.js';
import { type Figure, type Length, type Outcome } from './fault-test.js';

const shownAnomalies = 5;

/** One row per test, as Markdown, with every figure; below it the first anomalies of each. */
export function table(outcomes: readonly Outcome[], length: Length): string {
  const rows = outcomes.map((outcome) => {
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
  const head = ['test', 'size', 'seed', 'verdict', ...anomalyNames, 'faults that hit', 'figures', 'took'];
  const lines = [`| ${head.join(' | ')} |`, `|${head.map(() => '---').join('|')}|`, ...rows];
  for (const { name, anomalies } of outcomes) {
    for (const anomaly of anomalies.slice(0, shownAnomalies))
      lines.push('', `${name}: ${anomaly.name}: ${anomaly.what}`);
    if (anomalies.length > shownAnomalies) lines.push('', `${name}: and ${anomalies.length - shownAnomalies} more`);
  }
  return lines.join('\n');
}

function figure({ name, value, unit, atMost, atLeast }: Figure): string {
  const bound =
    atMost !== undefined ? ` (≤ ${number(atMost)})` : atLeast !== undefined ? ` (≥ ${number(atLeast)})` : '';
  return `${name} ${number(value)}${unit ? ` ${unit}` : ''}${bound}`;
}

const number = (value: number): string =>
  value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });
