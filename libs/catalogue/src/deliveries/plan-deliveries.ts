import { type Channel, type Person, type Priority } from '@allim/contracts';
import { type Category, type Planned } from '../notice.js';
import { type DailyHours, firstOutside, wallClock } from './hours.js';
import { isWanted } from './preferences.js';
import { promotionNight } from './promotion.js';
import { type Reason, reasons } from './reasons.js';

/** One delivery as it is to be: a notification on its way through one channel, to one target. */
export interface PlannedDelivery {
  channel: Channel;
  /** Push: the hash of the device's token. Empty for any other channel: its address is read when it is sent. */
  target: Buffer;
  priority: Priority;
  category: Category;
  /** Key in the message files. */
  text: string;
  language: Person['language'];
  state: 'queued' | 'suppressed' | 'skipped';
  /** Which rule kept it in the house; null for what is queued. */
  reason: Reason | null;
  /** Not to be sent before. */
  dueAt: Date;
}

/** The channels that an app sends by. What is planned for any other would wait for ever. */
export const sentChannels: readonly Channel[] = ['email', 'push'];

/** Where a channel's deliveries to a person go. */
interface Addressing {
  /** One delivery each. */
  targets(person: Person): readonly Buffer[];
  /** When there is none. */
  otherwise: Reason;
}

const nowhere = Buffer.alloc(0);
const toContact: readonly Buffer[] = [nowhere];

const addressing: Record<Channel, Addressing> = {
  email: { targets: ({ hasEmail }) => (hasEmail ? toContact : []), otherwise: 'no-address' },
  push: { targets: ({ devices }) => devices, otherwise: 'no-device' },
  sms: { targets: ({ hasPhone }) => (hasPhone ? toContact : []), otherwise: 'no-address' },
  // A person has no endpoint yet.
  webhook: { targets: () => [], otherwise: 'no-address' },
  alimtalk: { targets: ({ hasPhone }) => (hasPhone ? toContact : []), otherwise: 'no-address' },
};

/**
 * Which deliveries a notification for this person makes: for each of its channels one per target, or a single row that
 * says which rule keeps it in the house (`reasons`, in that order). What comes in quiet hours or, a promotion, by night
 * is due at their end; nothing is due before `now` or the notification's `sendAt`.
 *
 * @param known what the store knows of the person; the notification's own contact is counted in
 * @param sent the channels that an app sends by
 */
export function planDeliveries(
  planned: Planned,
  known: Person,
  now: Date,
  sent: readonly Channel[] = sentChannels,
): PlannedDelivery[] {
  if (planned.channels.length === 0) return [];
  const person = withContact(known, planned);
  const { priority, category, text } = planned;
  const dueAt = sendTime(planned, person, now);
  const row = (channel: Channel, target: Buffer, reason: Reason | null): PlannedDelivery => ({
    channel,
    target,
    priority,
    category,
    text,
    language: person.language,
    state: reason === null ? 'queued' : reasons[reason].state,
    reason,
    dueAt: reason === null && dueAt !== null ? dueAt : now,
  });
  return planned.channels.flatMap((channel) => {
    const { targets, otherwise } = addressing[channel];
    const found = targets(person);
    const kept = forbidden(planned, person, channel, sent) ?? (found.length === 0 ? otherwise : null);
    const reason = kept ?? (dueAt === null ? 'no-hour' : null);
    return reason === null ? found.map((target) => row(channel, target, null)) : [row(channel, nowhere, reason)];
  });
}

/** The event itself may tell the address, as the sign-up does for the mail that welcomes. */
function withContact(person: Person, { contact }: Planned): Person {
  if (contact === null || contact.email === null || contact.userId !== person.userId) return person;
  return { ...person, hasEmail: true };
}

/** Asked before the addresses, so that one row says it, however many devices there are. */
function forbidden(planned: Planned, person: Person, channel: Channel, sent: readonly Channel[]): Reason | null {
  if (!sent.includes(channel)) return 'no-channel-yet';
  if (!isWanted(planned, person, channel)) return 'muted';
  // Being critical does not make a promotion lawful.
  if (planned.category === 'promotion' && !person.promotionConsent) return 'no-consent';
  return null;
}

/** When it may be sent; null when no time of the day is left. */
function sendTime({ sendAt, critical, category }: Planned, person: Person, now: Date): Date | null {
  const earliest = sendAt === null ? now : new Date(Math.max(now.getTime(), Date.parse(sendAt)));
  const isPromotion = category === 'promotion';
  const quiet = critical ? null : person.quiet;
  // Most notifications know no hours and need no clock.
  if (quiet === null && !isPromotion) return earliest;
  const clock = wallClock(person.zone);
  const night = isPromotion ? promotionNight(person, clock) : null;
  const hours = [quiet, night].filter((one): one is DailyHours => one !== null);
  return firstOutside(hours, clock, earliest);
}
