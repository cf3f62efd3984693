import { told } from '../told.js';

const event = { paymentNumber: 'PAY-1', orderNumber: 'ORD-1', userId: 'user-1', amount: 1234567 };

describe('shopping.payment.completed', () => {
  it('says how much was paid', () => {
    expect(told('shopping.payment.completed', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'PAYMENT_COMPLETED',
      link: '/shopping/orders/ORD-1',
      reference: { type: 'payment', id: 'PAY-1' },
      channels: ['email', 'push'],
      priority: 'normal',
      category: 'order',
      ko: ['결제가 완료되었습니다', '1,234,567원 결제 완료'],
      en: ['Payment completed', 'Your payment of ₩1,234,567 is complete'],
    });
  });

  it.each(['paymentNumber', 'orderNumber', 'userId', 'amount'])('needs %s', (field) => {
    expect(() => told('shopping.payment.completed', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
