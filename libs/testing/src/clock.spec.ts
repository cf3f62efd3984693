import { fixedClock } from './clock.js';

it('stands still until it is moved', () => {
  const clock = fixedClock('2026-02-06T10:00:00Z');
  expect(clock()).toBe(Date.UTC(2026, 1, 6, 10));
  clock.advance(1_500);
  expect(clock()).toBe(Date.UTC(2026, 1, 6, 10, 0, 1, 500));
});

it('refuses what is no time', () => {
  expect(() => fixedClock('tomorrow')).toThrow('not "tomorrow"');
});
