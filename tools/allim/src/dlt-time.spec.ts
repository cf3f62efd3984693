import { ago, momentShown } from './dlt-time.js';

it('is a moment in UTC', () => {
  expect(momentShown('2026-02-06T10:00:00.123Z')).toBe('2026-02-06 10:00:00');
  expect(momentShown('2026-02-06T19:00:00+09:00')).toBe('2026-02-06 10:00:00');
  expect(momentShown(null)).toBe('–');
  expect(momentShown('once')).toBe('once');
});

it.each([
  ['10:00:00', '0 s ago'],
  ['10:00:05', '0 s ago'], // another clock is ahead
  ['09:59:01', '59 s ago'],
  ['09:59:00', '1 min ago'],
  ['09:00:01', '59 min ago'],
  ['09:00:00', '1 h ago'],
  ['00:00:00', '10 h ago'],
])('%s is %s at ten', (time, expected) => {
  expect(ago(`2026-02-06T${time}Z`, new Date('2026-02-06T10:00:00Z'))).toBe(expected);
});

it('counts days from the first one on', () => {
  expect(ago('2026-02-05T10:00:01Z', new Date('2026-02-06T10:00:00Z'))).toBe('23 h ago');
  expect(ago('2025-02-06T10:00:00Z', new Date('2026-02-06T10:00:00Z'))).toBe('365 d ago');
});
