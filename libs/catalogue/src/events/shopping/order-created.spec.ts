import { told } from '../told.js';

const event = { orderNumber: 'ORD-20260206-001', userId: 'user-1', totalAmount: 45000, itemCount: 2 };

describe('shopping.order.created', () => {
  it('says how many items and how much', () => {
    expect(told('shopping.order.created', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'ORDER_CREATED',
      link: '/shopping/orders/ORD-20260206-001',
      reference: { type: 'order', id: 'ORD-20260206-001' },
      channels: ['email', 'push'],
      priority: 'normal',
      category: 'order',
      ko: ['주문이 접수되었습니다', '2개 상품, 45,000원 결제 대기중'],
      en: ['We have received your order', '2 items, ₩45,000, awaiting payment'],
    });
  });

  it('counts one item in English', () => {
    expect(told('shopping.order.created', { ...event, itemCount: 1 })?.en[1]).toBe('1 item, ₩45,000, awaiting payment');
  });

  it.each(['orderNumber', 'userId', 'totalAmount', 'itemCount'])('needs %s', (field) => {
    expect(() => told('shopping.order.created', { ...event, [field]: null })).toThrow(`${field}: `);
  });

  it('takes the items as Jackson writes them, and refuses what are none', () => {
    const items = [{ productId: 101, productName: '키보드', quantity: 1, price: '30000.00', colour: 'black' }];
    expect(told('shopping.order.created', { ...event, items, createdAt: [2026, 2, 6, 10, 0] })).not.toBeNull();
    expect(() => told('shopping.order.created', { ...event, items: [{ quantity: 'one' }] })).toThrow(
      'items: 0: quantity: ',
    );
  });

  it('keeps an order number with a slash within its path segment', () => {
    expect(told('shopping.order.created', { ...event, orderNumber: 'A/1?#' })?.link).toBe(
      '/shopping/orders/A%2F1%3F%23',
    );
  });
});
