import { randomBytes } from 'node:crypto';
import { type IHeaders } from 'kafkajs';
import { streams } from './workload.js';

/** A record that nobody can process. */
export interface Poison {
  name: string;
  topic: string;
  key: Buffer | string | null;
  value: Buffer | string | null;
  headers?: IHeaders;
}

const order = { orderNumber: 'poison', userId: 'poison', totalAmount: 45_000, itemCount: 2 };
const json = (changes: object) => JSON.stringify({ ...order, ...changes });
const on =
  (topic: string) =>
  (name: string, value: Poison['value'], rest: Partial<Poison> = {}) => ({
    name,
    topic,
    value,
    key: name,
    ...rest,
  });
const created = on(streams[0]);
const cancelled = on(streams[1]);

export const poisons: readonly Poison[] = [
  created('bad JSON', '{"orderNumber":'),
  created('JSON and more', `${json({})}{}`),
  created('not a number', '{"orderNumber":"a","userId":"b","totalAmount":NaN,"itemCount":1}'),
  created('bad UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])),
  created('UTF-16', Buffer.from(json({}), 'utf16le')),
  created('random bytes', randomBytes(256)),
  created('null value', null),
  created('null value and key', null, { key: null }),
  created('empty value', ''),
  created('blanks', ' \n\t '),
  created('1 MB', json({ orderNumber: 'x'.repeat(1_048_000) })),
  created('depth 10,000', `${'['.repeat(10_000)}${']'.repeat(10_000)}`),
  created('null', 'null'),
  created('array', `[${json({})}]`),
  created('string', '"order"'),
  created('number', '42'),
  created('empty object', '{}'),
  created('missing user', json({ userId: undefined })),
  created('null user', json({ userId: null })),
  created('user is an object', json({ userId: { id: 1 } })),
  created('empty user', json({ userId: '' })),
  created('too long user', json({ userId: 'u'.repeat(65) })),
  created('control character in user', json({ userId: 'a\tb' })),
  created('half a surrogate pair', '{"orderNumber":"\\ud800","userId":"a","totalAmount":1,"itemCount":1}'),
  created('amount in words', json({ totalAmount: 'many' })),
  created('too many digits', json({ totalAmount: '9'.repeat(400) })),
  created('half an item', json({ itemCount: 1.5 })),
  created('items are a string', json({ items: 'keyboard' })),
  created('__proto__', `{"__proto__":${json({})}}`),
  created('constructor', `{"constructor":{"prototype":${json({})}}}`),
  created('binary key', '{', { key: Buffer.from([0xff, 0x00, 0xfe]) }),
  created('empty key', '{', { key: '' }),
  created('own headers', '{', {
    headers: {
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      bytes: Buffer.from([0, 255]),
      many: ['a', 'b'],
    },
  }),
  cancelled('reason is a number', json({ cancelReason: 7 })),
  cancelled('too long reference', json({ orderNumber: 'o'.repeat(201) })),
];
