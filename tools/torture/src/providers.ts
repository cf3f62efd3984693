import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Channel } from '@allim/contracts';
import { type FcmServer, type Push, type SmtpServer, startFcmServer, startSmtpServer } from '@allim/mailbox';
import { type Arena } from './arena.js';

/** Its history is the truth; here only the newest one is read. */
const keep = { count: 10 };
const keptHead = 2_000;

/**
 * What is beyond the channels: a mail server, an FCM, and a provider of text messages, in this process. They write down
 * what arrives before they answer.
 */
export class Providers {
  private constructor(
    private readonly arena: Arena,
    private smtp: SmtpServer,
    private readonly fcm: FcmServer,
    private readonly smsUrl: string,
  ) {}

  static async open(arena: Arena): Promise<Providers> {
    const [smtp, fcm, smsUrl] = await Promise.all([
      startSmtpServer({ keep }),
      startFcmServer({ keep }),
      openSmsServer(arena),
    ]);
    const providers = new Providers(arena, smtp, fcm, smsUrl);
    arena.onClose(() => Promise.all([providers.smtp.stop(), fcm.stop()]));
    providers.watchMails();
    fcm.kept.watch(() => {
      const push = fcm.kept.get(String(fcm.kept.received));
      if (push) arena.history.add({ kind: 'arrived', channel: 'push', number: numberIn(push.title), key: keyOf(push) });
    });
    return providers;
  }

  /** What a channel's program has to know of its provider. */
  settings(channel: Channel): NodeJS.ProcessEnv {
    switch (channel) {
      case 'email':
        return {
          SMTP_URL: this.smtp.url,
          SMTP_TLS: 'off',
          MAIL_FROM: 'no-reply@mail.example.com',
          PUBLIC_URL: 'https://portal.example.com',
          API_URL: 'https://api.example.com',
          UNSUBSCRIBE_SECRET: this.arena.secret,
        };
      case 'push':
        return { FCM_ENDPOINT: this.fcm.url };
      default:
        return { PROVIDER_URL: this.smsUrl };
    }
  }

  /** The mail server goes away, with all its connections. Answers how to bring it back. */
  async stopMails(): Promise<() => Promise<void>> {
    const { port } = this.smtp;
    await this.smtp.stop();
    return async () => {
      this.smtp = await startSmtpServer({ port, keep });
      this.watchMails();
    };
  }

  private watchMails(): void {
    const { kept } = this.smtp;
    kept.watch(() => {
      const mail = kept.get(String(kept.received));
      if (!mail) return;
      const head = mail.source.subarray(0, keptHead).toString('latin1');
      const number = numberIn(header(head, 'Subject'));
      this.arena.history.add({ kind: 'arrived', channel: 'email', number, key: header(head, 'Message-ID') });
    });
  }
}

/** Takes `{ "title", "deliveryId" }` by POST; says yes to everything. */
async function openSmsServer(arena: Arena): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { title, deliveryId } = JSON.parse(Buffer.concat(chunks).toString());
      arena.history.add({ kind: 'arrived', channel: 'sms', number: numberIn(title), key: deliveryId });
      response.end('{}');
    });
  }).listen(0, '127.0.0.1');
  // Node's own 5 s would cut a kept connection just as it is used again.
  server.keepAliveTimeout = 60_000;
  await once(server, 'listening');
  arena.onClose(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** By which a device knows a second one: the same on each platform. */
function keyOf({ message: { android, apns } }: Push): string {
  const headers = apns?.headers as Record<string, string> | undefined;
  const keys = new Set([String(android?.collapse_key), String(headers?.['apns-collapse-id'])]);
  return [...keys].join(' and ');
}

/** The title of a delivery's notification. */
export const titleOf = (number: number): string => `message ${number}`;
const numberIn = (title: string): number => Number(/^message (\d+)$/.exec(title)?.[1] ?? Number.NaN);

const header = (head: string, name: string): string => new RegExp(`^${name}: (.*?)\\r$`, 'm').exec(head)?.[1] ?? '';
