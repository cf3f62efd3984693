import { entries } from './catalogue.js';
import { compareWithSchema } from './schema-comparison.js';

const topic = 'shopping.order.created';
const order = { orderNumber: 'ORD-1', userId: 'user-1', totalAmount: 45_000, itemCount: 2 };
const compare = (value: unknown, of = topic) => compareWithSchema(of, Buffer.from(JSON.stringify(value)));
const fieldOf = (value: unknown, field: string) => compare(value)?.find((one) => one.field === field);

describe('compareWithSchema', () => {
  it.each(entries)('finds nothing wrong with the sample of $topic', (entry) => {
    const fields = compare(entry.sample({ user: 'user-1', number: 1 }), entry.topic)!;
    expect(fields.length).toBeGreaterThan(0);
    expect(fields.filter(({ faults, expected }) => faults.length > 0 || expected === null)).toEqual([]);
  });

  it('says of each field what is wanted, what is there, and what is wrong', () => {
    const { itemCount: _, ...without } = order;
    expect(compare({ ...without, totalAmount: true, items: [{ price: 'dear' }], coupon: null })).toEqual([
      { field: 'orderNumber', expected: 'id', isNeeded: true, found: 'string', faults: [] },
      { field: 'userId', expected: 'user id', isNeeded: true, found: 'string', faults: [] },
      {
        ...{ field: 'totalAmount', expected: 'amount', isNeeded: true, found: 'boolean' },
        faults: ['expected an amount: a number or a decimal string'],
      },
      {
        ...{ field: 'itemCount', expected: 'integer', isNeeded: true, found: null },
        faults: [expect.stringContaining('expected')],
      },
      {
        ...{ field: 'items', expected: 'array of { productId, productName, quantity, price }', isNeeded: false },
        ...{ found: 'array', faults: [expect.stringMatching(/^0: price: expected/)] },
      },
      { field: 'createdAt', expected: 'time', isNeeded: false, found: null, faults: [] },
      { field: 'coupon', expected: null, isNeeded: false, found: 'null', faults: [] },
    ]);
  });

  it('takes a number that no double holds for a number', () => {
    const value = Buffer.from(
      JSON.stringify({ ...order, userId: 0 }).replace('"userId":0', '"userId":9007199254740993'),
    );
    expect(compareWithSchema(topic, value)?.find(({ field }) => field === 'userId')).toMatchObject({
      found: 'number',
      faults: [],
    });
  });

  it('is not led astray by names that every object has', () => {
    const value = Buffer.from('{"__proto__":1,"constructor":"x"}');
    expect(compareWithSchema(topic, value)?.filter(({ expected }) => expected === null)).toEqual([
      { field: '__proto__', expected: null, isNeeded: false, found: 'number', faults: [] },
      { field: 'constructor', expected: null, isNeeded: false, found: 'string', faults: [] },
    ]);
    expect(fieldOf({}, 'orderNumber')).toMatchObject({ found: null, faults: [expect.any(String)] });
  });

  it.each([
    ['no JSON', topic, '{'],
    ['no object', topic, '[]'],
    ['nothing', topic, ''],
    ['a topic that nobody knows', 'orders', '{}'],
  ])('compares nothing: %s', (_, of, value) => {
    expect(compareWithSchema(of, Buffer.from(value))).toBeNull();
  });
});
