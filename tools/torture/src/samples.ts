/** A program's metrics in Prometheus' text form. */
export type Samples = string;

/** The sum of a metric's samples that carry these labels. */
export function sum(samples: Samples, metric: string, labels: Record<string, string>): number {
  let total = 0;
  for (const line of samples.split('\n')) {
    const parts = /^(\w+)(?:\{(.*)\})? (\S+)/.exec(line);
    if (parts?.[1] !== metric) continue;
    const given = parts[2] ?? '';
    if (Object.entries(labels).every(([name, value]) => given.includes(`${name}="${value}"`)))
      total += Number(parts[3]);
  }
  return total;
}
