import { identity, told } from '../events/told.js';
import { readEvent } from '../read-event.js';

const topic = 'notification.requested';
const request = {
  requestId: 'r-1',
  to: { userId: 'user-1' },
  type: 'SYSTEM',
  template: 'announcement',
  params: { title: '점검 안내', message: '02:00에 점검합니다 {name} <b>' },
};
const planned = (changes: object) => readEvent(topic, Buffer.from(JSON.stringify({ ...request, ...changes })));

describe('notification.requested', () => {
  it('tells one person by a template', () => {
    expect(told(topic, request)).toEqual({
      to: { userId: 'user-1' },
      type: 'SYSTEM',
      link: null,
      reference: null,
      channels: ['push'],
      priority: 'normal',
      category: 'notice',
      ko: ['점검 안내', '02:00에 점검합니다 {name} <b>'],
      en: ['점검 안내', '02:00에 점검합니다 {name} <b>'],
    });
  });

  it('takes what the request says over what the template says', () => {
    const reference = { type: 'order', id: 9 };
    expect(
      planned({ to: { topic: 'timedeal' }, channels: ['email', 'email'], priority: 'high', link: '/x', reference }),
    ).toMatchObject({
      to: { topic: 'timedeal' },
      channels: ['email'],
      priority: 'high',
      link: '/x',
      reference: { type: 'order', id: '9' },
      identity: { type: 'request', id: 'r-1' },
    });
  });

  it('takes the urgency of its template, which alone says what is critical', () => {
    const params = { code: '042917', minutes: 3 };
    expect(planned({})).toMatchObject({ priority: 'normal', critical: false });
    expect(planned({ critical: true })).toMatchObject({ critical: false });
    expect(planned({ template: 'auth_code', params })).toMatchObject({ priority: 'high', critical: true });
    expect(planned({ template: 'auth_code', params, priority: 'low' })).toMatchObject({ priority: 'low' });
  });

  it('may name no channel at all', () => {
    expect(planned({ channels: [] })?.channels).toEqual([]);
  });

  it('keeps when it is to be sent', () => {
    expect(planned({ sendAt: '2026-02-06T19:00:00+09:00' })?.sendAt).toBe('2026-02-06T10:00:00.000Z');
    expect(planned({})?.sendAt).toBeNull();
  });

  it('is the same request by its id, whatever else it says', () => {
    const reference = { type: 'order', id: '9' };
    expect(identity(topic, { ...request, reference }, 'user-1')).toBe(identity(topic, request, 'user-1'));
    expect(identity(topic, { ...request, requestId: 'r-2' }, 'user-1')).not.toBe(identity(topic, request, 'user-1'));
  });

  it.each(['nope', '', '__proto__', 'constructor'])('refuses the unknown template %j', (template) => {
    expect(() => planned({ template })).toThrow(
      expect.objectContaining({
        errorClass: 'unknown-template',
        message: 'notification.requested: template: expected one of announcement, auth_code, campaign',
      }),
    );
  });

  it.each([
    ['requestId', undefined],
    ['to', undefined],
    ['to', {}],
    ['to', { userId: 'user-1', topic: 'timedeal' }],
    ['to', { userId: '' }],
    ['to', { topic: 'Time Deal' }],
    ['type', 'UNKNOWN'],
    ['params', undefined],
    ['params', { title: '', message: 'm' }],
    ['params', { title: 't', message: 5 }],
    ['channels', ['pigeon']],
    ['priority', 'urgent'],
    ['link', 'javascript:alert(1)'],
    ['link', '//evil.example'],
    ['link', '/\\evil.example'],
    ['link', '/a b'],
    ['reference', { type: '', id: '1' }],
    ['reference', { type: 'order' }],
    ['sendAt', 'tomorrow'],
  ])('refuses a wrong %s: %j', (field, value) => {
    expect(() => planned({ [field]: value })).toThrow(
      expect.objectContaining({ errorClass: 'bad-schema', message: expect.stringContaining(`${field}: `) }),
    );
  });

  it('refuses a title or a link that does not fit its column', () => {
    const title = told(topic, { ...request, params: { title: 't'.repeat(200), message: 'm' } });
    expect(title?.ko[0]).toHaveLength(200);
    const tooLong = expect.objectContaining({ errorClass: 'too-long' });
    expect(() => told(topic, { ...request, params: { title: 't'.repeat(201), message: 'm' } })).toThrow(tooLong);
    expect(() => planned({ link: `/${'l'.repeat(500)}` })).toThrow(tooLong);
    expect(() => planned({ params: { title: 't', message: '가'.repeat(6_000) } })).toThrow(tooLong);
  });
});
