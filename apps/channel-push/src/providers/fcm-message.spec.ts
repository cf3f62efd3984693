import { describe, expect, it } from '@jest/globals';
import { type Built, buildMessage, payloadLimitBytes } from './fcm-message.js';
import { outgoing } from './outgoing.fixture.js';

const token = 'device-token-1';
const id = outgoing().deliveryId;

const messageOf = (built: Built) => {
  if (!('message' in built)) throw new Error(`too large: ${built.tooLargeBytes}`);
  return built.message;
};
const sizeOf = (built: Built) => {
  const { token: _, ...payload } = messageOf(built);
  return Buffer.byteLength(JSON.stringify(payload));
};

describe('the message for a device', () => {
  it('has the texts, the ids as strings, and one id to recognise a second one by on every platform', () => {
    expect(buildMessage(outgoing(), token)).toEqual({
      message: {
        token,
        notification: { title: '주문이 접수되었습니다', body: '상품 2개, 39,000원' },
        data: { deliveryId: id, notificationId: '42', type: 'ORDER_CREATED', link: '/shopping/orders/ORD-1' },
        android: { collapseKey: id, notification: { tag: id } },
        apns: { headers: { 'apns-collapse-id': id } },
        webpush: { notification: { tag: id } },
      },
    });
  });

  it('says of a promotion that it is one', () => {
    const title = (category: string) =>
      messageOf(buildMessage(outgoing({ category, title: '봄 세일' }), token)).notification?.title;
    expect([title('promotion'), title('notice')]).toEqual(['(광고) 봄 세일', '봄 세일']);
  });

  it('has no link where there is none', () => {
    const { data } = messageOf(buildMessage(outgoing({ link: null }), token));
    expect(data).not.toHaveProperty('link');
  });

  it.each([
    ['https://shop.example/orders/1', { link: 'https://shop.example/orders/1' }],
    ['HTTPS://shop.example/', { link: 'HTTPS://shop.example/' }],
    ['http://shop.example/', undefined],
    ['javascript:alert(1)', undefined],
    ['//shop.example/', undefined],
    ['/shopping/orders/1', undefined],
    ['https://', undefined],
  ])('gives browsers the link %s only when it is https', (link, fcmOptions) => {
    const message = messageOf(buildMessage(outgoing({ link }), token));
    expect(message.webpush?.fcmOptions).toEqual(fcmOptions);
    expect(message.data?.link).toBe(link);
  });

  it('takes texts as texts, whatever they look like', () => {
    const title = '{{constructor}} <img src=x onerror=alert(1)>\r\nbcc: a@b.example\u0000"}';
    const { notification, ...rest } = messageOf(buildMessage(outgoing({ title, message: title }), token));
    expect(notification).toEqual({ title, body: title });
    const plain = messageOf(buildMessage(outgoing(), token));
    expect(rest).toEqual({ ...plain, notification: undefined });
  });

  it('mends half surrogate pairs, which FCM refuses', () => {
    const { notification } = messageOf(buildMessage(outgoing({ title: 'a\ud83d', message: '\udc4db' }), token));
    expect(notification).toEqual({ title: 'a\ufffd', body: '\ufffdb' });
  });
});

describe('the size of the message', () => {
  /** One code point each: as they are counted in UTF-8, and in JSON's escapes. */
  const alphabets = { ascii: 'a', korean: '가', emoji: '👍', quotes: '"', control: '\u0001', mixed: 'a가👍"' };

  it('leaves alone what just fits, and cuts what is one byte more', () => {
    const room = payloadLimitBytes - sizeOf(buildMessage(outgoing({ message: '' }), token));
    const fits = buildMessage(outgoing({ message: 'a'.repeat(room) }), token);
    expect(sizeOf(fits)).toBe(payloadLimitBytes);
    expect(messageOf(fits).notification?.body).toBe('a'.repeat(room));

    const cut = buildMessage(outgoing({ message: 'a'.repeat(room + 1) }), token);
    expect(messageOf(cut).notification?.body).toBe(`${'a'.repeat(room - 3)}…`);
    expect(sizeOf(cut)).toBe(payloadLimitBytes);
  });

  it.each(Object.entries(alphabets))('cuts a body of %s between code points, and no more than it must', (_, points) => {
    const message = points.repeat(6000);
    const built = buildMessage(outgoing({ message }), token);
    const body = messageOf(built).notification?.body ?? '';
    expect(body.isWellFormed()).toBe(true);
    expect(body.endsWith('…')).toBe(true);
    expect(message.startsWith(body.slice(0, -1))).toBe(true);
    expect(sizeOf(built)).toBeLessThanOrEqual(payloadLimitBytes);
    expect(sizeOf(built)).toBeGreaterThan(payloadLimitBytes - 6); // the longest of these code points, as JSON
  });

  it('leaves everything but the body as it is', () => {
    const plain = messageOf(buildMessage(outgoing(), token));
    const cut = messageOf(buildMessage(outgoing({ message: '가'.repeat(5000) }), token));
    expect({ ...cut, notification: plain.notification }).toEqual(plain);
    expect(cut.notification?.title).toBe(plain.notification?.title);
  });

  it('refuses what no cut body makes fit, and says how large it is', () => {
    const title = '가'.repeat(1400);
    const built = buildMessage(outgoing({ title, message: 'abc' }), token);
    const empty = sizeOf(buildMessage(outgoing({ title: '', message: 'abc' }), token));
    expect(built).toEqual({ tooLargeBytes: empty + 1400 * 3 });
  });

  it('does not count the token, which may be as long as 4,096 characters', () => {
    const longest = 't'.repeat(4096);
    expect(messageOf(buildMessage(outgoing(), longest)).token).toBe(longest);
  });
});
