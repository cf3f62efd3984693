import { Counter, Gauge, Registry } from 'prom-client';
import { readSamples } from './metrics-text.js';

const read = (text: string, ...names: string[]) =>
  readSamples(text, new Set(names)).map(({ labels, ...one }) => ({ ...one, labels: Object.fromEntries(labels) }));

describe('Prometheus’ text', () => {
  it('is read as prom-client writes it', async () => {
    const registry = new Registry();
    const counter = new Counter({ name: 'sent_total', help: 'H\n"', labelNames: ['by', 'to'], registers: [registry] });
    const wild = 'a "b" \\ c\nd}, e="f" 가';
    counter.inc({ by: wild, to: '' }, 12);
    counter.inc({ by: 'smtp', to: 'x' }, 0.5);
    new Gauge({ name: 'sent', help: 'H', registers: [registry] }).set(3);
    expect(read(await registry.metrics(), 'sent_total', 'sent')).toEqual([
      { name: 'sent_total', labels: { by: wild, to: '' }, value: 12 },
      { name: 'sent_total', labels: { by: 'smtp', to: 'x' }, value: 0.5 },
      { name: 'sent', labels: {}, value: 3 },
    ]);
  });

  it('may have times, blanks and numbers that are none', () => {
    const text = '# TYPE a counter\na{b="c", d="e",} 1.5e3 1770372000000\r\na 7 \n a 8\na +Inf\nb 1\na\na{b="c"} x\n';
    expect(read(text.replaceAll('\r', ''), 'a')).toEqual([
      { name: 'a', labels: { b: 'c', d: 'e' }, value: 1_500 },
      { name: 'a', labels: {}, value: 7 },
      { name: 'a', labels: {}, value: Infinity },
      { name: 'a', labels: { b: 'c' }, value: NaN },
    ]);
  });
});
