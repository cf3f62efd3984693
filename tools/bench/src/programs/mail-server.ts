import { type SmtpServer, startSmtpServer } from '@allim/mailbox';
import { answerQuestions } from './questions.js';

/** A mail as a sender is told to write it. */
export interface MailSample {
  subject: string;
  html: string;
  text: string;
  headers: Record<string, string>;
  /** Of the whole source. */
  bytes: number;
}

let server: SmtpServer;

async function listen(answersAfterMs: number): Promise<string> {
  server = await startSmtpServer({
    startTls: false,
    script: { mails: () => (answersAfterMs > 0 ? { answersAfterMs } : undefined) },
  });
  return server.url;
}

async function sample(): Promise<MailSample> {
  const mail = await server.kept.newestFirst()[0]?.read();
  if (!mail) throw new Error('no mail has come');
  const { subject, html, text, bytes, headers } = mail;
  const autoSubmitted = headers.find(({ name }) => name.toLowerCase() === 'auto-submitted');
  return {
    subject,
    html: html ?? '',
    text: text ?? '',
    headers: autoSubmitted ? { [autoSubmitted.name]: autoSubmitted.value } : {},
    bytes,
  };
}

answerQuestions({ listen, received: () => server.kept.received, sample });
