import { randomBytes, randomUUIDv7 } from 'node:crypto';
import { uuidBytes } from '../delivery-id.js';
import { type NewDelivery, type NewNotification } from '../intake.js';

let offset = 0;
let planned = 0;

/** A notification as the consumer hands it in. */
export function notification(changes: Partial<NewNotification> = {}): NewNotification {
  return {
    identity: randomBytes(16),
    userId: `user-${randomBytes(4).toString('hex')}`,
    type: 'ORDER_CREATED',
    title: '주문이 접수되었습니다',
    message: '2개 상품, 45,000원 결제 대기중 🎁',
    link: '/shopping/orders/ORD-1',
    reference: { type: 'order', id: 'ORD-1' },
    params: '{"itemCount":2}',
    origin: { topic: 'shopping.order.created', partition: 0, offset: String(offset++) },
    ...changes,
  };
}

/** A delivery by e-mail, due at once. Ids ascend, also within a millisecond (as RFC 9562 allows). */
export function delivery(changes: Partial<NewDelivery> = {}): NewDelivery {
  const id = uuidBytes(randomUUIDv7());
  id.writeUInt16BE(0x7000 | (planned++ & 0xfff), 6);
  return {
    id,
    channel: 'email',
    target: Buffer.alloc(0),
    priority: 'normal',
    category: 'order',
    text: 'shopping.order.created',
    language: 'ko',
    state: 'queued',
    reason: null,
    dueAt: new Date(0),
    ...changes,
  };
}
