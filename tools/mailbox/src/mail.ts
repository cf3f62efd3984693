import PostalMime, { type Address, type Email } from 'postal-mime';
import type { Listed } from './filter.js';

export interface Correspondent {
  name: string;
  address: string;
}

/** A mail as its reader sees it. All of it is what somebody sent: nothing is safe to put into a page unescaped. */
export interface Mail {
  id: string;
  /** When its last byte was here; ISO 8601, UTC, with milliseconds. */
  receivedAt: string;
  /** Whom the SMTP commands named, which is who gets it; the headers below may say something else. */
  envelope: { from: string; to: string[] };
  from: Correspondent | null;
  to: Correspondent[];
  subject: string;
  /** With its angle brackets. */
  messageId: string | null;
  text: string | null;
  html: string | null;
  headers: { name: string; value: string }[];
  attachments: { filename: string | null; mimeType: string; bytes: number }[];
  /** Of the source. */
  bytes: number;
  /** Whether it came through TLS. */
  secure: boolean;
  /** Who had signed in, or null. */
  user: string | null;
  /** Why it could not be read, or null. Its source is here all the same. */
  problem: string | null;
}

export interface Envelope {
  from: string;
  to: string[];
  secure: boolean;
  user: string | null;
}

/** A mail as it came. It is read (parsed) when somebody looks at it: under load nobody does, and reading costs more than taking it. */
export class KeptMail {
  private reading: Promise<Mail> | undefined;
  readonly receivedAt = new Date().toISOString();

  constructor(
    readonly id: string,
    readonly envelope: Envelope,
    readonly source: Buffer,
  ) {}

  get bytes(): number {
    return this.source.length;
  }

  read(): Promise<Mail> {
    this.reading ??= this.parse();
    return this.reading;
  }

  private async parse(): Promise<Mail> {
    let email: Email = { headers: [], headerLines: [], attachments: [] };
    let problem: string | null = null;
    try {
      email = await PostalMime.parse(this.source);
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error);
    }
    const { from, to, secure, user } = this.envelope;
    return {
      id: this.id,
      receivedAt: this.receivedAt,
      envelope: { from, to },
      from: email.from ? (correspondents([email.from])[0] ?? null) : null,
      to: correspondents(email.to ?? []),
      subject: email.subject ?? '',
      messageId: email.messageId ?? null,
      text: email.text ?? null,
      html: email.html ?? null,
      headers: email.headers.map(({ originalKey, value }) => ({ name: originalKey, value })),
      attachments: email.attachments.map(({ filename, mimeType, content }) => ({
        filename,
        mimeType,
        bytes: typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength,
      })),
      bytes: this.bytes,
      secure,
      user,
      problem,
    };
  }
}

function correspondents(addresses: Address[]): Correspondent[] {
  return addresses.flatMap((one) => (one.group ? one.group : [one])).map(({ name, address }) => ({ name, address }));
}

export function listedMail(mail: Mail): Listed {
  const named = mail.to.flatMap(({ name, address }) => [name, address]);
  return { receivedAt: mail.receivedAt, recipients: [...mail.envelope.to, ...named], heading: mail.subject };
}
