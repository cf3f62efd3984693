import { subscribedTopics } from '@allim/catalogue';
import { commandTopic, priorities } from '@allim/contracts';
import { waitFor } from '@allim/testing';
import { Channels, caughtUp, rewind } from './channels.js';
import { System } from './system.js';

let system: System;
let channels: Channels;
beforeAll(async () => {
  system = await System.start();
  channels = await Channels.start(system);
}, 180_000);
afterAll(async () => {
  await channels?.stop();
  await system?.stop();
});

const order = (orderNumber: string, userId: string) => ({ orderNumber, userId, totalAmount: 45000, itemCount: 2 });
const pushesTo = (...tokens: string[]) => channels.fcm.pushes().filter(({ token }) => tokens.includes(String(token)));
const deliveryIdIn = (messageId: string | null) => /^<(.+)@/.exec(messageId ?? '')?.[1];
const sorted = (ids: readonly (string | undefined)[]) => [...ids].sort();

/** Group and topics of everybody who reads from Kafka. */
const readers = [
  { groupId: 'notification-group', topics: subscribedTopics },
  ...(['email', 'push'] as const).flatMap((channel) =>
    priorities.map((lane) => ({ groupId: `allim-${channel}-${lane}`, topics: [commandTopic(channel, lane)] })),
  ),
];

const outcome = async (of: string) => {
  const counts = await Promise.all(
    system.consumers.map((one) => one.metric('allim_consumer_events_total', { outcome: of })),
  );
  return counts.reduce((sum, count) => sum + count, 0);
};

