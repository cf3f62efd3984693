import { type Benchmark } from '../benchmark.js';
import { figures, sideBySide, what } from '../sending.js';

/** Of the e-mail app, for a local mail server. */
export const mailSettings = (url: string) => ({
  NODE_ENV: 'development', // production refuses a mail server without TLS
  SMTP_URL: url,
  SMTP_TLS: 'off',
  MAIL_FROM: 'no-reply@mail.example.com',
  PUBLIC_URL: 'https://portal.example.com',
  API_URL: 'https://api.example.com',
  UNSUBSCRIBE_SECRET: 'benchmark-secret-of-at-least-32-bytes',
});

export const email: Benchmark = {
  name: 'email',
  what: what('e-mails'),
  figures,
  run: () =>
    sideBySide({
      channel: 'email',
      server: 'mail-server',
      raw: 'raw-mails',
      settings: mailSettings,
    }),
};
