import { createPrivateKey } from 'node:crypto';
import { channelSettings, failPointInTestsOnly } from '@allim/channel';
import { address, commaList, wholeNumber } from '@allim/platform';
import { z } from 'zod';
import { oneLine } from './plain.js';
import { isMailAddress } from './providers/mail-address.js';
import { type SmtpOptions } from './providers/smtp.js';
import { type MailSettings } from './render-mail.js';

/** A text of the foot and head of mails, on one line. */
const line = () => z.string().refine((text) => oneLine(text) === text, 'expected one line without control characters');

const domainName = () =>
  z.string().regex(/^(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}$/i, 'expected a domain like mail.example.com');

const dkim = ['DKIM_DOMAIN', 'DKIM_SELECTOR', 'DKIM_PRIVATE_KEY'] as const;

/** The settings of the e-mail channel. */
export const settings = z
  .object({
    ...channelSettings(8088),
    SMTP_URL: address('smtp', 'smtps').describe(
      'Mail server, as smtp[s]://[user:password@]host[:port]; smtps is TLS from the first byte (465), smtp STARTTLS (587).',
    ),
    SMTP_TLS: z
      .enum(['required', 'off'], 'expected required or off')
      .default('required')
      .describe('Whether mails travel encrypted, to a server whose certificate is checked; off only on one machine.'),
    SMTP_MAILS_PER_CONNECTION: wholeNumber({ min: 1, max: 1_000_000 })
      .default(1_000)
      .describe(
        'Mails after which a connection is replaced, which one mail waits for; a server that takes fewer closes it itself.',
      ),
    MAIL_FROM: z
      .string()
      .refine(isMailAddress, 'expected an e-mail address like no-reply@mail.example.com')
      .describe('Address that mails come from.'),
    MAIL_FROM_NAME: line().default('Portal Universe').describe('Name of the service, in and above each mail.'),
    MAIL_IMPRINT: line()
      .optional()
      .describe('Company, address and phone at the foot of each mail; Korean law wants them in promotions.'),
    DKIM_DOMAIN: domainName().optional().describe('Domain whose DKIM key signs mails; not signed when not set.'),
    DKIM_SELECTOR: z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i, 'expected a selector like s1')
      .optional()
      .describe('Name of the key below DKIM_DOMAIN.'),
    DKIM_PRIVATE_KEY: z
      .string()
      // Many ways to set a variable know no line breaks.
      .transform((text) => text.replaceAll('\\n', '\n'))
      .refine(isPrivateKey, 'expected a private key, PEM; line breaks may be written as \\n')
      .optional()
      .describe('Private key of DKIM_SELECTOR, PEM.'),
    PUBLIC_URL: address('https', 'http').describe('Site that the links of notifications lead to.'),
    API_URL: address('https', 'http').describe('Where people reach api: the link that stops promotions leads there.'),
    UNSUBSCRIBE_SECRET: commaList()
      .refine(
        (secrets) => secrets.length > 0 && secrets.every((secret) => secret.length >= 32),
        'expected at least 32 characters each, separated by commas',
      )
      .describe(
        'Signs the links that stop promotions, by the first of a list separated by commas; the same as for api, which accepts all of them.',
      ),
  })
  .refine(...failPointInTestsOnly)
  .refine((given) => given.SMTP_TLS !== 'off' || given.NODE_ENV !== 'production', {
    path: ['SMTP_TLS'],
    error: 'expected required in production',
    when: () => true, // also while other settings are wrong, so that all are named at once
  })
  .refine((given) => new Set(dkim.map((name) => given[name] === undefined)).size === 1, {
    path: ['DKIM_DOMAIN'],
    error: `expected ${dkim.join(', ')} together or not at all`,
  });

export type Settings = z.infer<typeof settings>;

function isPrivateKey(text: string): boolean {
  try {
    createPrivateKey(text);
    return true;
  } catch {
    return false;
  }
}

const connectTimeoutMs = 10_000;

export function smtpOptions(settings: Settings): SmtpOptions {
  const url = new URL(settings.SMTP_URL);
  const secure = url.protocol === 'smtps:';
  const { DKIM_DOMAIN: domain, DKIM_SELECTOR: selector, DKIM_PRIVATE_KEY: privateKey } = settings;
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (secure ? 465 : 587),
    secure,
    tls: settings.SMTP_TLS,
    auth: url.username ? { user: decodeURIComponent(url.username), pass: decodeURIComponent(url.password) } : undefined,
    // One for each send of each lane: one that waits for a connection behind another lane would be overtaken by it.
    connections: 3 * settings.SEND_CONCURRENCY,
    mailsPerConnection: settings.SMTP_MAILS_PER_CONNECTION,
    from: { name: settings.MAIL_FROM_NAME, address: settings.MAIL_FROM },
    domain: settings.MAIL_FROM.slice(settings.MAIL_FROM.indexOf('@') + 1),
    dkim: domain && selector && privateKey ? { domain, selector, privateKey } : undefined,
    connectTimeoutMs: Math.min(connectTimeoutMs, settings.SEND_TIMEOUT_MS),
    silenceTimeoutMs: Math.max(1_000, settings.SEND_TIMEOUT_MS - connectTimeoutMs),
  };
}

export const mailSettings = (settings: Settings): MailSettings => ({
  publicUrl: settings.PUBLIC_URL,
  apiUrl: settings.API_URL,
  sender: settings.MAIL_FROM_NAME,
  imprint: settings.MAIL_IMPRINT ?? null,
  unsubscribeSecret: settings.UNSUBSCRIBE_SECRET[0]!, // there is one: checked above
});
