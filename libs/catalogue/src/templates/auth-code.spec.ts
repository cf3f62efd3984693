import { told } from '../events/told.js';
import { readEvent } from '../read-event.js';
import { authCode } from './auth-code.js';

const request = (params: object) => ({
  requestId: 'r-1',
  to: { userId: 'user-1' },
  type: 'SYSTEM',
  template: 'auth_code',
  params,
});
const planned = (params: object) => readEvent('notification.requested', Buffer.from(JSON.stringify(request(params))));

describe('auth_code', () => {
  it('says before everything else that a code is on its way, and does not tell it in the inbox', () => {
    expect(told('notification.requested', request(authCode.sample))).toEqual({
      to: { userId: 'user-1' },
      type: 'SYSTEM',
      link: null,
      reference: null,
      channels: ['email', 'sms'],
      priority: 'high',
      category: 'account',
      ko: ['인증번호 안내', '인증번호를 보내드렸습니다. 3분 안에 입력해 주세요. 다른 사람에게 알려 주지 마세요.'],
      en: [
        'Your verification code',
        'We have sent you a verification code. Enter it within 3 minutes and do not tell it to anybody.',
      ],
    });
    expect(planned(authCode.sample)).toMatchObject({ critical: true, params: { code: '042917' } });
    expect(told('notification.requested', request({ code: 'G-1234', minutes: 1 }))?.en[1]).toContain(
      'within 1 minute ',
    );
  });

  it.each([
    [{}],
    [{ code: '042917' }],
    [{ minutes: 3 }],
    [{ code: 42917, minutes: 3 }],
    [{ code: '123', minutes: 3 }],
    [{ code: '1'.repeat(21), minutes: 3 }],
    [{ code: '0429 17', minutes: 3 }],
    [{ code: 'https://evil.example', minutes: 3 }],
    [{ code: '042917', minutes: 0 }],
    [{ code: '042917', minutes: 1.5 }],
    [{ code: '042917', minutes: '3' }],
  ])('refuses %j, and does not repeat the code', (params) => {
    expect(() => planned(params)).toThrow(
      expect.objectContaining({
        errorClass: 'bad-schema',
        message: expect.not.stringMatching(/0429|evil|111/),
      }),
    );
  });
});
