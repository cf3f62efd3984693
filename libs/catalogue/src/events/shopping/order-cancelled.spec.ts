import { identity, told } from '../told.js';

const event = { orderNumber: 'ORD-1', userId: 'user-1', totalAmount: 45000, cancelReason: '고객 변심' };

describe('shopping.order.cancelled', () => {
  it('gives the reason', () => {
    expect(told('shopping.order.cancelled', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'ORDER_CANCELLED',
      link: '/shopping/orders/ORD-1',
      reference: { type: 'order', id: 'ORD-1' },
      channels: ['email', 'push'],
      priority: 'normal',
      category: 'order',
      ko: ['주문이 취소되었습니다', '주문번호: ORD-1 - 고객 변심'],
      en: ['Your order was cancelled', 'Order ORD-1 - 고객 변심'],
    });
  });

  it('needs no amount and no reason', () => {
    const { orderNumber, userId } = event;
    expect(told('shopping.order.cancelled', { orderNumber, userId, cancelReason: null })?.ko[1]).toBe(
      '주문번호: ORD-1 - ',
    );
  });

  it('is not a duplicate of the creation of the same order', () => {
    const created = { orderNumber: 'ORD-1', userId: 'user-1', totalAmount: 1, itemCount: 1 };
    expect(identity('shopping.order.cancelled', event, 'user-1')).not.toBe(
      identity('shopping.order.created', created, 'user-1'),
    );
  });

  it('refuses a reason that does not fit its column, rather than cutting it', () => {
    const room = 1000 - '주문번호: ORD-1 - '.length;
    expect(told('shopping.order.cancelled', { ...event, cancelReason: '😀'.repeat(room) })).not.toBeNull();
    expect(() => told('shopping.order.cancelled', { ...event, cancelReason: '😀'.repeat(room + 1) })).toThrow(
      expect.objectContaining({ errorClass: 'too-long', message: expect.stringContaining('message') }),
    );
  });
});
