import { type KafkaRecord, ownHeaders, traceIdOf } from './record.js';

const withHeaders = (headers: KafkaRecord['headers']) => ({ headers }) as KafkaRecord;
const traceId = '0af7651916cd43dd8448eb211c80319c';

describe('traceIdOf', () => {
  it('reads it from traceparent, the first if there are several', () => {
    const traceparent = Buffer.from(`00-${traceId}-b7ad6b7169203331-01`);
    expect(traceIdOf(withHeaders({ traceparent }))).toBe(traceId);
    expect(traceIdOf(withHeaders({ traceparent: [traceparent, 'x'] }))).toBe(traceId);
  });

  it.each([undefined, '', 'x', `00-${traceId}`, `00-${traceId.toUpperCase()}-b7ad6b7169203331-01`])(
    'finds none in %j',
    (traceparent) => {
      expect(traceIdOf(withHeaders({ traceparent }))).toBeUndefined();
    },
  );
});

describe('ownHeaders', () => {
  it('has nothing that a plain object inherits, whatever a header is called', () => {
    // As kafkajs collects them.
    const collected: Record<string, unknown> = {};
    const named = ['a', 'toString', 'constructor', '__proto__', 'a'].map(
      (name, n) => [name, Buffer.from(`${n}`)] as const,
    );
    for (const [name, value] of named) {
      const before = collected[name];
      if (before === undefined) collected[name] = value;
      else if (Array.isArray(before)) before.push(value);
      else collected[name] = [before, value];
    }
    const own = ownHeaders(collected as KafkaRecord['headers']);
    expect(Object.entries(own)).toEqual([
      ['a', [Buffer.from('0'), Buffer.from('4')]],
      ['toString', [Buffer.from('1')]],
      ['constructor', [Buffer.from('2')]],
      ['__proto__', [Buffer.from('3')]],
    ]);
  });
});
