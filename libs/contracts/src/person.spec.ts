import { contactDetails, deviceDetails, deviceToken, minutesOfDay, preferences, timeOfMinutes } from './person.js';

const complaints = (
  schema: { safeParse(value: unknown): { error?: { issues: { message: string }[] } } },
  value: unknown,
) => schema.safeParse(value).error?.issues.map(({ message }) => message);

describe('contact details', () => {
  it('are the defaults where nothing is said', () => {
    expect(contactDetails.parse({})).toEqual({
      name: null,
      email: null,
      phone: null,
      language: 'ko',
      zone: 'Asia/Seoul',
      quiet: null,
      promotionConsent: false,
      nightConsent: false,
    });
  });

  it.each([
    [{ name: ' 홍길동 🎁 ' }, { name: '홍길동 🎁' }],
    [{ name: '🎁'.repeat(100) }, {}],
    [{ name: '{{constructor}} <b>' }, {}],
    [{ email: `o'brien+tag@mail.example.co.kr` }, {}],
    [{ phone: '+821012345678' }, {}],
    [{ phone: '010-1234-5678' }, {}],
    [{ phone: '+1 212 555 0100' }, {}],
    [{ zone: 'America/Argentina/Buenos_Aires' }, {}],
    [{ zone: 'UTC' }, {}],
    [{ quiet: { from: '22:00', until: '07:00' } }, {}],
  ])('take %j', (given, kept) => {
    expect(contactDetails.parse(given)).toMatchObject({ ...given, ...kept });
  });

  it.each([
    [{ name: '🎁'.repeat(101) }, 'a name of at most 100'],
    [{ name: '  ' }, 'not empty'],
    [{ name: 'a\r\nbcc: x@example.com' }, 'no control characters'],
    [{ name: 'a\u2028b' }, 'no control characters'],
    [{ name: 'a\ud800' }, 'no control characters'],
    [{ email: 'nobody' }, 'an e-mail address like'],
    [{ email: 'a@example.com\r\nbcc: x@example.com' }, 'an e-mail address like'],
    [{ email: 'a@example.com\n' }, 'an e-mail address like'],
    [{ email: 'Hong <hong@example.com>' }, 'an e-mail address like'],
    [{ email: 'a@example.com,b@example.com' }, 'an e-mail address like'],
    [{ email: '' }, 'an e-mail address like'],
    [{ email: `${'a'.repeat(65)}@example.com` }, 'an e-mail address like'],
    [{ email: `a@${'b'.repeat(60).concat('.').repeat(5)}com` }, 'at most 254'],
    [{ phone: '12345' }, 'a phone number like'],
    [{ phone: '+8210123456789012' }, 'a phone number like'],
    [{ phone: '01012345678x' }, 'a phone number like'],
    [{ phone: '+82 10 - 1234 5678' }, 'a phone number like'],
    [{ zone: 'Seoul' }, 'an IANA time zone'],
    [{ zone: '+09:00' }, 'an IANA time zone'],
    [{ zone: '' }, 'an IANA time zone'],
    [{ language: 'de' }, '"ko" or "en"'],
    [{ quiet: { from: '24:00', until: '07:00' } }, 'a time of day like "22:00"'],
    [{ quiet: { from: '9:00', until: '07:00' } }, 'a time of day like "22:00"'],
    [{ quiet: { from: '07:00', until: '07:00' } }, 'two different times'],
    [{ quiet: '22-7' }, 'expected {"from": "22:00", "until": "07:00"} or null'],
    [{ promotionConsent: 'yes' }, 'true or false'],
    [{ userId: 'somebody-else' }, 'Unrecognized key'],
  ])('refuse %j', (given, complaint) => {
    expect(complaints(contactDetails, given)).toEqual(expect.arrayContaining([expect.stringContaining(complaint)]));
  });
});

describe('times of day', () => {
  it.each([
    ['00:00', 0],
    ['07:05', 425],
    ['23:59', 1439],
  ])('%s', (text, minutes) => {
    expect(minutesOfDay(text)).toBe(minutes);
    expect(timeOfMinutes(minutes)).toBe(text);
  });
});

describe('devices', () => {
  it('take the tokens of providers', () => {
    const fcm = 'dR3_x-Y:APA91b'.concat('Zz9-_'.repeat(30));
    for (const token of [fcm, 'x'.repeat(4_096)]) expect(deviceToken.parse(token)).toBe(token);
    for (const token of ['', 'a b', 'a\n', '토큰', 'a"b', 'x'.repeat(4_097)])
      expect(complaints(deviceToken, token)?.[0]).toContain('expected a device token');
  });

  it('are of a platform we know, with a version or none', () => {
    expect(deviceDetails.parse({ platform: 'ios' })).toEqual({ platform: 'ios', appVersion: null });
    expect(deviceDetails.parse({ platform: 'web', appVersion: '4.2.0+7' })).toMatchObject({ appVersion: '4.2.0+7' });
    expect(complaints(deviceDetails, { platform: 'symbian' })).toEqual(['expected "android", "ios" or "web"']);
    for (const appVersion of ['', '4 2', 'v'.repeat(41)])
      expect(complaints(deviceDetails, { platform: 'ios', appVersion })?.[0]).toContain('expected a version');
  });
});

describe('preferences', () => {
  const one = { category: 'order', channel: 'email', wanted: false };

  it('are said once each', () => {
    expect(preferences.parse({ preferences: [one, { ...one, channel: 'push' }] }).preferences).toHaveLength(2);
    expect(complaints(preferences, { preferences: [one, { ...one, wanted: true }] })).toEqual([
      'expected each category and channel once',
    ]);
  });

  it.each([
    [{ ...one, channel: 'fax' }, 'expected a channel: email, push'],
    [{ ...one, category: 'Order' }, 'expected a category like'],
    [{ ...one, wanted: 1 }, 'expected true or false'],
  ])('refuse %j', (wrong, complaint) => {
    expect(complaints(preferences, { preferences: [wrong] })?.[0]).toContain(complaint);
  });

  it('are not too many', () => {
    const many = Array.from({ length: 101 }, (_, index) => ({ ...one, category: `c${index}` }));
    expect(complaints(preferences, { preferences: many })).toEqual(['expected at most 100 preferences']);
  });
});
