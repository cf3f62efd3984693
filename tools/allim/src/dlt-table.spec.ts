import { stripVTControlCharacters } from 'node:util';
import { type Column, screenOf, table } from './dlt-table.js';
import { widthOf } from './dlt-width.js';

interface Row {
  number: number;
  state: string;
  topic: string;
  message: string;
}

const columns: Column<Row>[] = [
  { title: 'NUMBER', text: ({ number }) => number, align: 'right' },
  {
    title: 'STATE',
    text: ({ state }) => state,
    style: ({ state }) => (state === 'open' ? 'red' : undefined),
    spare: 1,
  },
  { title: 'TOPIC', text: ({ topic }) => topic, least: 6 },
  { title: 'MESSAGE', text: ({ message }) => message, least: 8 },
];
const rows = [
  { number: 7, state: 'open', topic: 'shopping.order.created', message: '주문번호가 없습니다' },
  { number: 1234, state: 'parked', topic: 'user-signup', message: 'expected a name' },
];
const at = (width: number, shown = rows, isColoured = false) => table(columns, shown, { columns: width, isColoured });

it('sets numbers to the right, and what is two columns wide beside what is one', () => {
  expect(at(100)).toBe(
    [
      'NUMBER  STATE   TOPIC                   MESSAGE',
      '     7  open    shopping.order.created  주문번호가 없습니다',
      '  1234  parked  user-signup             expected a name',
    ].join('\n'),
  );
});

it('cuts the widest of the columns that may be cut', () => {
  expect(at(48)).toBe(
    [
      'NUMBER  STATE   TOPIC            MESSAGE',
      '     7  open    shopping.order…  주문번호가 없…',
      '  1234  parked  user-signup      expected a name',
    ].join('\n'),
  );
});

it('leaves out what can be spared rather than cut the others below their least', () => {
  expect(at(28).split('\n')[0]).toBe('NUMBER  TOPIC      MESSAGE');
});

it.each(Array.from({ length: 80 }, (_, index) => index + 1))('fits %i columns, in colour, too', (width) => {
  for (const line of at(width).split('\n')) expect(widthOf(line)).toBeLessThanOrEqual(width);
  expect(stripVTControlCharacters(at(width, rows, true))).toBe(at(width));
});

it('is coloured when it is told to be', () => {
  expect(at(100, rows, true)).toContain('\x1b[31mopen\x1b[39m  ');
  expect(at(100)).not.toContain('\x1b');
});

it('makes visible what must not reach a terminal', () => {
  const message = 'a\x1b[2J\u202eb\nc';
  expect(at(100, [{ ...rows[0]!, message, topic: 'x\x07' }])).toMatch(/x\\x07 +a\\x1b\[2J\\u202eb\\nc$/);
  expect(at(100, [{ ...rows[0]!, message }]).split('\n')).toHaveLength(2);
});

describe('the screen', () => {
  it('is the terminal', () => {
    expect(screenOf({ isTTY: true, columns: 72 }, {})).toEqual({ columns: 72, isColoured: true });
  });
  it('has no colours for those who want none', () => {
    for (const environment of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      expect(screenOf({ isTTY: true, columns: 72 }, environment).isColoured).toBe(false);
    }
    expect(screenOf({ isTTY: true, columns: 72 }, { NO_COLOR: '' }).isColoured).toBe(true);
  });
  it('is 100 columns without colours where there is none, or it does not know', () => {
    expect(screenOf({}, {})).toEqual({ columns: 100, isColoured: false });
    expect(screenOf({ isTTY: true, columns: 0 }, {}).columns).toBe(100);
  });
});
