import { ago, duration, momentShown } from './dlt-time.js';

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

it.each([
  [0, '1 s'],
  [0.2, '1 s'],
  [59, '59 s'],
  [59.5, '1 min'],
  [200, '3 min 20 s'],
  [3_600, '1 h'],
  [7_261, '2 h 2 min'],
  [86_399, '24 h'],
  [90_000, '1 d 1 h'],
  [864_000, '10 d'],
])('%f s are %s', (seconds, shown) => {
  expect(duration(seconds)).toBe(shown);
});
