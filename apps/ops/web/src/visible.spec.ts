import { pieces, visible, visibleJson } from './visible.js';

describe('a text of unknown origin', () => {
  it.each([
    ['주문 ORD-1 🙂', '주문 ORD-1 🙂'],
    ['a\u202eb', 'a\\u202eb'],
    ['\u001b[2J', '\\x1b[2J'],
    ['a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['a\nb\tc\r', 'a\\nb\\tc\\r'],
    ['half \ud83d', 'half \\ud83d'],
    ['\u{e0041}', '\\u{e0041}'],
    ['a\u2028b', 'a\\u2028b'],
    ['', ''],
  ])('%j is shown as %j', (text, shown) => expect(visible(text)).toBe(shown));

  it('says which pieces are marks, and keeps lines where there are lines', () => {
    expect(pieces('a\n\u2066b', true)).toEqual([
      { text: 'a\n', isMark: false },
      { text: '\\u2066', isMark: true },
      { text: 'b', isMark: false },
    ]);
  });

  it('is JSON that means the same, where it is JSON', () => {
    const json = JSON.stringify({ a: 'x\u202ey', b: '\u{e0041}\u200b' }, null, 2);
    expect(visibleJson(json)).toContain('"x\\u202ey"');
    expect(visible(visibleJson(json).replaceAll('\n', ''))).toBe(visibleJson(json).replaceAll('\n', ''));
    expect(JSON.parse(visibleJson(json))).toEqual(JSON.parse(json));
  });
});
