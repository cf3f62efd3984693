import { told } from '../told.js';

const event = { orderNumber: 'ORD-1', userId: 'user-1', totalAmount: '45000.50', paymentNumber: 'PAY-1' };

describe('shopping.order.confirmed', () => {
  it('names the order and the amount', () => {
    expect(told('shopping.order.confirmed', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'ORDER_CONFIRMED',
      link: '/shopping/orders/ORD-1',
      reference: { type: 'order', id: 'ORD-1' },
      channels: ['push'],
      priority: 'normal',
      category: 'order',
      ko: ['주문이 확정되었습니다', '주문번호: ORD-1 - 45,000.5원'],
      en: ['Your order is confirmed', 'Order ORD-1 - ₩45,000.5'],
    });
  });

  it.each(['orderNumber', 'userId', 'totalAmount'])('needs %s', (field) => {
    expect(() => told('shopping.order.confirmed', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
