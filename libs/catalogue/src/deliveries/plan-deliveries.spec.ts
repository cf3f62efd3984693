import { type Channel, channelNames, type Person, stranger } from '@allim/contracts';
import fc from 'fast-check';
import { categories, type Planned } from '../notice.js';
import { readEvent } from '../read-event.js';
import { planDeliveries, sentChannels } from './plan-deliveries.js';
import { reasons } from './reasons.js';

const phone = Buffer.alloc(32, 1);
const tablet = Buffer.alloc(32, 2);
/** 23:00 in Seoul. */
const night = '2026-02-06T14:00:00.000Z';
/** 14:00 in Seoul. */
const day = '2026-02-06T05:00:00.000Z';
const morning = '2026-02-06T23:00:00.000Z';

const order = readEvent(
  'shopping.order.created',
  Buffer.from('{"orderNumber":"ORD-1","userId":"user-1","totalAmount":1,"itemCount":1}'),
)!;
const promotion: Partial<Planned> = { category: 'promotion' };
const reachable: Person = { ...stranger('user-1'), hasEmail: true, hasPhone: true, devices: [phone, tablet] };
const consenting = { ...reachable, promotionConsent: true };
const quiet = { from: 22 * 60, until: 7 * 60 };
const muted = (category: string, channel: Channel) => ({ preferences: [{ category, channel, wanted: false }] });
const asked = (category: string, channel: Channel) => ({ preferences: [{ category, channel, wanted: true }] });

/** As `channel target: when it is due` or `channel: reason`. */
function rows(planned: Partial<Planned>, person: Partial<Person>, now = day, sent?: readonly Channel[]): string[] {
  const all = planDeliveries({ ...order, ...planned }, { ...reachable, ...person }, new Date(now), sent);
  return all.map(({ channel, target, state, reason, dueAt }) => {
    const to = target.length === 0 ? channel : `${channel} ${target[0]}`;
    return state === 'queued' && reason === null ? `${to}: ${dueAt.toISOString()}` : `${to}: ${state} ${reason}`;
  });
}

