import { channelNames, type NotificationResponse } from '@allim/contracts';
import { type DeliveryTimeline } from '@allim/store';

/** A notification of which we know something: its row, its deliveries, or both. */
export interface Told {
  userId: string;
  notificationId: number;
  /** Undefined: it was deleted. */
  notification: NotificationResponse | undefined;
  /** The oldest first. */
  deliveries: DeliveryTimeline[];
}

export interface Page {
  told: Told[];
  /** There are older ones. */
  isCut: boolean;
}

/**
 * One person's notifications and deliveries as one list, the newest first, at most `size`.
 *
 * @param inbox the newest of the inbox: all of it, or more than `size`
 * @param deliveries by notification, the newest first; as many as `deliveryLimit`: there may be more
 */
export function ofPerson(
  inbox: readonly NotificationResponse[],
  deliveries: readonly DeliveryTimeline[],
  { size, deliveryLimit }: { size: number; deliveryLimit: number },
): Page {
  const whole = withoutLast(deliveries, deliveryLimit);
  const isShort = whole.length < deliveries.length;
  // Of what is older not all deliveries are known.
  const least = isShort ? whole.at(-1)!.notificationId : 0;
  const rows = inbox.filter(({ id }) => id >= least);
  const all = merged(rows, whole).sort((a, b) => b.notificationId - a.notificationId);
  return { told: all.slice(0, size), isCut: isShort || all.length > size };
}

/**
 * Deliveries by their notifications, in the order of the newest delivery of each, at most `size`. What they say is still to
 * be read: `notification` is undefined.
 *
 * @param deliveries the newest first; as many as `deliveryLimit`: there may be more
 */
export function ofReference(
  deliveries: readonly DeliveryTimeline[],
  { size, deliveryLimit }: { size: number; deliveryLimit: number },
): Page {
  const whole = withoutLast(deliveries, deliveryLimit);
  const all = merged([], whole);
  return { told: all.slice(0, size), isCut: whole.length < deliveries.length || all.length > size };
}

/** The oldest notification may have more deliveries than were read; if it is the only one, what there is of it is shown. */
function withoutLast(deliveries: readonly DeliveryTimeline[], limit: number): readonly DeliveryTimeline[] {
  if (deliveries.length < limit) return deliveries;
  const last = keyOf(deliveries.at(-1)!);
  const rest = deliveries.filter((one) => keyOf(one) !== last);
  return rest.length > 0 ? rest : deliveries;
}

function merged(rows: readonly NotificationResponse[], deliveries: readonly DeliveryTimeline[]): Told[] {
  const byKey = new Map<string, Told>();
  const at = (userId: string, notificationId: number): Told => {
    const key = keyOf({ userId, notificationId });
    const known = byKey.get(key) ?? { userId, notificationId, notification: undefined, deliveries: [] };
    byKey.set(key, known);
    return known;
  };
  for (const row of rows) at(row.userId, row.id).notification = row;
  for (const one of deliveries) at(one.userId, one.notificationId).deliveries.unshift(one);
  for (const told of byKey.values()) told.deliveries.sort(inOrder);
  return [...byKey.values()];
}

/** Those that were made in one transaction by their channels: their ids say nothing of an order. */
function inOrder(a: DeliveryTimeline, b: DeliveryTimeline): number {
  if (a.createdAt !== b.createdAt) return a.createdAt < b.createdAt ? -1 : 1;
  return channelNames.indexOf(a.channel) - channelNames.indexOf(b.channel);
}

const keyOf = ({ userId, notificationId }: { userId: string; notificationId: number }) => `${notificationId} ${userId}`;
