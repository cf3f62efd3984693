import { DataError, readEvent, render } from '@allim/catalogue';
import { poisons } from './poisons.js';

describe('poisons', () => {
  it('are of at least 25 kinds, each named once', () => {
    expect(new Set(poisons.map(({ name }) => name)).size).toBe(poisons.length);
    expect(poisons.length).toBeGreaterThanOrEqual(25);
  });

  it.each(poisons.map((poison) => [poison.name, poison] as const))('%s is refused', (_, { topic, value }) => {
    const bytes = typeof value === 'string' ? Buffer.from(value) : value;
    expect(() => render(readEvent(topic, bytes)!, 'ko')).toThrow(DataError);
  });
});
