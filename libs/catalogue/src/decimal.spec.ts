import fc from 'fast-check';
import { canonicalDecimal } from './decimal.js';

describe('canonicalDecimal', () => {
  it.each([
    ['45000', '45000'],
    ['45000.50', '45000.5'],
    ['45000.00', '45000'],
    ['0045', '45'],
    ['+1.', '1'],
    ['-0.00', '0'],
    ['0.001', '0.001'],
    ['-12.5', '-12.5'],
    ['1E+5', '100000'],
    ['1.2345e2', '123.45'],
    ['12e-3', '0.012'],
    ['100e-2', '1'],
    ['0E+2147483647', '0'],
    ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789'],
  ])('%s → %s', (text, canonical) => {
    expect(canonicalDecimal(text)).toBe(canonical);
  });

  it.each(['', ' 1', '1 ', '1,000', '.5', '0x10', 'NaN', 'Infinity', '--1', '1e', '١'])('%j is no decimal', (text) => {
    expect(canonicalDecimal(text)).toBeUndefined();
  });

  it.each(['1E+2147483647', '1E-2147483647', '1'.repeat(101), `0.${'1'.repeat(101)}`, `1${'0'.repeat(1_000_000)}1`])(
    'has its bounds (%#)',
    (text) => {
      expect(canonicalDecimal(text)).toBeNull();
    },
  );

  it('writes every double as a number that reads back the same', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, min: -1e90, max: 1e90 }), (number) => {
        const canonical = canonicalDecimal(String(number));
        fc.pre(canonical !== null); // more than 100 digits after the point
        expect(Number(canonical)).toBe(number === 0 ? 0 : number);
        expect(canonical).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
      }),
    );
  });
});
