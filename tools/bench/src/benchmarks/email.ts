import { type Benchmark } from '../benchmark.js';
import { figures, sideBySide, what } from '../sending.js';

export const email: Benchmark = {
  name: 'email',
  what: what('e-mails'),
  figures,
  run: () =>
    sideBySide({
      channel: 'email',
      server: 'mail-server',
      raw: 'raw-mails',
      settings: (url) => ({
        NODE_ENV: 'development', // production refuses a mail server without TLS
        SMTP_URL: url,
        SMTP_TLS: 'off',
        MAIL_FROM: 'no-reply@mail.example.com',
        PUBLIC_URL: 'https://portal.example.com',
        API_URL: 'https://api.example.com',
        UNSUBSCRIBE_SECRET: 'benchmark-secret-of-at-least-32-bytes',
      }),
    }),
};
