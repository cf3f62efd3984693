import { readUnsubscribeToken, unsubscribeToken } from './unsubscribe.js';

const what = { userId: 'user/1 "é', category: 'promotion', channel: 'email' } as const;
const token = unsubscribeToken(what, 'secret');

it('comes back as it was, by the secret that signed it or the one before', () => {
  expect(readUnsubscribeToken(token, ['secret'])).toEqual(what);
  expect(readUnsubscribeToken(token, ['new', 'secret'])).toEqual(what);
});

it('is worth nothing when anything of it is changed', () => {
  const [body = '', signature] = token.split('.');
  const other = Buffer.from(JSON.stringify(['user-2', 'promotion', 'email'])).toString('base64url');
  for (const forged of [
    `${other}.${signature}`,
    body,
    `${body}.`,
    `${body}.${'A'.repeat(43)}`,
    '',
    `${token}A`,
    'a.b',
  ]) {
    expect(readUnsubscribeToken(forged, ['secret'])).toBeNull();
  }
  expect(readUnsubscribeToken(token, ['other'])).toBeNull();
  expect(readUnsubscribeToken(token, [])).toBeNull();
});

it('takes nothing back that no preference could say, whoever has signed it', () => {
  for (const wrong of [{ userId: '' }, { category: 'x'.repeat(21) }, { category: '<b>' }, { channel: 'pigeon' }]) {
    expect(
      readUnsubscribeToken(unsubscribeToken({ ...what, ...wrong } as typeof what, 'secret'), ['secret']),
    ).toBeNull();
  }
});

it('does not sign what would read as another: the fields cannot run into each other', () => {
  const one = unsubscribeToken({ ...what, userId: 'a', category: 'b","c' }, 'secret');
  const two = unsubscribeToken({ ...what, userId: 'a","b', category: 'c' }, 'secret');
  expect(one).not.toBe(two);
});
