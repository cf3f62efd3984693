import { told } from '../told.js';

const event = {
  userId: 42,
  couponCode: 'WELCOME-1',
  couponName: '신규 가입 쿠폰',
  discountType: 'PERCENTAGE',
  discountValue: 10,
};

describe('shopping.coupon.issued', () => {
  it('writes a percentage', () => {
    expect(told('shopping.coupon.issued', event)).toEqual({
      to: { userId: '42' },
      type: 'COUPON_ISSUED',
      link: '/shopping/coupons',
      reference: { type: 'coupon', id: 'WELCOME-1' },
      channels: ['push'],
      priority: 'normal',
      category: 'promotion',
      ko: ['쿠폰이 발급되었습니다', '신규 가입 쿠폰 - 10% 할인'],
      en: ['You have received a coupon', '신규 가입 쿠폰 - 10% off'],
    });
  });

  it('writes a fixed amount', () => {
    const fixed = told('shopping.coupon.issued', { ...event, discountType: 'FIXED', discountValue: '5000' });
    expect(fixed?.ko[1]).toBe('신규 가입 쿠폰 - 5,000원 할인');
    expect(fixed?.en[1]).toBe('신규 가입 쿠폰 - ₩5,000 off');
  });

  it('refuses another kind of discount', () => {
    expect(() => told('shopping.coupon.issued', { ...event, discountType: 'HALF' })).toThrow('discountType: ');
  });
});
