import { type Outgoing } from '@allim/channel';
import { type MailSettings } from './render-mail.js';

export const mailSettings: MailSettings = {
  publicUrl: 'https://portal.example.com',
  apiUrl: 'https://api.example.com/',
  sender: 'Portal Universe',
  imprint: null,
  unsubscribeSecret: 'secret-of-thirty-two-characters!',
};

/** A message as the worker hands it over. */
export const outgoing = (given: Partial<Outgoing> = {}): Outgoing => ({
  deliveryId: '019a5f00-1234-7abc-8def-0123456789ab',
  attempt: 1,
  userId: 'user-1',
  notificationId: 7,
  type: 'ORDER_CONFIRMED',
  title: '주문이 확정되었습니다',
  message: '주문번호: ORD-1 - 45,000원',
  link: '/shopping/orders/ORD-1',
  category: 'order',
  text: 'shopping.order.confirmed',
  language: 'ko',
  params: {},
  createdAt: '2026-02-06T09:00:00.000Z',
  address: { name: '홍길동', email: 'user-1@example.com', phone: null, token: null },
  ...given,
});
