import { z } from 'zod';
import { type Channel, channelNames } from './channels.js';

/** The most characters (Unicode code points) of what we keep of a person and of a device; the store's columns are as wide. */
export const personLimits = {
  name: 100,
  /** A mail server takes no longer path (RFC 5321, 4.5.3.1.3). */
  email: 254,
  phone: 20,
  zone: 64,
  token: 4096,
  appVersion: 40,
  preferences: 100,
} as const;

/** What is known of the person a delivery is planned for. No address: whoever sends reads that when it sends. */
export interface Person {
  userId: string;
  name: string | null;
  language: 'ko' | 'en';
  /** IANA name: `Asia/Seoul`. */
  zone: string;
  /** Minutes of the day in the person's zone, `until` itself not included; `from` after `until` spans midnight. */
  quiet: { from: number; until: number } | null;
  promotionConsent: boolean;
  /** To promotions at night, for which Korean law wants a consent of its own. */
  nightConsent: boolean;
  hasEmail: boolean;
  hasPhone: boolean;
  /** SHA-256 of the token of each device: the targets of pushes. */
  devices: readonly Buffer[];
  /** What the person has chosen; where nothing is, the defaults of the catalogue count. */
  preferences: readonly { category: string; channel: Channel; wanted: boolean }[];
}

/** Somebody we know nothing of but the id. */
export const stranger = (userId: string): Person => ({
  userId,
  name: null,
  language: 'ko',
  zone: 'Asia/Seoul',
  quiet: null,
  promotionConsent: false,
  nightConsent: false,
  hasEmail: false,
  hasPhone: false,
  devices: [],
  preferences: [],
});

const name = z
  .string('expected a text')
  .trim()
  .min(1, 'expected a name that is not empty, or null')
  .refine((text) => [...text].length <= personLimits.name, `expected a name of at most ${personLimits.name} characters`)
  // A line break in a name is one in a mail's header; half a surrogate pair has no UTF-8 form.
  .refine((text) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text) && text.isWellFormed(), 'expected no control characters');

const emailExpected = 'expected an e-mail address like "name@example.com"';
const emailAddress = z
  .email(emailExpected)
  .max(personLimits.email, `expected an e-mail address of at most ${personLimits.email} characters`)
  .refine((address) => address.indexOf('@') <= 64, emailExpected);

const phoneExpected = `expected a phone number like "+821012345678" or "010-1234-5678", at most ${personLimits.phone} characters`;
/** As it was written: who sends to it brings it into E.164. */
const phoneNumber = z
  .string(phoneExpected)
  .max(personLimits.phone, phoneExpected)
  .regex(/^\+?\d(?:[ -]?\d){5,14}$/, phoneExpected);

const zoneExpected = 'expected an IANA time zone like "Asia/Seoul"';
const zone = z.string(zoneExpected).max(personLimits.zone, zoneExpected).refine(isZone, zoneExpected);

function isZone(text: string): boolean {
  // Intl also takes "+09:00", which knows no summer time.
  if (!/^[A-Za-z]/.test(text)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    return false;
  }
}

const timeExpected = 'expected a time of day like "22:00"';
const timeOfDay = z.string(timeExpected).regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, timeExpected);

/** `"22:30"` → 1350. The text has passed `contactDetails`. */
export const minutesOfDay = (text: string): number => Number(text.slice(0, 2)) * 60 + Number(text.slice(3));

/** 1350 → `"22:30"` */
export const timeOfMinutes = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

const consent = z.boolean('expected true or false').default(false);

/** What a client PUTs as its contact, and gets back: the whole of it; what is absent becomes the default. */
export const contactDetails = z.strictObject({
  name: name.nullable().default(null),
  email: emailAddress.nullable().default(null),
  phone: phoneNumber.nullable().default(null),
  language: z.enum(['ko', 'en'], 'expected "ko" or "en"').default('ko'),
  zone: zone.default('Asia/Seoul'),
  /** When nothing but what is critical is sent out, in the person's zone. */
  quiet: z
    .strictObject({ from: timeOfDay, until: timeOfDay }, 'expected {"from": "22:00", "until": "07:00"} or null')
    .refine(({ from, until }) => from !== until, 'expected two different times: silence all day long is a preference')
    .nullable()
    .default(null),
  promotionConsent: consent,
  nightConsent: consent,
});
export type ContactDetails = z.infer<typeof contactDetails>;

const tokenExpected = `expected a device token: letters, digits and "_-:.+/=", at most ${personLimits.token}`;
export const deviceToken = z
  .string(tokenExpected)
  .max(personLimits.token, tokenExpected)
  .regex(/^[\w:.+/=-]+$/, tokenExpected);

/** What a client PUTs under its device's token. */
export const deviceDetails = z.strictObject({
  platform: z.enum(['android', 'ios', 'web'], 'expected "android", "ios" or "web"'),
  appVersion: z
    .string('expected a version')
    .regex(/^[\x21-\x7e]{1,40}$/, `expected a version like "4.2.0", at most ${personLimits.appVersion} characters`)
    .nullable()
    .default(null),
});
export type DeviceDetails = z.infer<typeof deviceDetails>;

/** Whether a person wants one category on one channel. */
export const preference = z.strictObject({
  category: z
    .string('expected a category')
    .regex(/^[a-z][a-z0-9-]{0,19}$/, 'expected a category like "order": a-z, 0-9, "-", at most 20'),
  channel: z.enum(channelNames, `expected a channel: ${channelNames.join(', ')}`),
  wanted: z.boolean('expected true or false'),
});
export type Preference = z.infer<typeof preference>;

/** What a client PUTs as its preferences: the whole of them; where nothing is said, the defaults count. */
export const preferences = z.strictObject({
  preferences: z
    .array(preference, 'expected a list of {category, channel, wanted}')
    .max(personLimits.preferences, `expected at most ${personLimits.preferences} preferences`)
    .refine(
      (list) => new Set(list.map(({ category, channel }) => `${category} ${channel}`)).size === list.length,
      'expected each category and channel once',
    ),
});
export type Preferences = z.infer<typeof preferences>;
