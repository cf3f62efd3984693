import { type Channel, type NotificationResponse } from '@allim/contracts';
import { type DeliveryTimeline } from '@allim/store';
import { ofPerson, ofReference } from './notifications.js';

const row = (id: number) => ({ id, userId: 'hong' }) as NotificationResponse;
const delivery = (notificationId: number, id: string, userId = 'hong') =>
  ({ id, userId, notificationId }) as DeliveryTimeline;
const shown = ({ told, isCut }: ReturnType<typeof ofPerson>) => ({
  isCut,
  told: told.map(
    ({ userId, notificationId, notification, deliveries }) =>
      `${userId} ${notificationId}${notification ? '' : ' deleted'}: ${deliveries.map(({ id }) => id).join()}`,
  ),
});

describe('a person’s notifications', () => {
  const limits = { size: 2, deliveryLimit: 4 };

  it('are those of the inbox and those of which deliveries alone are left, the newest first', () => {
    const inbox = [row(4), row(2)];
    const deliveries = [delivery(4, 'push'), delivery(4, 'mail'), delivery(3, 'left')];
    expect(shown(ofPerson(inbox, deliveries, { ...limits, size: 3 }))).toEqual({
      isCut: false,
      told: ['hong 4: mail,push', 'hong 3 deleted: left', 'hong 2: '],
    });
    expect(shown(ofPerson(inbox, deliveries, limits))).toMatchObject({
      isCut: true,
      told: ['hong 4: mail,push', 'hong 3 deleted: left'],
    });
    expect(shown(ofPerson([], [], limits))).toEqual({ isCut: false, told: [] });
  });

  it('are shown with all their deliveries, or not at all', () => {
    const deliveries = [delivery(4, 'c'), delivery(4, 'b'), delivery(4, 'a'), delivery(2, 'more may follow')];
    expect(shown(ofPerson([row(4), row(3), row(2)], deliveries, { size: 5, deliveryLimit: 4 }))).toEqual({
      isCut: true,
      told: ['hong 4: a,b,c'],
    });
  });

  it('have their deliveries in the order of their times, those of one transaction by channel, whatever their ids', () => {
    const made = (id: string, channel: Channel, createdAt: string) => ({ ...delivery(1, id), channel, createdAt });
    const [first, second] = ['2026-02-06T10:00:00.000Z', '2026-02-06T10:05:00.000Z'];
    const deliveries = [made('d', 'email', second), made('b', 'email', first), made('a', 'push', first)];
    for (const order of [deliveries, deliveries.toReversed()])
      expect(shown(ofPerson([row(1)], order, limits)).told).toEqual(['hong 1: b,a,d']);
  });

  it('are not none because one has very many deliveries', () => {
    const deliveries = ['d', 'c', 'b', 'a'].map((id) => delivery(4, id));
    expect(shown(ofPerson([row(4)], deliveries, limits)).told).toEqual(['hong 4: a,b,c,d']);
  });
});

describe('notifications of one reference', () => {
  const deliveries = [delivery(7, 'kim’s', 'kim'), delivery(2, 'hong’s push'), delivery(2, 'hong’s mail')];

  it('are in the order of their newest deliveries', () => {
    expect(shown(ofReference(deliveries, { size: 2, deliveryLimit: 4 }))).toEqual({
      isCut: false,
      told: ['kim 7 deleted: kim’s', 'hong 2 deleted: hong’s mail,hong’s push'],
    });
    expect(shown(ofReference(deliveries, { size: 1, deliveryLimit: 4 }))).toMatchObject({ isCut: true });
  });

  it('are shown with all their deliveries, or not at all', () => {
    expect(shown(ofReference(deliveries, { size: 2, deliveryLimit: 3 }))).toEqual({
      isCut: true,
      told: ['kim 7 deleted: kim’s'],
    });
  });
});
