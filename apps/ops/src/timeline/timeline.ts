import { deliveryCommand } from '@allim/contracts';
import { type DeadLetterCase, type DeadLetterStore, type DeliveryStore, type InboxStore } from '@allim/store';
import { ofPerson, ofReference, type Page, type Told } from './notifications.js';

/** Whose way is asked for. */
export type Asked = { user: string } | { order: string } | { delivery: string };

/** A case that belongs to what was asked for; to which of its deliveries, if to one. */
export interface BelongingCase {
  one: DeadLetterCase;
  deliveryId: string | null;
}

/** Deliveries that are read for each notification that is shown: most have one or two, one with many devices has more. */
const deliveriesForEach = 10;
const casesShown = 50;
/** Something that was told to a whole topic's subscribers is not looked up for each of them. */
const peopleLookedUp = 10;

/** What became of notifications, and of the records behind them. Every method throws a DatabaseDown. */
export class Timeline {
  constructor(
    private readonly deliveries: DeliveryStore,
    private readonly inboxes: InboxStore,
    private readonly letters: DeadLetterStore,
  ) {}

  async of(asked: Asked, size: number): Promise<Page & { cases: BelongingCase[] }> {
    const page = await this.page(asked, size);
    return { ...page, cases: await this.cases(asked, page.told) };
  }

  private async page(asked: Asked, size: number): Promise<Page> {
    const deliveryLimit = size * deliveriesForEach;
    if ('user' in asked) {
      const [inbox, deliveries] = await Promise.all([
        this.inboxes.before(asked.user, { size: size + 1, unreadOnly: false }),
        this.deliveries.timeline({ userId: asked.user }, deliveryLimit),
      ]);
      return ofPerson(inbox, deliveries, { size, deliveryLimit });
    }
    const query = 'order' in asked ? { reference: asked.order } : { deliveryId: asked.delivery };
    const page = ofReference(await this.deliveries.timeline(query, deliveryLimit), { size, deliveryLimit });
    return { ...page, told: await Promise.all(page.told.map((one) => this.withNotification(one))) };
  }

  private async withNotification(told: Told): Promise<Told> {
    return { ...told, notification: (await this.inboxes.find(told.userId, told.notificationId)) ?? undefined };
  }

  /** The newest first. A channel's dead letters have the person as their key, and the delivery in their value. */
  private async cases(asked: Asked, told: readonly Told[]): Promise<BelongingCase[]> {
    const ids = new Set(told.flatMap(({ deliveries }) => deliveries.map(({ id }) => id)));
    const keys = 'user' in asked ? [asked.user] : 'order' in asked ? [asked.order] : [];
    const own = await Promise.all(keys.map((key) => this.letters.page({ key }, { limit: casesShown })));
    const people = 'user' in asked ? [] : [...new Set(told.map(({ userId }) => userId))].slice(0, peopleLookedUp);
    const text = 'delivery' in asked ? asked.delivery.toLowerCase() : undefined;
    const undeliverable = await Promise.all(
      people.map((key) => this.letters.page({ key, errorClass: 'undeliverable', text }, { limit: casesShown })),
    );
    const found = [
      ...own.flatMap(({ cases }) => cases.map((one) => ({ one, deliveryId: ofThese(one, ids) }))),
      ...undeliverable
        .flatMap(({ cases }) => cases.map((one) => ({ one, deliveryId: ofThese(one, ids) })))
        .filter(({ deliveryId }) => deliveryId !== null),
    ];
    const once = new Map(found.map((each) => [each.one.number, each]));
    return [...once.values()].sort((a, b) => b.one.number - a.one.number).slice(0, casesShown);
  }
}

/** The delivery that a dead command was about, if it is one of these. */
function ofThese({ preview }: DeadLetterCase, ids: ReadonlySet<string>): string | null {
  try {
    const id = deliveryCommand.parse(JSON.parse(preview ?? '')).deliveryId.toLowerCase();
    return ids.has(id) ? id : null;
  } catch {
    return null;
  }
}
