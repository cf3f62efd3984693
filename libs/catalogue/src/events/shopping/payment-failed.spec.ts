import { told } from '../told.js';

const event = { paymentNumber: 'PAY-1', orderNumber: 'ORD-1', userId: 'user-1', failureReason: '카드 한도 초과' };

describe('shopping.payment.failed', () => {
  it('gives the reason, before everything else', () => {
    expect(told('shopping.payment.failed', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'PAYMENT_FAILED',
      link: '/shopping/orders/ORD-1',
      reference: { type: 'payment', id: 'PAY-1' },
      channels: ['email', 'push'],
      priority: 'high',
      category: 'order',
      ko: ['결제가 실패했습니다', '사유: 카드 한도 초과'],
      en: ['Payment failed', 'Reason: 카드 한도 초과'],
    });
  });

  it('cuts the reason after 50 characters', () => {
    expect(told('shopping.payment.failed', { ...event, failureReason: '가'.repeat(50) })?.ko[1]).toBe(
      `사유: ${'가'.repeat(50)}`,
    );
    expect(told('shopping.payment.failed', { ...event, failureReason: '가'.repeat(51) })?.ko[1]).toBe(
      `사유: ${'가'.repeat(50)}...`,
    );
  });
});
