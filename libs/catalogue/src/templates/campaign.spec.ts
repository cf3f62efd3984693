import { told } from '../events/told.js';
import { readEvent } from '../read-event.js';
import { campaign } from './campaign.js';

const request = {
  requestId: 'r-1',
  to: { userId: 'user-1' },
  type: 'SYSTEM',
  template: 'campaign',
  params: campaign.sample,
};
const planned = (changes: object) =>
  readEvent('notification.requested', Buffer.from(JSON.stringify({ ...request, ...changes })));

describe('campaign', () => {
  it('is a promotion that gives way, and leads where it says', () => {
    expect(told('notification.requested', request)).toEqual({
      to: { userId: 'user-1' },
      type: 'SYSTEM',
      link: '/shopping/events/spring',
      reference: null,
      channels: ['email', 'push'],
      priority: 'low',
      category: 'promotion',
      ko: ['봄맞이 할인', '오늘부터 사흘간 전 상품을 20% 할인합니다.'],
      en: ['봄맞이 할인', '오늘부터 사흘간 전 상품을 20% 할인합니다.'],
    });
    expect(planned({})?.critical).toBe(false);
  });

  it('leads where the request says when that has a link of its own', () => {
    expect(planned({ link: '/elsewhere' })?.link).toBe('/elsewhere');
  });

  it.each([
    ['title', ''],
    ['message', undefined],
    ['link', undefined],
    ['link', 'javascript:alert(1)'],
    ['link', '//evil.example'],
  ])('refuses a %s %j', (field, value) => {
    expect(() => planned({ params: { ...campaign.sample, [field]: value } })).toThrow(
      expect.objectContaining({ errorClass: 'bad-schema', message: expect.stringContaining(`params: ${field}: `) }),
    );
  });
});
