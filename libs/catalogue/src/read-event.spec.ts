import fc from 'fast-check';
import { entries } from './catalogue.js';
import { DataError } from './data-error.js';
import { readEvent, render, subscribedTopics } from './read-event.js';
import { sampleEvents } from './samples.js';
import { languages } from './texts/texts.js';

const topic = fc.constantFrom(...subscribedTopics);

/** Reads and renders as the consumer does; only a DataError may come out. */
function survives(name: string, value: Buffer | null): void {
  try {
    const planned = readEvent(name, value);
    if (planned !== null) for (const language of languages) render(planned, language);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
  }
}

describe('readEvent', () => {
  it('throws nothing but a DataError, whatever the bytes', () => {
    fc.assert(fc.property(topic, fc.uint8Array(), (name, bytes) => survives(name, Buffer.from(bytes))));
  });

  it('throws nothing but a DataError, whatever the JSON', () => {
    fc.assert(fc.property(topic, fc.json(), (name, json) => survives(name, Buffer.from(json))));
  });

  it('throws nothing but a DataError, whatever stands in a field', () => {
    const entry = fc.constantFrom(...entries);
    const strange = fc.oneof(
      fc.jsonValue(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800', '__proto__', { __proto__: null }, 'a'.repeat(2_000), '9'.repeat(400), 1e308, -0),
    );
    fc.assert(
      fc.property(entry, fc.nat(), strange, ({ topic: name, sample }, position, value) => {
        const event = sample({ user: 'user-1', number: 1 });
        const fields = Object.keys(event);
        const changed = { ...event, [fields[position % fields.length] ?? '']: value };
        survives(name, Buffer.from(JSON.stringify(changed)));
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['', 'nope', '__proto__', 'shopping.order.created.DLT'])('knows no topic %j', (name) => {
    expect(() => readEvent(name, Buffer.from('{}'))).toThrow(expect.objectContaining({ errorClass: 'unknown-topic' }));
  });

  it.each(subscribedTopics)('%s refuses what is no object', (name) => {
    for (const value of ['null', '[]', '"x"', '5', `[${'1,'.repeat(500_000)}1]`]) {
      expect(() => readEvent(name, Buffer.from(value))).toThrow(expect.objectContaining({ errorClass: 'bad-schema' }));
    }
  });

  it('accepts unknown fields, and those that look like a prototype stay without effect', () => {
    const json =
      '{"__proto__":{"userId":"evil"},"constructor":{"prototype":{}},"toString":1,"extra":{"deep":[[[1e999]]]},' +
      '"orderNumber":"ORD-1","userId":"user-1","totalAmount":45000,"itemCount":2}';
    expect(readEvent('shopping.order.created', Buffer.from(json))).toMatchObject({
      to: { userId: 'user-1' },
      paramsJson: '{"itemCount":2,"totalAmount":"45000"}',
    });
    expect(() => readEvent('user-signup', Buffer.from('{"__proto__":{"userId":"evil"}}'))).toThrow(DataError);
  });

  it('keeps every digit of a Java Long and of a BigDecimal', () => {
    const json =
      '{"orderNumber":9223372036854775807,"userId":9007199254740993,"totalAmount":123456789012345678901.25,"itemCount":2}';
    const planned = readEvent('shopping.order.created', Buffer.from(json));
    expect(planned).toMatchObject({
      to: { userId: '9007199254740993' },
      reference: { type: 'order', id: '9223372036854775807' },
      params: { totalAmount: '123456789012345678901.25' },
    });
    expect(planned && render(planned, 'ko').message).toBe('2개 상품, 123,456,789,012,345,678,901.25원 결제 대기중');
  });

  it('writes amounts of a hundred digits in full', () => {
    const json = `{"paymentNumber":1,"orderNumber":1,"userId":1,"amount":"0.${'1'.repeat(100)}"}`;
    const planned = readEvent('shopping.payment.completed', Buffer.from(json));
    expect(planned && render(planned, 'ko').message).toBe(`0.${'1'.repeat(100)}원 결제 완료`);
  });

  it('refuses a link that an id has made too long', () => {
    const event = { timeDealId: '딜'.repeat(60) };
    expect(() => readEvent('shopping.timedeal.started', Buffer.from(JSON.stringify(event)))).toThrow(
      expect.objectContaining({ errorClass: 'too-long', message: expect.stringContaining('link') }),
    );
  });
});

describe('samples', () => {
  it.each(sampleEvents({ user: 'user-1', number: 7 }))(
    'of $topic is told in every language',
    ({ topic, key, value }) => {
      expect(key).toBe('user-1');
      const planned = readEvent(topic, Buffer.from(value));
      expect(planned?.to).toEqual(topic === 'shopping.timedeal.started' ? { topic: 'timedeal' } : { userId: 'user-1' });
      for (const language of languages) {
        const { title, message } = render(planned!, language);
        expect(title).not.toBe('');
        expect(message).not.toMatch(/null|undefined|NaN|\{|\}/);
        expect(message).not.toBe('');
      }
    },
  );

  it('have references of their own by number', () => {
    const references = (number: number) =>
      sampleEvents({ user: 'user-1', number }).map(
        ({ topic, value }) => `${topic} ${JSON.stringify(readEvent(topic, Buffer.from(value))?.identity)}`,
      );
    // A person signs up once.
    expect(references(1).filter((reference) => references(2).includes(reference))).toEqual([
      'user-signup {"type":"user","id":"user-1"}',
    ]);
  });
});