describe('planDeliveries', () => {
  it('says all that a row needs', () => {
    expect(planDeliveries(order, { ...reachable, language: 'en' }, new Date(day))[0]).toEqual({
      channel: 'email',
      target: Buffer.alloc(0),
      priority: 'normal',
      category: 'order',
      text: 'shopping.order.created',
      language: 'en',
      state: 'queued',
      reason: null,
      dueAt: new Date(day),
    });
  });

  it.each<[string, Partial<Planned>, Partial<Person>, string, string[]]>([
    ['each device has its own', {}, {}, day, [`email: ${day}`, `push 1: ${day}`, `push 2: ${day}`]],
    ['nobody is sent what has no channel', { channels: [] }, {}, day, []],
    ['a stranger', {}, stranger('user-1'), day, ['email: skipped no-address', 'push: skipped no-device']],
    ['no app sends it', { channels: ['sms'] }, {}, day, ['sms: skipped no-channel-yet']],

    ['muted is muted', {}, muted('order', 'push'), day, [`email: ${day}`, 'push: suppressed muted']],
    ['another category is muted', { channels: ['email'] }, muted('blog', 'email'), day, [`email: ${day}`]],
    ['wanted adds no channel', { channels: ['email'] }, asked('order', 'push'), day, [`email: ${day}`]],
    [
      'muted, and without an address',
      { channels: ['email'] },
      { ...muted('order', 'email'), hasEmail: false },
      day,
      ['email: suppressed muted'],
    ],
    ['critical is not muted', { channels: ['email'], critical: true }, muted('order', 'email'), day, [`email: ${day}`]],
    [
      'critical finds no device either',
      { channels: ['push'], critical: true },
      { devices: [] },
      day,
      ['push: skipped no-device'],
    ],

    ['quiet hours are over', { channels: ['email'] }, { quiet }, day, [`email: ${day}`]],
    ['quiet hours put it off', { channels: ['email'] }, { quiet }, night, ['email: 2026-02-06T22:00:00.000Z']],
    [
      'high has to wait, too',
      { channels: ['email'], priority: 'high' },
      { quiet },
      night,
      ['email: 2026-02-06T22:00:00.000Z'],
    ],
    ['critical passes', { channels: ['email'], critical: true }, { quiet }, night, [`email: ${night}`]],
    [
      "the person's own zone counts",
      { channels: ['email'] },
      { quiet, zone: 'America/New_York' },
      night,
      [`email: ${night}`],
    ],
    [
      'a zone that is none is that of Seoul',
      { channels: ['email'] },
      { quiet, zone: 'Nowhere/City' },
      night,
      ['email: 2026-02-06T22:00:00.000Z'],
    ],

    ['a promotion needs consent', promotion, {}, day, ['email: suppressed no-consent', 'push: suppressed no-consent']],
    [
      'so does one that calls itself critical',
      { ...promotion, channels: ['email'], critical: true },
      {},
      day,
      ['email: suppressed no-consent'],
    ],
    ['with consent by day', { ...promotion, channels: ['email'] }, consenting, day, [`email: ${day}`]],
    [
      'with consent by night',
      { ...promotion, channels: ['push'] },
      consenting,
      night,
      [`push 1: ${morning}`, `push 2: ${morning}`],
    ],
    [
      'by night, however critical',
      { ...promotion, channels: ['email'], critical: true },
      { ...consenting, quiet },
      night,
      [`email: ${morning}`],
    ],
    [
      'with consent to nights',
      { ...promotion, channels: ['email'] },
      { ...consenting, nightConsent: true },
      night,
      [`email: ${night}`],
    ],
    [
      'consent to nights, but not in quiet hours',
      { ...promotion, channels: ['email'] },
      { ...consenting, nightConsent: true, quiet },
      night,
      ['email: 2026-02-06T22:00:00.000Z'],
    ],
    [
      'consent to nights is no consent',
      { ...promotion, channels: ['email'] },
      { nightConsent: true },
      day,
      ['email: suppressed no-consent'],
    ],
    [
      'the night before 08:00',
      { ...promotion, channels: ['email'] },
      consenting,
      '2026-02-06T22:59:59.999Z',
      [`email: ${morning}`],
    ],
    [
      'quiet hours that go on after the night',
      { ...promotion, channels: ['email'] },
      { ...consenting, quiet: { from: 7 * 60, until: 10 * 60 } },
      night,
      ['email: 2026-02-07T01:00:00.000Z'],
    ],
    [
      'the night of the law is that of Korea',
      { ...promotion, channels: ['email'] },
      { ...consenting, zone: 'Asia/Tokyo' },
      night,
      [`email: ${night}`],
    ],
    [
      "Korea's zone by its other names",
      { ...promotion, channels: ['email'] },
      { ...consenting, zone: 'ROK' },
      night,
      [`email: ${morning}`],
    ],
    [
      'and in small letters',
      { ...promotion, channels: ['email'] },
      { ...consenting, zone: 'asia/seoul' },
      night,
      [`email: ${morning}`],
    ],
    [
      'neither by day nor by night',
      { ...promotion, channels: ['email', 'push'] },
      { ...consenting, quiet: { from: 8 * 60, until: 21 * 60 } },
      day,
      ['email: suppressed no-hour', 'push: suppressed no-hour'],
    ],
    [
      'neither by day nor by night, nor by any address',
      { ...promotion, channels: ['email'] },
      { ...consenting, hasEmail: false, quiet: { from: 8 * 60, until: 21 * 60 } },
      day,
      ['email: skipped no-address'],
    ],

    ['not before sendAt', { channels: ['email'], sendAt: morning }, {}, day, [`email: ${morning}`]],
    ['sendAt is past', { channels: ['email'], sendAt: day }, {}, night, [`email: ${night}`]],
    [
      'sendAt is in quiet hours',
      { channels: ['email'], sendAt: night },
      { quiet },
      day,
      ['email: 2026-02-06T22:00:00.000Z'],
    ],
    [
      'critical waits for sendAt',
      { channels: ['email'], sendAt: night, critical: true },
      { quiet },
      day,
      [`email: ${night}`],
    ],
  ])('%s', (_, planned, person, now, expected) => {
    expect(rows(planned, person, now)).toEqual(expected);
  });

  it('leaves a kept delivery at the moment it was decided', () => {
    const [row] = planDeliveries({ ...order, sendAt: morning }, stranger('user-1'), new Date(day));
    expect(row?.dueAt).toEqual(new Date(day));
  });

  it('sends the mail that welcomes to the address the sign-up tells', () => {
    const welcome = (event: object) =>
      planDeliveries(readEvent('user-signup', Buffer.from(JSON.stringify(event)))!, stranger('user-1'), new Date(day));
    expect(welcome({ userId: 'user-1', email: 'hong@example.com' })).toMatchObject([{ state: 'queued' }]);
    expect(welcome({ userId: 'user-1', email: 'hong' })).toMatchObject([{ reason: 'no-address' }]);
    expect(welcome({ userId: 'user-2', email: 'hong@example.com' })).toMatchObject([{ reason: 'no-address' }]);
  });

  it.each<[string, Channel, Partial<Planned>, Partial<Person>, string[]]>([
    ['sms is sent to who asks for it', 'sms', {}, asked('order', 'sms'), [`sms: ${day}`]],
    ['sms costs money', 'sms', {}, {}, ['sms: suppressed muted']],
    ['a critical sms', 'sms', { critical: true }, {}, [`sms: ${day}`]],
    ['a critical sms to nobody', 'sms', { critical: true }, { hasPhone: false }, ['sms: skipped no-address']],
    ['alimtalk', 'alimtalk', {}, {}, [`alimtalk: ${day}`]],
    ['alimtalk without a number', 'alimtalk', {}, { hasPhone: false }, ['alimtalk: skipped no-address']],
    ['no promotion as alimtalk', 'alimtalk', promotion, consenting, ['alimtalk: suppressed muted']],
    ['nobody has an endpoint yet', 'webhook', {}, {}, ['webhook: skipped no-address']],
  ])('once an app sends by it: %s', (_, channel, planned, person, expected) => {
    expect(rows({ channels: [channel], ...planned }, person, day, [channel])).toEqual(expected);
  });

  it('keeps to the rules whatever comes together', () => {
    const minute = fc.nat(1_439);
    const planned = fc
      .record({
        channels: fc.uniqueArray(fc.constantFrom(...channelNames)),
        category: fc.constantFrom(...categories),
        critical: fc.boolean(),
        sendAt: fc.option(fc.constantFrom(day, night, morning)),
      })
      .map((some): Planned => ({ ...order, ...some }));
    const person: fc.Arbitrary<Person> = fc.record({
      userId: fc.constant('user-1'),
      name: fc.constant(null),
      language: fc.constantFrom('ko', 'en'),
      zone: fc.constantFrom('Asia/Seoul', 'America/New_York'),
      quiet: fc.option(fc.record({ from: minute, until: minute })),
      promotionConsent: fc.boolean(),
      nightConsent: fc.boolean(),
      hasEmail: fc.boolean(),
      hasPhone: fc.boolean(),
      devices: fc.subarray([phone, tablet]),
      preferences: fc.uniqueArray(
        fc.record({
          category: fc.constantFrom(...categories),
          channel: fc.constantFrom(...channelNames),
          wanted: fc.boolean(),
        }),
        { selector: ({ category, channel }) => `${category} ${channel}` },
      ),
    });
    const someTime = fc.date({ min: new Date(day), max: new Date('2026-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(planned, person, someTime, (one, somebody, now) => {
        const all = planDeliveries(one, somebody, now);
        // Each channel is answered for, in order, and each row is one of its own.
        expect([...new Set(all.map(({ channel }) => channel))]).toEqual(one.channels);
        expect(new Set(all.map(({ channel, target }) => `${channel} ${target.toString('hex')}`)).size).toBe(all.length);
        for (const { channel, target, state, reason, dueAt } of all) {
          expect(state).toBe(reason === null ? 'queued' : reasons[reason].state);
          if (reason === 'muted') expect(one.critical).toBe(false);
          if (state !== 'queued') continue;
          expect(sentChannels).toContain(channel);
          expect(target.length === 0).toBe(channel === 'email');
          const earliest = Math.max(now.getTime(), one.sendAt === null ? 0 : Date.parse(one.sendAt));
          expect(dueAt.getTime()).toBeGreaterThanOrEqual(earliest);
          expect(dueAt.getTime() - earliest).toBeLessThan(25 * 3_600_000);
          if (one.category !== 'promotion') continue;
          expect(somebody.promotionConsent).toBe(true);
          const hour = (dueAt.getUTCHours() + 9) % 24;
          if (somebody.zone === 'Asia/Seoul' && !somebody.nightConsent)
            expect([hour >= 8, hour < 21]).toEqual([true, true]);
        }
      }),
      { numRuns: 500 },
    );
  });
});
