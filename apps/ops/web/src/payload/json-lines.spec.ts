import { indented, jsonLines } from './json-lines.js';

const paths = (text: string) => jsonLines(text)?.map(({ path }) => path?.join('/') ?? null);

describe('JSON in lines', () => {
  it('has a line for each member, and keeps every figure and every key', () => {
    expect(indented('{"id":9007199254740993,"id":1.10,"list":[true,{"a":null}],"none":{},"empty":[ ]}')).toBe(
      [
        '{',
        '  "id": 9007199254740993,',
        '  "id": 1.10,',
        '  "list": [',
        '    true,',
        '    {',
        '      "a": null',
        '    }',
        '  ],',
        '  "none": {},',
        '  "empty": []',
        '}',
      ].join('\n'),
    );
  });

  it('says where each line stands', () => {
    expect(paths('{"items":[{"price":1},{"price":2}],"a\\"b":"x"}')).toEqual([
      ...['', 'items', 'items/0', 'items/0/price', null],
      ...['items/1', 'items/1/price', null, null, 'a"b', null],
    ]);
    expect(paths('[[1],2]')).toEqual(['', '0', '0/0', null, '1', null]);
  });

  it.each(['"{\\"a\\": [1, 2]}"', '0', 'null'])('takes %s for one line', (text) => {
    expect(indented(text)).toBe(text);
  });

  it('changes nothing of what it means, however it was set', () => {
    const text = '{ "a" : [ 1 ,\n2 ] , "b":{"c": "x,y:{}[]" } }';
    expect(JSON.parse(indented(text)!)).toEqual(JSON.parse(text));
    expect(indented(indented(text)!)).toBe(indented(text));
  });

  it('is not for what is no JSON', () => expect(jsonLines('{"a":1,')).toBeUndefined());

  it('stands deep nesting', () => {
    expect(jsonLines('['.repeat(5_000) + ']'.repeat(5_000))?.length).toBe(9_999);
  });
});
