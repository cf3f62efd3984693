import { brokenAt } from './json-break.js';

describe('where a text stops being JSON', () => {
  it.each([
    ['', 1, 1],
    ['{"orderNumber":"ORD-BROKEN",', 1, 29],
    ['{\n  "a": x\n}', 2, 8],
    ['{"a":1,}', 1, 8],
    ['[1,]', 1, 4],
    ['[1 2]', 1, 4],
    ['{"a" 1}', 1, 6],
    ['{"a":"not ended}', 1, 6],
    ['{"a":01}', 1, 7],
    ['{} {}', 1, 4],
    ["{'a':1}", 1, 2],
    ['{"a":1]', 1, 7],
    [']', 1, 1],
    ['"\\x"', 1, 1],
  ])('%j at line %d, column %d', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(brokenAt(text)).toEqual({ line, column });
  });

  it.each(['{}', '[]', ' [ ] ', '{"a":[1,-0.5e+7,{"b":null}],"c":{}}', '"\\u00e9\\n"', '0', 'true'])(
    'not in %j',
    (text) => {
      expect(() => JSON.parse(text)).not.toThrow();
      expect(brokenAt(text)).toBeUndefined();
    },
  );
});
