import { createHmac, timingSafeEqual } from 'node:crypto';
import { preference } from '@allim/contracts';
import { z } from 'zod';

const { category, channel } = preference.shape;

/** What one click takes back: this person no longer wants this category through this channel. */
const unsubscription = z.object({ userId: z.string().min(1), category, channel });
export type Unsubscription = z.infer<typeof unsubscription>;

/**
 * The link's token: what it takes back and a signature over it, both base64url. It does not expire: a mail is read for
 * years, and all that it allows is to be left alone. It says nothing but the user id, never an address.
 */
export function unsubscribeToken({ userId, category, channel }: Unsubscription, secret: string): string {
  const what = Buffer.from(JSON.stringify([userId, category, channel])).toString('base64url');
  return `${what}.${signature(what, secret).toString('base64url')}`;
}

/** What a token takes back, or null when none of the secrets has signed it. Several, so that a secret can be replaced. */
export function readUnsubscribeToken(token: string, secrets: readonly string[]): Unsubscription | null {
  const parts = /^([\w-]{1,2000})\.([\w-]{43})$/.exec(token);
  if (parts === null) return null;
  const [, what = '', signed = ''] = parts;
  const given = Buffer.from(signed, 'base64url');
  if (!secrets.some((secret) => timingSafeEqual(given, signature(what, secret)))) return null;
  const [userId, category, channel] = JSON.parse(Buffer.from(what, 'base64url').toString());
  return unsubscription.safeParse({ userId, category, channel }).data ?? null;
}

/** The address of one click: a mail program POSTs `List-Unsubscribe=One-Click` to it (RFC 8058), a person opens it. */
export function unsubscribeLink(apiUrl: string, what: Unsubscription, secret: string): string {
  return `${apiUrl.replace(/\/+$/, '')}/api/v1/unsubscribe/${unsubscribeToken(what, secret)}`;
}

// The purpose is part of what is signed: a secret that signs other things, too, signs no unsubscription by that.
const signature = (what: string, secret: string) =>
  createHmac('sha256', secret).update(`allim:unsubscribe:1\n${what}`).digest();
