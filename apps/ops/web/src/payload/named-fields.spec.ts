import { jsonLines } from './json-lines.js';
import { namedFields } from './named-fields.js';

const lines = jsonLines('{"orderNumber":"ORD-1","items":[{"price":"x"}],"a.b":1,"user":{}}')!;
const shown = (message: string) =>
  namedFields(message, lines).map(({ line, what, isMissing }) => [lines[line]!.path!.join('/'), what, isMissing]);

describe('fields that a message names', () => {
  it.each([
    ['shopping.order.created: orderNumber: expected a number', [['orderNumber', 'expected a number', false]]],
    ['shopping.order.created: items: 0: price: expected a number', [['items/0/price', 'expected a number', false]]],
    ['items.0.price: expected a number', [['items/0/price', 'expected a number', false]]],
    ['a.b: expected a text', [['a.b', 'expected a text', false]]],
    [
      'shopping.order.created: totalAmount: expected a number; orderNumber: too long: 300',
      [
        ['', 'totalAmount: expected a number', true],
        ['orderNumber', 'too long: 300', false],
      ],
    ],
    ['t: user: name: expected a text', [['user', 'name: expected a text', true]]],
    [
      'Cannot deserialize value of type `int` (through reference chain: x.Order["items"]->java.util.ArrayList[0]->x.Item["price"])',
      [['items/0/price', 'Cannot deserialize value of type `int`', false]],
    ],
    ['connect ECONNREFUSED 127.0.0.1:25', []],
    ['550 no such user', []],
    ['', []],
  ])('%s', (message, fields) => expect(shown(message)).toEqual(fields));
});