describe('what leaves the house', () => {
  it('is a mail in the language of the person and a push to each device, with the state on record', async () => {
    await channels.introduce('minji', { devices: ['minji-phone', 'minji-tablet'] });
    await channels.introduce('alex', { language: 'en', devices: ['alex-phone'] });
    for (const user of ['minji', 'alex']) {
      await system.publish('shopping.order.created', user, order(`ORD-${user}`, user));
    }
    const mails = await waitFor(
      async () => {
        const found = [await channels.mailsTo('minji'), await channels.mailsTo('alex')].flat();
        return found.length === 2 && pushesTo('minji-phone', 'minji-tablet', 'alex-phone').length === 3 && found;
      },
      { what: 'mails and pushes' },
    );
    expect(mails.map(({ subject }) => subject)).toEqual(['주문이 접수되었습니다', expect.stringMatching(/order/i)]);
    expect(mails[1]!.html).toContain('<html lang="en">');
    const timeline = await waitFor(
      async () => {
        const all = await channels.timeline('minji');
        return all.length === 3 && all.every(({ state }) => state === 'accepted') && all;
      },
      { what: 'the outcomes on record' },
    );
    expect(timeline.map(({ channel, attemptCount }) => `${channel} ${attemptCount}`).sort()).toEqual([
      'email 1',
      'push 1',
      'push 1',
    ]);
    expect(sorted(timeline.map(({ id }) => id))).toEqual(
      sorted([
        deliveryIdIn(mails[0]!.messageId),
        ...pushesTo('minji-phone', 'minji-tablet').map(({ data }) => data.deliveryId),
      ]),
    );
  });

  it('is one mail and one push per device, though the event comes twenty times and all of Kafka is read again', async () => {
    await channels.introduce('once', { devices: ['once-phone', 'once-tablet'] });
    const before = await outcome('duplicate');
    // Different keys: over all partitions, and so over both consumers.
    await Promise.all(
      Array.from({ length: 20 }, (_, n) =>
        system.publish('shopping.order.created', `key-${n}`, order('ORD-20', 'once')),
      ),
    );
    await waitFor(async () => (await outcome('duplicate')) === before + 19, { what: 'nineteen duplicates' });
    const received = async () => [
      (await channels.mailsTo('once')).length,
      pushesTo('once-phone', 'once-tablet').length,
    ];
    await waitFor(async () => String(await received()) === '1,2', { what: 'one mail and two pushes' });

    for (const { groupId, topics } of readers) await caughtUp(system, groupId, topics);
    const programs = [...system.consumers, channels.email, channels.push];
    await Promise.all(programs.map((program) => program.end('SIGTERM')));
    await rewind(
      system,
      readers.map(({ groupId }) => groupId),
    );
    await Promise.all(programs.map((program) => program.start()));
    for (const { groupId, topics } of readers) await caughtUp(system, groupId, topics);
    // The twenty were read again, indeed, and not one was new.
    expect((await outcome('redelivered')) + (await outcome('duplicate'))).toBeGreaterThanOrEqual(20);
    expect(await outcome('saved')).toBe(0);

    // Whatever the replay has caused was caused before this one.
    await system.publish('shopping.order.created', 'key-0', order('ORD-21', 'once'));
    await waitFor(async () => String(await received()) === '2,4', { what: 'the mail and the pushes of another order' });
    const timeline = await channels.timeline('once');
    expect(timeline).toHaveLength(6);
    for (const delivery of timeline.filter(({ reference }) => reference?.id === 'ORD-20'))
      expect(delivery).toMatchObject({ state: 'accepted', attemptCount: 1, attempts: [{ attempt: 1 }] });
    const pushes = pushesTo('once-phone', 'once-tablet').map(({ token }) => token);
    expect(pushes.toSorted()).toEqual(['once-phone', 'once-phone', 'once-tablet', 'once-tablet']);
  }, 120_000);

  it('waits for an e-mail app that is away, while inbox and pushes go on; then every mail arrives, once', async () => {
    const people = ['away-1', 'away-2', 'away-3', 'away-4'];
    const count = 40;
    for (const [n, user] of people.entries()) {
      await channels.introduce(user, { language: n % 2 ? 'en' : 'ko', devices: [`${user}-phone`] });
    }
    const inboxes = await Promise.all(people.map((user, n) => system.client(user, system.apis[n % 2]!)));
    const mails = async () => (await Promise.all(people.map((user) => channels.mailsTo(user)))).flat();
    const publish = (n: number) => {
      const user = people[n % people.length]!;
      return system.publish('shopping.order.created', user, order(`ORD-AWAY-${n}`, user));
    };

    for (let n = 0; n < count / 4; n++) await publish(n);
    await waitFor(async () => (await mails()).length > 0, { what: 'the first mail' });
    const feeding = (async () => {
      for (let n = count / 4; n < count; n++) await publish(n);
    })();
    expect(await channels.email.end('SIGTERM')).toBe(0);
    const early = (await mails()).length;
    await feeding;

    await waitFor(() => inboxes.reduce((sum, { got }) => sum + got.length, 0) === count, {
      what: 'the whole feed live',
    });
    const phones = people.map((user) => `${user}-phone`);
    await waitFor(() => pushesTo(...phones).length === count, { what: 'every push' });
    expect(await mails()).toHaveLength(early);
    expect(early).toBeLessThan(count);

    await channels.email.start();
    await waitFor(async () => (await mails()).length >= count, { what: 'every mail', timeoutMs: 30_000 });
    const timelines = await waitFor(
      async () => {
        const all = (await Promise.all(people.map((user) => channels.timeline(user)))).flat();
        return all.length === 2 * count && all.every(({ state }) => state === 'accepted') && all;
      },
      { what: 'every outcome on record' },
    );
    const planned = timelines.filter(({ channel }) => channel === 'email');
    expect(planned.every(({ attempts }) => attempts.length === 1)).toBe(true);
    expect(sorted((await mails()).map(({ messageId }) => deliveryIdIn(messageId)))).toEqual(
      sorted(planned.map(({ id }) => id)),
    );
    expect(pushesTo(...phones)).toHaveLength(count);
  }, 120_000);

  it('is no promotion any more after one click on the link of one, and everything else as before', async () => {
    await channels.introduce('fan', { language: 'en', promotionConsent: true });
    const params = { title: 'Spring sale', message: '20% off everything', link: '/sale' };
    const campaign = (requestId: string) =>
      system.publish('notification.requested', 'fan', {
        requestId,
        to: { userId: 'fan' },
        type: 'SYSTEM',
        template: 'campaign',
        params,
      });
    await campaign('spring-1');
    const mails = () => channels.mailsTo('fan');
    const [first] = await waitFor(async () => (await mails()).length === 1 && (await mails()), { what: 'a promotion' });
    const header = (name: string) => first!.headers.find((one) => one.name.toLowerCase() === name)?.value;
    expect(first!.subject).toBe('(광고) Spring sale');
    expect(header('list-unsubscribe-post')).toBe('List-Unsubscribe=One-Click');
    const link = /^<(http[^>]+)>$/.exec(header('list-unsubscribe') ?? '')?.[1];
    const click = await fetch(link!, {
      method: 'POST',
      body: new URLSearchParams({ 'List-Unsubscribe': 'One-Click' }),
    });
    expect(click.status).toBe(200);

    await campaign('spring-2');
    await system.publish('shopping.order.created', 'fan', order('ORD-FAN', 'fan'));
    const byMail = await waitFor(
      async () => {
        const all = (await channels.timeline('fan')).filter(({ channel }) => channel === 'email');
        return all.length === 3 && all.every(({ state }) => /accepted|suppressed/.test(state)) && all;
      },
      { what: 'another promotion and an order on record' },
    );
    const told = byMail.map(({ category, state, reason }) => `${category} ${state} ${reason}`).sort();
    expect(told).toEqual(['order accepted null', 'promotion accepted null', 'promotion suppressed muted']);
    expect(await mails()).toHaveLength(2);
  });

  it('stops in time on SIGTERM, with nothing left to say', async () => {
    const programs = [...system.consumers, ...system.apis, channels.email, channels.push];
    const began = Date.now();
    expect(await Promise.all(programs.map((program) => program.end('SIGTERM')))).toEqual(programs.map(() => 0));
    expect(Date.now() - began).toBeLessThan(15_000);
  });
});
