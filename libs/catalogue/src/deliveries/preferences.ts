import { type Channel, type Person } from '@allim/contracts';
import { type Category, categories, type Planned } from '../notice.js';

/** The categories that come by a channel to a person who has said nothing. The inbox is no channel: it has all. */
const byDefault: Record<Channel, readonly Category[]> = {
  email: categories,
  push: categories,
  // Each one costs money: only who asks for it, and what is critical.
  sms: [],
  // Whoever has set up an endpoint wants to hear of everything.
  webhook: categories,
  // Kakao takes no promotions as Alimtalk.
  alimtalk: categories.filter((category) => category !== 'promotion'),
};

/** Whether a category comes by a channel as long as the person has not said otherwise. */
export function wantedByDefault(category: Category, channel: Channel): boolean {
  return byDefault[channel].includes(category);
}

/**
 * Whether the person wants it there. A preference can keep out what an entry or a request sends by that channel, or let
 * in what is not sent there by default; it never adds a channel that the entry or the request does not name.
 */
export function isWanted({ critical, category }: Planned, { preferences }: Person, channel: Channel): boolean {
  if (critical) return true;
  const chosen = preferences.find((one) => one.channel === channel && one.category === category);
  return chosen?.wanted ?? wantedByDefault(category, channel);
}
