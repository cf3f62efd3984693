import type { Push } from './fcm-server.js';
import type { Kept } from './kept.js';
import type { KeptMail } from './mail.js';

/**
 * What came in, whichever way: for programs, which ask whether somebody was told. All of it is what somebody sent: nothing
 * is safe to put into a page unescaped.
 */
export interface Message {
  channel: 'email' | 'push';
  /** Of a mail, whom the SMTP commands named; of a push, the token (or the topic). */
  to: string;
  /** Of a push, its title. */
  subject: string;
  /** Of a push, its body. */
  text: string | null;
  html: string | null;
  /** By their names in lower case; one that stands there several times has its values separated by line breaks. */
  headers: Record<string, string>;
  /** When it was here; ISO 8601, UTC, with milliseconds. */
  at: string;
  /** By its Message-ID, or the push's data; null when it was not sent by a channel app. */
  deliveryId: string | null;
}

/** @param to only those to this address or token; all of it must match, upper and lower case are the same in an address */
export async function messages(
  mails: Kept<KeptMail>,
  pushes: Kept<Push>,
  to: string | undefined,
  limit: number,
): Promise<Message[]> {
  const wantedMails = mails
    .newestFirst()
    .filter(({ envelope }) => to === undefined || envelope.to.some((one) => one.toLowerCase() === to.toLowerCase()));
  const wantedPushes = pushes.newestFirst().filter((push) => to === undefined || recipient(push) === to);
  // Only what is answered is read (parsed).
  const all = [
    ...wantedMails.map((mail) => ({ at: mail.receivedAt, read: () => ofMail(mail) })),
    ...wantedPushes.map((push) => ({ at: push.receivedAt, read: async () => ofPush(push) })),
  ].sort((a, b) => (a.at < b.at ? 1 : a.at > b.at ? -1 : 0));
  return await Promise.all(all.slice(0, limit).map(({ read }) => read()));
}

/** Version 7, as deliveries have it: nodemailer's own ids are made like UUIDs, too. */
const deliveryIdIn = /^<([\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12})@/i;

async function ofMail(kept: KeptMail): Promise<Message> {
  const { receivedAt, subject, text, html, headers, messageId } = await kept.read();
  const byName: Record<string, string> = Object.create(null);
  for (const { name, value } of headers) {
    const key = name.toLowerCase();
    byName[key] = key in byName ? `${byName[key]}\n${value}` : value;
  }
  return {
    channel: 'email',
    to: kept.envelope.to.join(', '),
    subject,
    text,
    html,
    headers: byName,
    at: receivedAt,
    deliveryId: deliveryIdIn.exec(messageId ?? '')?.[1] ?? null,
  };
}

const ofPush = (push: Push): Message => ({
  channel: 'push',
  to: recipient(push),
  subject: push.title,
  text: push.body,
  html: null,
  headers: {},
  at: push.receivedAt,
  deliveryId: push.data.deliveryId ?? null,
});

const recipient = ({ token, topic }: Push) => token ?? topic ?? '';
