import { describe, expect, it } from '@jest/globals';
import { fcmOutcomes, judgeRefusal, retryAfterMs } from './fcm-outcomes.js';
import { refusal } from './fcm-server.fixture.js';

const now = Date.parse('2026-11-21T12:00:00Z');

const judge = (answer: { status: number; body?: unknown }, headers: Record<string, string> = {}) =>
  judgeRefusal({ status: answer.status, headers, data: answer.body }, now);

const badRequest = (...fields: string[]) => ({
  '@type': 'type.googleapis.com/google.rpc.BadRequest',
  fieldViolations: fields.map((field) => ({ field, description: 'Invalid value: secret text' })),
});

describe('the outcome table', () => {
  it('has the rows of deliveries.md, and two codes at most that may forget a token', () => {
    expect(
      Object.entries(fcmOutcomes)
        .filter(([, { forgetsToken }]) => forgetsToken !== 'no')
        .map(([code, { forgetsToken }]) => [code, forgetsToken]),
    ).toEqual([
      ['UNREGISTERED', 'yes'],
      ['INVALID_ARGUMENT', 'if named'],
    ]);
  });

  it.each([
    ['UNREGISTERED', 404, 'NOT_FOUND', { kind: 'permanent', forgetToken: true }, false],
    ['INVALID_ARGUMENT', 400, 'INVALID_ARGUMENT', { kind: 'permanent' }, false],
    ['SENDER_ID_MISMATCH', 403, 'PERMISSION_DENIED', { kind: 'permanent' }, true],
    ['THIRD_PARTY_AUTH_ERROR', 401, 'UNAUTHENTICATED', { kind: 'infrastructure' }, true],
    ['QUOTA_EXCEEDED', 429, 'RESOURCE_EXHAUSTED', { kind: 'temporary', retryAfterMs: 60_000 }, false],
    ['UNAVAILABLE', 503, 'UNAVAILABLE', { kind: 'temporary' }, false],
    ['INTERNAL', 500, 'INTERNAL', { kind: 'temporary' }, false],
  ])('%s', (code, status, rpcStatus, outcome, alert) => {
    expect(judge(refusal(status, rpcStatus, { code }))).toEqual({
      code,
      known: true,
      alert,
      outcome: { ...outcome, reason: `FCM ${code} (${status})` },
    });
  });

  it.each([
    [401, 'UNAUTHENTICATED', 'infrastructure'],
    [403, 'PERMISSION_DENIED', 'infrastructure'],
    [404, 'NOT_FOUND', 'temporary'],
    [429, 'RESOURCE_EXHAUSTED', 'temporary'],
    [504, 'DEADLINE_EXCEEDED', 'temporary'],
  ])('%i %s without a code of FCM’s forgets no token', (status, rpcStatus, kind) => {
    const { outcome, known } = judge(refusal(status, rpcStatus));
    expect(outcome).toMatchObject({ kind });
    expect(outcome).not.toHaveProperty('forgetToken');
    expect(known).toBe(true);
  });

  it.each([401, 403, 404, 429, 500, 502, 503, 504])('a page with status %i is judged by its status', (status) => {
    const { known, outcome } = judge({ status, body: '<html>UNREGISTERED</html>' });
    expect(known).toBe(true);
    expect(outcome).not.toHaveProperty('forgetToken');
  });

  it.each([
    ['a code that nobody knows', refusal(409, 'ABORTED', { code: 'SOMETHING_NEW' })],
    ['a code of another shape', refusal(400, 'x'.repeat(1000), { code: 'not a code' })],
    ['a code that every object has', refusal(400, 'constructor', { code: '__proto__' })],
    ['a status that nobody expects', { status: 418, body: 'teapot' }],
    ['an empty answer', { status: 400 }],
    ['an error that is a text', { status: 400, body: { error: 'UNREGISTERED' } }],
    ['details that are none', { status: 400, body: { error: { details: { length: 3 }, status: null } } }],
    ['details of nothing', { status: 400, body: { error: { details: [null, 7, { fieldViolations: [null] }] } } }],
  ])('%s is temporary, and somebody should look', (_, answer) => {
    const judged = judge(answer);
    expect(judged).toMatchObject({ known: false, alert: true, outcome: { kind: 'temporary' } });
    expect(judged.outcome.reason.length).toBeLessThanOrEqual(300);
  });
});

describe('INVALID_ARGUMENT', () => {
  const code = 'INVALID_ARGUMENT';
  const badToken = 'The registration token is not a valid FCM registration token';

  it.each([
    ['its sentence', { code, message: badToken }],
    ['a field', { code, details: [badRequest('message.token')] }],
    ['a field without a code of FCM’s', { details: [badRequest('message.token')] }],
  ])('forgets the token when the detail names it by %s', (_, detail) => {
    expect(judge(refusal(400, code, detail)).outcome).toMatchObject({ kind: 'permanent', forgetToken: true });
  });

  it.each([
    ['another field', { code, details: [badRequest('message.data[0].value')] }],
    ['a field of a like name', { code, details: [badRequest('message.token_type', 'token')] }],
    [
      'a text that quotes the sentence',
      { code, message: `Invalid value at 'message.notification.title': ${badToken}` },
    ],
    ['nothing', { code }],
  ])('keeps the token when the detail names %s', (_, detail) => {
    const { outcome } = judge(refusal(400, code, detail));
    expect(outcome.kind).toBe('permanent');
    expect(outcome).not.toHaveProperty('forgetToken');
  });

  it('says which field it is, and nothing of its value', () => {
    const { outcome } = judge(
      refusal(400, code, { code, message: 'secret text', details: [badRequest('message.data[0].value')] }),
    );
    expect(outcome.reason).toBe('FCM INVALID_ARGUMENT (400): message.data[0].value');
  });
});

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    ['1.5', 1500],
    [' 3 ', 3000],
    ['Sat, 21 Nov 2026 12:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 11:00:00 GMT', undefined],
    ['99999999999999999999', 24 * 3_600_000],
    ['-5', undefined],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
    [['7'], undefined],
  ])('%s', (header, expected) => {
    expect(retryAfterMs(header, now)).toBe(expected);
  });

  it.each([
    [503, 'UNAVAILABLE', '7', 7000],
    [503, 'UNAVAILABLE', 'Sat, 21 Nov 2026 12:02:00 GMT', 120_000],
    [500, 'INTERNAL', '7', 7000],
    [429, 'QUOTA_EXCEEDED', '300', 300_000],
    [429, 'QUOTA_EXCEEDED', '7', 7000],
    [429, 'QUOTA_EXCEEDED', 'soon', 60_000],
    [401, 'THIRD_PARTY_AUTH_ERROR', '30', 30_000],
  ])('%i %s, %s', (status, code, header, expected) => {
    const { outcome } = judge(refusal(status, code, { code }), { 'retry-after': header });
    expect(outcome).toMatchObject({ retryAfterMs: expected });
  });
});
