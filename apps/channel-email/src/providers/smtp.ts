import { createPrivateKey } from 'node:crypto';
import { type Readable } from 'node:stream';
import { type Outcome, type Outgoing, type Provider } from '@allim/channel';
import nodemailer, { type SendMailOptions, type SMTPPoolOptions, type Transporter } from 'nodemailer';
import { oneLine } from '../plain.js';
import { type Mail, MissingParameter, type RenderMail } from '../render-mail.js';
import { isMailAddress } from './mail-address.js';
import { fieldsOf, outcomeOf, type Stage } from './smtp-outcome.js';
import { inOnePiece } from './whole-mail.js';

/** The signature must cover what the one click of RFC 8058 stands in; nodemailer's own list ends before it. */
const signedHeaders = [
  ...['From', 'Sender', 'Reply-To', 'Subject', 'Date', 'Message-ID', 'To', 'MIME-Version', 'Content-Type'],
  ...['Content-Transfer-Encoding', 'List-Unsubscribe', 'List-Unsubscribe-Post', 'Auto-Submitted'],
].join(':');

export interface SmtpOptions {
  host: string;
  port: number;
  /** TLS from the first byte (465). Otherwise STARTTLS (587), unless `tls` is off. */
  secure: boolean;
  /** Off only where no mail leaves the machine: then nothing is encrypted. */
  tls: 'required' | 'off';
  /** Certificates of authorities to trust instead of the system's, PEM. */
  ca?: string;
  auth?: { user: string; pass: string };
  /** Mails under way at the same time, one on each connection. */
  connections: number;
  /** After so many a connection is replaced; some servers cut one that sends more. */
  mailsPerConnection: number;
  from: { name: string; address: string };
  /** Right of the @ in Message-IDs, and how we say EHLO. */
  domain: string;
  dkim?: { domain: string; selector: string; privateKey: string };
  /** Milliseconds until a session must stand, from the look-up of the name to STARTTLS. */
  connectTimeoutMs: number;
  /**
   * Milliseconds in which a server may say nothing. One that trickles is never silent: the signal of a send is what ends
   * that, so both together should not be longer than a send's budget.
   */
  silenceTimeoutMs: number;
}

/** A send as it is followed: nodemailer's errors do not tell how far it had come. */
interface Progress {
  composed: boolean;
  /** The mail as the connection reads it; there once a session stands and the mail is offered. */
  stream: Readable | null;
}
type Tracked = SendMailOptions & { progress: Progress };

/** Sends mails through one SMTP server, over a pool of kept connections. */
export class SmtpProvider implements Provider {
  readonly name = 'smtp';
  private readonly transport: Transporter;
  private readonly underWay = new Set<Promise<Outcome>>();

  /** Throws where the DKIM key is none: a wrong one would fail each mail. */
  constructor(
    private readonly options: SmtpOptions,
    private readonly render: RenderMail,
  ) {
    if (options.dkim !== undefined) createPrivateKey(options.dkim.privateKey);
    this.transport = nodemailer.createTransport(poolOptions(options));
    this.transport.use('stream', (mail, done) => {
      const { progress } = mail.data as unknown as Tracked;
      progress.composed = true;
      const { message } = mail;
      inOnePiece(message);
      const read = message.createReadStream.bind(message);
      message.createReadStream = (streaming) => {
        const stream = read(streaming);
        progress.stream = stream;
        return stream;
      };
      done();
    });
  }

  async send(message: Outgoing, signal: AbortSignal): Promise<Outcome> {
    const sending = this.attempt(message, signal);
    this.underWay.add(sending);
    try {
      return await sending;
    } finally {
      this.underWay.delete(sending);
    }
  }

  async close(): Promise<void> {
    this.transport.close(); // idle connections now, busy ones when they are done
    await Promise.allSettled(this.underWay);
  }

