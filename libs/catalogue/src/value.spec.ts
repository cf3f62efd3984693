import { ExactNumber, readValue } from './value.js';

const read = (text: string) => readValue(Buffer.from(text));
const failing = (errorClass: string) => expect.objectContaining({ name: 'DataError', errorClass });

describe('value of a record', () => {
  it.each([
    ['null', null, 'empty'],
    ['no bytes', Buffer.alloc(0), 'empty'],
    ['a cut UTF-8 sequence', Buffer.from([0x22, 0xed, 0x95, 0x22]), 'bad-encoding'],
    ['an overlong UTF-8 sequence', Buffer.from([0x22, 0xc0, 0x80, 0x22]), 'bad-encoding'],
    ['a surrogate in UTF-8', Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 'bad-encoding'],
    ['UTF-16', Buffer.from('\ufeff{}', 'utf16le'), 'bad-encoding'],
    ['half an object', Buffer.from('{"a":'), 'bad-json'],
    ['blanks', Buffer.from(' \n'), 'bad-json'],
    ['NaN', Buffer.from('{"a":NaN}'), 'bad-json'],
    ['a second value', Buffer.from('{} {}'), 'bad-json'],
    ['a raw control character', Buffer.from('{"a":"\u0001"}'), 'bad-json'],
  ])('refuses %s', (_what, value, errorClass) => {
    expect(() => readValue(value)).toThrow(failing(errorClass));
  });

  it('does not repeat the payload in its message', () => {
    expect(() => read('secret')).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }));
  });

  it('tolerates a byte order mark', () => {
    expect(read('\ufeff{"a":1}')).toEqual({ a: 1 });
  });

  it.each(['9007199254740993', '-12345678901234567890', '123456789012.3456789', '1E+1000', '-1.5e-400'])(
    'keeps the digits of %s',
    (digits) => {
      expect(read(`{"a":[ ${digits}]}`)).toEqual({ a: [new ExactNumber(digits)] });
    },
  );

  it('reads ordinary numbers as numbers, also beside an inexact one', () => {
    expect(read('{"a":1.5,"b":12345678901234567890,"c":"12345678901234567890"}')).toEqual({
      a: 1.5,
      b: new ExactNumber('12345678901234567890'),
      c: '12345678901234567890',
    });
  });

  it('refuses deeper nesting than Jackson does, fast', () => {
    const nested = (depth: number) => `${'{"a":['.repeat(depth / 2)}1${']}'.repeat(depth / 2)}`;
    expect(() => read(nested(1_000))).not.toThrow();
    expect(() => read(nested(1_002))).toThrow(failing('bad-json'));
    expect(() => read(nested(10_000))).toThrow(failing('bad-json'));
    expect(() => read(nested(1_000).replace('1', '12345678901234567890'))).not.toThrow();
  });

  it('counts no brackets within strings', () => {
    const text = `\\"${'[{'.repeat(5_000)}\\\\`;
    expect(read(`{"a":"${text}"}`)).toEqual({ a: JSON.parse(`"${text}"`) });
  });

  it('leaves prototypes alone', () => {
    for (const number of ['1', '12345678901234567890']) {
      const value = read(`{"__proto__":{"admin":${number}},"constructor":1}`);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
      expect(value).not.toHaveProperty('admin');
    }
  });
});
