import { type Person } from '@allim/contracts';
import { type DailyHours, type WallClock } from './hours.js';

// Korean law (Network Act, article 50) asks for the recipient's consent to promotions, a consent of its own for those
// between 21:00 and 08:00, and this label, in these very characters, at the beginning of the title. We hold every channel
// to it, e-mail too: a phone rings for a mail by night.
const label = '(광고)';
const night: DailyHours = { from: 21 * 60, until: 8 * 60 };

// Intl writes it so, however it was spelt ("asia/seoul", "ROK").
const korea = 'Asia/Seoul';

/** The hours in which this person is sent no promotion; null when there are none. */
export function promotionNight({ nightConsent }: Person, { zone }: WallClock): DailyHours | null {
  return !nightConsent && zone === korea ? night : null;
}

/**
 * The title as it leaves the house (the inbox shows it without a label): `(광고)` before a promotion's. The law binds the
 * sender, so it stands there in every language and zone. As it is for other categories, and where it has the label.
 */
export function outsideTitle({ category, title }: { category: string; title: string }): string {
  return category !== 'promotion' || title.trimStart().startsWith(label) ? title : `${label} ${title}`;
}
