import fc from 'fast-check';
import { firstCharacters, patternCharacters, patternOf } from './dead-letter-pattern.js';

describe('patternOf', () => {
  it.each([
    ['order 17: expected a number', 'order <number>: expected a number'],
    ['totalAmount: -45,000.50 is too small', 'totalAmount: -<number> is too small'],
    ['ORD-20260206-001 of user42', 'ORD-<number>-<number> of user<number>'],
    ['no user 018F3B2A-7c1e-7d4b-9a55-0242ac120002!', 'no user <uuid>!'],
    ['at 2026-02-06T10:00:00.123Z', 'at <time>'],
    ['at 2026-02-06 10:00:00 +09:00, not on 2026-02-07', 'at <time>, not on <time>'],
    ['key 0x1F, token 9f86d081884c7d65', 'key <number>, token <number>'],
    ['token 86081884 is gone', 'token <number> is gone'],
    ['a facade is a deadbeef', 'a facade is a deadbeef'],
    ['Unexpected token \'<\', "<html>\\"x" is not valid JSON', 'Unexpected token <text>, <text> is not valid JSON'],
    ["user's name 'O'Neil' can't be read", "user's name <text> can't be read"],
    ["상품 '사과'이 없습니다: `a`", '상품 <text>이 없습니다: <text>'],
    ['bad body: "{ id: 1, … cut', 'bad body: <text>'],
    ['bad body: "cut\\', 'bad body: <text>'],
    ['  two\n\tlines  ', 'two lines'],
    ['<number> as it is', '<number> as it is'],
    ['', ''],
  ])('of %j is %j', (message, pattern) => {
    expect(patternOf(message)).toBe(pattern);
  });

  it('is the same whatever the numbers, ids, times and quotations are', () => {
    const digits = fc.bigInt({ min: 0n, max: 10n ** 30n }).map(String);
    const hexadecimal = fc.stringMatching(/^[\da-f]{7}\d[\da-f]{0,40}$/);
    const time = fc
      .date({ min: new Date(0), max: new Date('2100-01-01'), noInvalidDate: true })
      .map((date) => date.toISOString());
    const quoted = fc.string({ unit: 'grapheme' }).map((text) => JSON.stringify(text));
    fc.assert(
      fc.property(fc.oneof(digits, hexadecimal), fc.uuid(), time, quoted, (number, uuid, at, text) => {
        const message = `${number} of ${uuid} at ${at}: ${text} is wrong`;
        expect(patternOf(message)).toBe('<number> of <uuid> at <time>: <text> is wrong');
      }),
    );
  });

  it('ends within its bound, whatever is given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('"', "'", '\\', '`', '1', 'a', ' ', '😀'), maxLength: 1_000 }),
        (text) => {
          expect([...patternOf(text)].length).toBeLessThanOrEqual(patternCharacters);
        },
      ),
    );
  });
});

describe('firstCharacters', () => {
  it.each([
    ['abc', 3, 'abc'],
    ['abcd', 3, 'abc'],
    ['😀😀😀', 2, '😀😀'],
    ['a😀😀', 2, 'a😀'],
    ['😀', 1, '😀'],
    ['a😀', 1, 'a'],
    ['\ud83d\ud83d\ude00x', 2, '\ud83d😀'],
  ])('of %j, %i of them: %j', (text, most, expected) => {
    expect(firstCharacters(text, most)).toBe(expected);
  });
});
