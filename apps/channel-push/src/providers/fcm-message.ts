import { outsideTitle } from '@allim/catalogue';
import { type Outgoing } from '@allim/channel';
import { type TokenMessage } from 'firebase-admin/messaging';

/** Bytes of UTF-8, keys and values (https://firebase.google.com/docs/reference/fcm/rest/v1/ErrorCode). */
export const payloadLimitBytes = 4096;

/** A message that fits, or how large it is when even a cut body does not make it fit. */
export type Built = { message: TokenMessage } | { tooLargeBytes: number };

/**
 * The message for one device. Its title (a promotion's with the law's label), link and ids are sent as they are or not at all; only the body is cut, between
 * code points and with an ellipsis: a person reads the whole of it in the inbox. Every way to recognise a second one
 * (Android's tag and collapse key, Apple's collapse id, the browser's tag) is the delivery's id, so that a repeated send
 * replaces the first on the device. Texts are made well-formed: FCM refuses half a surrogate pair.
 */
export function buildMessage(outgoing: Outgoing, token: string): Built {
  const body = outgoing.message.toWellFormed();
  const whole = messageWith(outgoing, token, body);
  const bytes = payloadBytes(whole);
  if (bytes <= payloadLimitBytes) return { message: whole };

  const cut = cutTo(body, jsonBytes(body) - (bytes - payloadLimitBytes));
  return cut === undefined ? { tooLargeBytes: bytes } : { message: messageWith(outgoing, token, cut) };
}

function messageWith(outgoing: Outgoing, token: string, body: string) {
  const { deliveryId, notificationId, type, link } = outgoing;
  return {
    token,
    notification: { title: outsideTitle(outgoing).toWellFormed(), body },
    data: {
      deliveryId,
      notificationId: String(notificationId),
      type,
      ...(link !== null && { link: link.toWellFormed() }),
    },
    android: { collapseKey: deliveryId, notification: { tag: deliveryId } },
    apns: { headers: { 'apns-collapse-id': deliveryId } },
    webpush: {
      notification: { tag: deliveryId },
      // FCM refuses the message for any other protocol, and for a path.
      ...(link !== null && isHttps(link) && { fcmOptions: { link } }),
    },
  } satisfies TokenMessage;
}

const isHttps = (link: string) => URL.parse(link)?.protocol === 'https:';

/**
 * Which of it FCM counts is nowhere said. We count all of it as JSON but the token: too much by what is meant for other
 * platforms, about 300 bytes, rather than too little.
 */
function payloadBytes({ token: _, ...payload }: TokenMessage): number {
  return Buffer.byteLength(JSON.stringify(payload));
}

/** As part of JSON, escapes included, without the quotes. */
const jsonBytes = (text: string) => Buffer.byteLength(JSON.stringify(text)) - 2;

const ellipsis = '…';

/** The longest beginning of `text` that with an ellipsis is at most `limit` bytes; nothing when not one code point is left. */
function cutTo(text: string, limit: number): string | undefined {
  let left = limit - jsonBytes(ellipsis);
  let end = 0;
  for (const point of text) {
    left -= jsonBytes(point);
    if (left < 0) break;
    end += point.length;
  }
  return end === 0 ? undefined : `${text.slice(0, end)}${ellipsis}`;
}
