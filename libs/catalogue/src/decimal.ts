const decimal = /^([+-]?)(\d+)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/;

/** Digits an amount may have, before and after the point together. Java's BigDecimal can write `1E+2147483647`. */
export const mostDigits = 100;

/**
 * The canonical form of a decimal number's text (`45000.50` → `45000.5`, `1E+5` → `100000`, `-0` → `0`), never through
 * a float. Undefined when the text is no decimal number, null when it has more than `mostDigits` digits.
 */
export function canonicalDecimal(text: string): string | null | undefined {
  const match = decimal.exec(text);
  if (match === null) return undefined;
  // Before the expressions below, which are quadratic in the zeros within a number.
  if (text.length > 2 * mostDigits) return null;
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+/, '');
  if (digits === '') return '0';
  const significant = digits.replace(/0+$/, '');
  // Value = significant × 10^scale.
  const scale = Number(exponent) - fraction.length + (digits.length - significant.length);
  const unsigned = scale >= 0 ? padded(significant, scale) : pointed(significant, -scale);
  return unsigned === null ? null : (sign === '-' ? '-' : '') + unsigned;
}

function padded(digits: string, zeros: number): string | null {
  return digits.length + zeros > mostDigits ? null : digits + '0'.repeat(zeros);
}

function pointed(digits: string, places: number): string | null {
  if (Math.max(digits.length, places) > mostDigits) return null;
  const all = digits.padStart(places + 1, '0');
  return `${all.slice(0, -places)}.${all.slice(-places)}`;
}
