import { generateKeyPairSync } from 'node:crypto';
import { loadSettings } from '@allim/platform';
import { expect, it } from '@jest/globals';
import { mailSettings, settings, smtpOptions } from './config.js';

const given = {
  KAFKA_BROKERS: 'localhost:9092',
  DATABASE_URL: 'mysql://allim@localhost:3306/allim',
  REDIS_URL: 'redis://localhost:6379',
  SMTP_URL: 'smtps://allim:p%40ss@smtp.example.com',
  MAIL_FROM: 'no-reply@mail.example.com',
  PUBLIC_URL: 'https://portal.example.com',
  API_URL: 'https://api.example.com',
  UNSUBSCRIBE_SECRET: 'x'.repeat(32),
};
const load = (more: Record<string, string> = {}) => loadSettings(settings, { ...given, ...more });
const privateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
  type: 'pkcs8',
  format: 'pem',
});

it('reads the mail server from its address', () => {
  expect(smtpOptions(load())).toMatchObject({
    host: 'smtp.example.com',
    port: 465,
    secure: true,
    tls: 'required',
    auth: { user: 'allim', pass: 'p@ss' },
    domain: 'mail.example.com',
    dkim: undefined,
  });
  const plain = smtpOptions(load({ SMTP_URL: 'smtp://[::1]:2525', SMTP_TLS: 'off', NODE_ENV: 'development' }));
  expect(plain).toMatchObject({ host: '::1', port: 2525, secure: false, tls: 'off', auth: undefined });
  expect(smtpOptions(load({ SMTP_URL: 'smtp://smtp.example.com' }))).toMatchObject({ port: 587, tls: 'required' });
});

it('stays within the time of a send: connecting, and the longest silence after it', () => {
  const { connectTimeoutMs, silenceTimeoutMs } = smtpOptions(load());
  expect([connectTimeoutMs, silenceTimeoutMs]).toEqual([10_000, 50_000]);
});

it('signs with the first secret of several', () => {
  expect(mailSettings(load({ UNSUBSCRIBE_SECRET: `${'n'.repeat(32)}, ${'o'.repeat(32)}` })).unsubscribeSecret).toBe(
    'n'.repeat(32),
  );
});

it('takes a DKIM key on one line', () => {
  const dkim = { DKIM_DOMAIN: 'example.com', DKIM_SELECTOR: 's1' };
  const loaded = load({ ...dkim, DKIM_PRIVATE_KEY: String(privateKey).replaceAll('\n', '\\n') });
  expect(smtpOptions(loaded).dkim).toEqual({ domain: 'example.com', selector: 's1', privateKey });
  expect(() => load(dkim)).toThrow('DKIM_DOMAIN: expected DKIM_DOMAIN, DKIM_SELECTOR, DKIM_PRIVATE_KEY together');
});

it('takes a fail point in tests', () => {
  expect(load({ FAIL_POINT: 'sent:1', NODE_ENV: 'test' }).FAIL_POINT).toBe('sent:1');
});

it.each([
  [{ SMTP_TLS: 'off' }, 'SMTP_TLS: expected required in production'],
  [{ SMTP_URL: 'http://smtp.example.com' }, 'SMTP_URL: expected an address like smtp://host:port'],
  [{ MAIL_FROM: 'Kim <kim@example.com>' }, 'MAIL_FROM: expected an e-mail address'],
  [{ MAIL_FROM_NAME: 'a\nb' }, 'MAIL_FROM_NAME: expected one line'],
  [{ DKIM_PRIVATE_KEY: 'secret' }, 'DKIM_PRIVATE_KEY: expected a private key'],
  [{ FAIL_POINT: 'sent:1' }, 'FAIL_POINT: expected not to be set in production'],
  [{ FAIL_POINT: 'saved:1' }, 'FAIL_POINT: expected one of claimed, sent, concluding, concluded, a colon and a number'],
  [{ UNSUBSCRIBE_SECRET: 'short' }, 'UNSUBSCRIBE_SECRET: expected at least 32 characters'],
  [{ UNSUBSCRIBE_SECRET: `${'x'.repeat(32)},short` }, 'UNSUBSCRIBE_SECRET: expected at least 32 characters'],
  [{ UNSUBSCRIBE_SECRET: ' , ' }, 'UNSUBSCRIBE_SECRET: expected at least 32 characters'],
])('refuses %j', (wrong, problem) => {
  expect(() => load(wrong)).toThrow(problem);
});
