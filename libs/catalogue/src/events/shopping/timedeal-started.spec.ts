import { told } from '../told.js';

const event = { timeDealId: 7, timeDealName: '무선 키보드 50% 특가' };

describe('shopping.timedeal.started', () => {
  it('goes to all subscribers of time deals, and gives way to what concerns one person', () => {
    expect(told('shopping.timedeal.started', event)).toEqual({
      to: { topic: 'timedeal' },
      type: 'TIMEDEAL_STARTED',
      link: '/shopping/timedeals/7',
      reference: { type: 'timedeal', id: '7' },
      channels: ['push'],
      priority: 'low',
      category: 'promotion',
      ko: ['타임딜이 시작되었습니다', '무선 키보드 50% 특가'],
      en: ['A time deal has started', '무선 키보드 50% 특가'],
    });
  });

  it('needs only the id', () => {
    expect(told('shopping.timedeal.started', { timeDealId: '7' })?.ko[1]).toBe('');
    expect(() => told('shopping.timedeal.started', { timeDealName: 'x' })).toThrow('timeDealId: ');
  });
});
