import { type Outgoing } from '@allim/channel';

/** A delivery as the worker hands it in; what a spec does not care for is filled in. */
export function outgoing(some: Partial<Outgoing> = {}): Outgoing {
  return {
    deliveryId: '01990a3c-5e1b-7c2d-8e3f-4a5b6c7d8e9f',
    attempt: 1,
    userId: 'user-1',
    notificationId: 42,
    type: 'ORDER_CREATED',
    title: '주문이 접수되었습니다',
    message: '상품 2개, 39,000원',
    link: '/shopping/orders/ORD-1',
    category: 'order',
    text: 'order-created',
    language: 'ko',
    params: {},
    createdAt: '2026-11-21T00:00:00.000Z',
    address: { name: '김하나', email: null, phone: null, token: 'device-token-1' },
    ...some,
  };
}
