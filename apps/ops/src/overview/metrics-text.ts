/** One line of what a program shows to Prometheus. */
export interface Sample {
  name: string;
  labels: ReadonlyMap<string, string>;
  value: number;
}

/** Name, labels if any, value, and a time, which we do not need. */
const line = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})?[ \t]+(\S+)(?:[ \t]+-?\d+)?[ \t]*$/;
const label = /([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Reads samples of metrics with these names out of Prometheus' text format 0.0.4; what is not of it is passed over.
 * Source: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function readSamples(text: string, names: ReadonlySet<string>): Sample[] {
  const samples: Sample[] = [];
  for (const one of text.split('\n')) {
    const [, name = '', labels = '', value = ''] = line.exec(one) ?? [];
    if (!names.has(name)) continue;
    samples.push({ name, labels: labelsOf(labels), value: numberOf(value) });
  }
  return samples;
}

const labelsOf = (text: string): Map<string, string> =>
  new Map([...text.matchAll(label)].map(([, name = '', value = '']) => [name, unescaped(value)]));

const unescaped = (value: string): string =>
  value.replace(/\\(.)/g, (_, character: string) => (character === 'n' ? '\n' : character));

function numberOf(value: string): number {
  const infinite = /^([+-]?)Inf$/.exec(value);
  return infinite ? (infinite[1] === '-' ? -Infinity : Infinity) : Number(value);
}
