import { indentedJson, visible, visibleJson, visibleLines } from './dlt-visible.js';

/** Whatever a terminal could act on. */
const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const everyCharacter = Array.from({ length: 0x11_0000 }, (_, code) => String.fromCodePoint(code)).join('');

it.each([
  ['\x1b[2J', '\\x1b[2J'],
  ['\x1b]52;c;cm0gLXJm\x07', '\\x1b]52;c;cm0gLXJm\\x07'],
  ['a\u009b31mb', 'a\\x9b31mb'],
  ['a\u202egnp.exe', 'a\\u202egnp.exe'],
  ['\u2066a\u2069', '\\u2066a\\u2069'],
  ['a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
  ['line\u2028line', 'line\\u2028line'],
  ['\u{e0041}', '\\u{e0041}'],
  ['\ud83d', '\\ud83d'],
  ['\0\x7f', '\\x00\\x7f'],
  ['a\r\n\tb', 'a\\r\\n\\tb'],
  ['주문 👍🏽 é ~', '주문 👍🏽 é ~'],
])('shows %j as %s', (text, shown) => {
  expect(visible(text)).toBe(shown);
});

it('lets nothing through that a terminal could act on', () => {
  expect(harmful.test(visible(everyCharacter))).toBe(false);
  for (const line of visibleLines(everyCharacter)) expect(harmful.test(line)).toBe(false);
  expect(harmful.test(visibleJson(JSON.stringify(everyCharacter)))).toBe(false);
});

it('keeps lines and widens tabs where lines are wanted', () => {
  expect(visibleLines('Error\r\n\tat \x1b[31mx')).toEqual(['Error\\r', '    at \\x1b[31mx']);
});

it('leaves JSON the JSON that it was', () => {
  const data = { [everyCharacter]: ['\u202e', 1] };
  const json = visibleJson(JSON.stringify(data, null, 2));
  expect(JSON.parse(json)).toEqual(data);
  expect(json.split('\n')).toHaveLength(6);
});

describe('JSON with a line per member', () => {
  it('is what JSON.stringify makes of it', () => {
    const value = { a: [1, [], {}, { b: 'x, y: {"\\"}' }], ' ': null, ㄱ: [true, -1.5] };
    expect(indentedJson(JSON.stringify(value))).toBe(JSON.stringify(value, null, 2));
    expect(indentedJson(JSON.stringify(value, null, 7))).toBe(JSON.stringify(value, null, 2));
  });

  it.each(['{"n":9007199254740993,"m":1.10,"e":1E+2}', '{"a":1,"a":2}', '{"2":0,"1":0}', '"\\u0041\\/"'])(
    'holds %s as it is written',
    (json) => {
      expect(indentedJson(json)?.replace(/[\n ]/g, '')).toBe(json);
    },
  );

  it('shows what a string hides', () => {
    expect(indentedJson('{"a":"\u202e\x7f\\u001b"}')).toBe('{\n  "a": "\\u202e\\u007f\\u001b"\n}');
  });

  it('is not made of what is no JSON', () => {
    for (const text of ['', '{', 'order 7', '{"a":1}}', "{'a':1}", '{"a":"\x1b"}'])
      expect(indentedJson(text)).toBeUndefined();
  });

  it('does not grow beyond measure with its depth', () => {
    const deep = 5_000;
    const json = `${'[1,'.repeat(deep)}0${']'.repeat(deep)}`;
    expect(indentedJson(json)?.length).toBeLessThan(1_000_000);
  });
});