  private async attempt(message: Outgoing, signal: AbortSignal): Promise<Outcome> {
    const { email } = message.address;
    if (email === null) return { kind: 'permanent', reason: 'no e-mail address' };
    if (!isMailAddress(email)) return { kind: 'permanent', reason: 'not an e-mail address' };
    let rendered: Mail;
    try {
      rendered = this.render(message);
    } catch (error) {
      const known = error instanceof MissingParameter;
      return { kind: 'permanent', reason: known ? error.message : `template of ${message.text} failed` };
    }

    return this.hand(this.mail(message, email, rendered), signal);
  }

  private async hand(mail: SendMailOptions, signal: AbortSignal): Promise<Outcome> {
    for (let fresh = false; ; fresh = true) {
      const progress: Progress = { composed: false, stream: null };
      const tracked: Tracked = { ...mail, signal, progress };
      try {
        const { serverMessageId } = await this.transport.sendMail(tracked);
        // Some servers put a Message-ID of their own in place of ours; their bounces name that one.
        return { kind: 'accepted', providerMessageId: serverMessageId?.slice(0, 255) ?? String(mail.messageId) };
      } catch (error) {
        const stage = stageOf(progress);
        if (!fresh && !signal.aborted && wasStale(error, stage)) continue;
        return outcomeOf(error, stage);
      }
    }
  }

  private mail(message: Outgoing, email: string, { subject, html, text, unsubscribe }: Mail): SendMailOptions {
    const { from, domain } = this.options;
    const name = oneLine(message.address.name ?? '');
    return {
      // Objects, never strings: a string is parsed, and what a name holds could become a second recipient.
      from,
      to: { name, address: email },
      envelope: { from: from.address, to: [email] },
      messageId: `<${message.deliveryId}@${domain}>`,
      subject,
      html,
      text,
      headers: {
        // Else out-of-office answers come to the sender, one for each mail.
        'Auto-Submitted': 'auto-generated',
        ...(unsubscribe === null ? {} : { 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' }),
      },
      ...(unsubscribe === null ? {} : { list: { unsubscribe: { url: unsubscribe } } }),
      xMailer: false,
      disableFileAccess: true,
      disableUrlAccess: true,
    };
  }
}

function poolOptions(options: SmtpOptions): SMTPPoolOptions & { pool: true } {
  const { host, port, secure, auth, domain, dkim, connectTimeoutMs, silenceTimeoutMs } = options;
  return {
    pool: true,
    host,
    port,
    secure,
    requireTLS: !secure && options.tls === 'required',
    // A server of the local stack offers STARTTLS with a certificate that nobody has signed.
    ignoreTLS: options.tls === 'off',
    tls: { rejectUnauthorized: true, minVersion: 'TLSv1.2', ...(options.ca === undefined ? {} : { ca: options.ca }) },
    ...(auth === undefined ? {} : { auth }),
    name: domain,
    maxConnections: options.connections,
    maxMessages: options.mailsPerConnection,
    maxRequeues: 0, // attempts are counted by the delivery, not by the pool
    connectionTimeout: connectTimeoutMs,
    greetingTimeout: connectTimeoutMs,
    dnsTimeout: connectTimeoutMs,
    socketTimeout: silenceTimeoutMs,
    // A server that does not close its side would hold the socket for 5 s.
    socketCloseTimeout: 500,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(dkim === undefined
      ? {}
      : {
          dkim: {
            domainName: dkim.domain,
            keySelector: dkim.selector,
            privateKey: dkim.privateKey,
            headerFieldNames: signedHeaders,
          },
        }),
  };
}

function stageOf({ composed, stream }: Progress): Stage {
  if (stream === null) return composed ? 'connecting' : 'composing';
  // The connection writes the final dot when it has read the stream to its end, and not before.
  return stream.readableEnded ? 'handed-over' : 'offered';
}

/**
 * Whether a kept connection turned out to be closed by the server, with nothing of the mail sent: the one error that the
 * pool raises by itself (it names no command) instead of queueing the mail again, which we have forbidden. Servers close
 * what is idle as they please; that is no attempt.
 */
function wasStale(error: unknown, stage: Stage): boolean {
  const { code, command } = fieldsOf(error);
  return stage === 'offered' && code === 'ECONNECTION' && command === undefined;
}
