import { entries, requestTopic, sampleEvents } from '@allim/catalogue';
import { z } from 'zod';
import { schemaDocuments, schemaOf } from './schemas.js';

const samples = sampleEvents({ user: 'user-1', number: 1 });
const accepts = (topic: string, event: unknown) => {
  const entry = entries.find((candidate) => candidate.topic === topic);
  if (entry === undefined) throw new Error(`no entry for ${topic}`);
  return z.fromJSONSchema(schemaOf(entry) as Parameters<typeof z.fromJSONSchema>[0]).safeParse(event).success;
};

describe('JSON Schemas', () => {
  it('are one per topic', () => {
    expect(schemaDocuments().map(({ path }) => path)).toEqual(entries.map(({ topic }) => `docs/schemas/${topic}.json`));
  });

  it.each(samples)(
    'of $topic accepts its sample, also with an unknown field, and refuses it without a needed one',
    (sample) => {
      const event = JSON.parse(sample.value);
      expect(accepts(sample.topic, event)).toBe(true);
      expect(accepts(sample.topic, { ...event, unknown: { x: 1 } })).toBe(true);
      const entry = entries.find(({ topic }) => topic === sample.topic);
      for (const field of schemaOf(entry!).required ?? []) {
        expect([field, accepts(sample.topic, { ...event, [field]: undefined })]).toEqual([field, false]);
      }
    },
  );

  it('say what the reader takes', () => {
    const event = { orderNumber: 'ORD-1', userId: 42, totalAmount: '45000.50', itemCount: 2 };
    const topic = 'shopping.order.created';
    expect(accepts(topic, event)).toBe(true);
    expect(accepts(topic, { ...event, createdAt: [2026, 2, 6, 10, 0], items: null })).toBe(true);
    for (const createdAt of [
      '2026-02-09',
      '2026-02-06T10:00',
      '2026-02-06 10:00:00.123456789+0900',
      '2026-02-06t10:00:00z',
    ])
      expect([createdAt, accepts(topic, { ...event, createdAt })]).toEqual([createdAt, true]);
    expect(accepts(topic, { ...event, createdAt: 'soon' })).toBe(false);
    expect(accepts(topic, { ...event, orderNumber: 'a\nb' })).toBe(false);
    expect(accepts(topic, { ...event, orderNumber: '' })).toBe(false);
    expect(accepts(topic, { ...event, orderNumber: 1.5 })).toBe(false);
    expect(accepts(topic, { ...event, totalAmount: '45,000' })).toBe(false);
    expect(accepts(topic, { ...event, itemCount: '2' })).toBe(false);
    expect(accepts('user-signup', { userId: 'user-1', name: null })).toBe(true);
    expect(accepts('user-signup', { userId: 'user-1', name: 5 })).toBe(false);
  });

  it("check a template's parameters", () => {
    const request = JSON.parse(samples.find(({ topic }) => topic === requestTopic)?.value ?? '');
    expect(accepts(requestTopic, { ...request, params: { title: 't' } })).toBe(false);
    expect(accepts(requestTopic, { ...request, template: 'nope' })).toBe(false);
  });
});
