import { readEvent } from '../../read-event.js';
import { told } from '../told.js';

const event = { userId: 'user-1', email: 'hong@example.com', name: '홍길동' };

describe('user-signup', () => {
  it('welcomes the person', () => {
    expect(told('user-signup', event)).toEqual({
      to: { userId: 'user-1' },
      type: 'SYSTEM',
      link: null,
      reference: { type: 'user', id: 'user-1' },
      channels: ['email'],
      priority: 'normal',
      category: 'account',
      ko: ['환영합니다!', '홍길동님, Portal Universe에 가입해주셔서 감사합니다.'],
      en: ['Welcome!', 'Thank you for joining Portal Universe, 홍길동.'],
    });
  });

  it('says nothing in place of an absent name', () => {
    expect(told('user-signup', { userId: 'user-1' })?.ko[1]).toBe('님, Portal Universe에 가입해주셔서 감사합니다.');
  });

  it.each([
    [event, { email: 'hong@example.com', name: '홍길동' }],
    [{ userId: 'user-1' }, { email: null, name: null }],
    [
      { ...event, email: 'hong at example' },
      { email: null, name: '홍길동' },
    ],
  ])('%j tells the contact %j', (fields, contact) => {
    expect(readEvent('user-signup', Buffer.from(JSON.stringify(fields)))?.contact).toEqual({
      userId: 'user-1',
      ...contact,
    });
  });

  it('needs a user', () => {
    expect(() => told('user-signup', { name: '홍길동' })).toThrow('userId: expected an id');
  });
});
