import { type KafkaRecord, traceIdOf } from './record.js';

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
