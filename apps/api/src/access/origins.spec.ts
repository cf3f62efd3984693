import { originAllowed } from './origins.js';

it.each([
  [undefined, true],
  ['https://shop.example', true],
  ['https://api.example', true],
  ['https://shop.example.evil.example', false],
  ['http://shop.example', false],
  ['https://shop.example:8443', false],
  ['null', false],
  ['', false],
])('origin %s: %s', (origin, allowed) => {
  expect(originAllowed({ origin, host: 'api.example' }, ['https://shop.example'])).toBe(allowed);
});

it('"*" allows all', () => {
  expect(originAllowed({ origin: 'https://evil.example', host: 'api.example' }, ['*'])).toBe(true);
});
