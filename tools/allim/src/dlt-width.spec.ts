import { cut, widthOf } from './dlt-width.js';

it.each([
  ['', 0],
  ['order', 5],
  ['주문', 4],
  ['주문 order', 10],
  ['日本語', 6],
  ['｡ﾊﾝ', 3],
  ['ＡＢ', 4],
  ['é', 1],
  ['か\u3099', 2],
  ['e\u0301', 1],
  ['\u1112\u1161\u11ab', 2], // 한, in single letters
  ['…–', 2],
  ['👍', 2],
  ['👍🏽', 2],
  ['❤️', 2],
  ['🇰🇷', 2],
  ['👩‍👩‍👧', 2],
  ['क्षि', 3],
])('%j takes %i columns', (text, width) => {
  expect(widthOf(text)).toBe(width);
});

it.each([
  ['order', 5, 'order'],
  ['order', 4, 'ord…'],
  ['order', 1, '…'],
  ['order', 0, ''],
  ['주문번호', 8, '주문번호'],
  ['주문번호', 7, '주문번…'],
  ['주문번호', 6, '주문…'],
  ['e\u0301e\u0301e\u0301', 2, 'e\u0301…'],
  ['👍🏽👍🏽', 3, '👍🏽…'],
])('%j in %i columns is %j', (text, columns, expected) => {
  expect(cut(text, columns)).toBe(expected);
  expect(widthOf(expected)).toBeLessThanOrEqual(columns);
});
