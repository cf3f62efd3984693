import { told } from '../told.js';

const event = { trackingNumber: 'TRK-1', orderNumber: 'ORD-1', userId: 'user-1', carrier: 'CJ대한통운' };

describe('shopping.delivery.shipped', () => {
  it('names the parcel and who brings it', () => {
    expect(told('shopping.delivery.shipped', { ...event, estimatedDeliveryDate: [2026, 2, 9] })).toEqual({
      to: { userId: 'user-1' },
      type: 'DELIVERY_STARTED',
      link: '/shopping/orders/ORD-1',
      reference: { type: 'delivery', id: 'TRK-1' },
      channels: ['push', 'alimtalk'],
      priority: 'normal',
      category: 'order',
      ko: ['배송이 시작되었습니다', '운송장번호: TRK-1 (CJ대한통운)'],
      en: ['Your parcel is on its way', 'Tracking number: TRK-1 (CJ대한통운)'],
    });
  });

  it('takes a tracking number that is a Java Long', () => {
    expect(told('shopping.delivery.shipped', { ...event, trackingNumber: 123456789012 })?.reference?.id).toBe(
      '123456789012',
    );
  });

  it.each(['trackingNumber', 'orderNumber', 'userId'])('needs %s', (field) => {
    expect(() => told('shopping.delivery.shipped', { ...event, [field]: undefined })).toThrow(`${field}: `);
  });
});
