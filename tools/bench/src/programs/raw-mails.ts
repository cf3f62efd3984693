import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { workspace } from '@allim/stack';
import { userOf } from '../load.js';
import { type RawInput } from '../sending.js';
import { type MailSample } from './mail-server.js';
import { answerQuestions } from './questions.js';
import { together } from './together.js';

/** What is used of it. */
interface Nodemailer {
  createTransport(options: object): { sendMail(mail: object): Promise<unknown>; close(): void };
}
// The very copy that the app sends by.
const nodemailer: Nodemailer = createRequire(`${workspace}apps/channel-email/package.json`)('nodemailer');

/** Pooled nodemailer and nothing else. Answers mails per second. */
async function send({ url, concurrency, count, sample }: RawInput): Promise<number> {
  const { hostname, port } = new URL(url);
  const transport = nodemailer.createTransport({
    pool: true,
    host: hostname,
    port: Number(port),
    ignoreTLS: true,
    maxConnections: concurrency,
    maxMessages: 1_000, // as the app's
  });
  const { subject, html, text, headers } = sample as MailSample;
  const perSecond = await together(count, concurrency, (number) =>
    transport.sendMail({
      from: { name: 'Portal Universe', address: 'no-reply@mail.example.com' },
      to: { name: `김하나 ${number % 2_000}`, address: `${userOf(number)}@example.com` },
      messageId: `<${randomUUID()}@mail.example.com>`,
      subject,
      html,
      text,
      headers,
      xMailer: false,
    }),
  );
  transport.close();
  return perSecond;
}

answerQuestions({ send });
