import { createSign } from 'node:crypto';
import { waitFor } from '@allim/testing';
import {
  type FcmErrorCode,
  type FcmFacts,
  type FcmFault,
  type FcmServer,
  serviceAccount,
  startFcmServer,
} from './index.js';

let fcm: FcmServer;
beforeEach(async () => {
  fcm = await startFcmServer();
});
afterEach(() => fcm.stop());

const message = {
  token: 'device-1',
  notification: { title: '주문 <b>', body: '접수되었습니다' },
  data: { notificationId: '7', link: '/orders/7' },
  android: { collapseKey: '0199-1' },
};

async function send(
  sent: unknown = message,
  { token = 'any', ...more }: { token?: string; validate_only?: boolean } = {},
) {
  const response = await fetch(`${fcm.url}/v1/projects/allim-local/messages:send`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...(token && { Authorization: `Bearer ${token}` }) },
    body: JSON.stringify({ message: sent, ...more }),
    signal: AbortSignal.timeout(1_000),
  });
  return { status: response.status, retryAfter: response.headers.get('Retry-After'), body: await bodyOf(response) };
}

// biome-ignore lint/suspicious/noExplicitAny: what comes is what the test is about
const bodyOf = (response: Response): Promise<any> => response.json();

const fcmError = (errorCode: FcmErrorCode) => ({
  '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError',
  errorCode,
});

describe('a push', () => {
  it('is kept whole and answered with its name', async () => {
    const { status, body } = await send();
    expect(status).toBe(200);
    expect(body).toEqual({ name: expect.stringMatching(/^projects\/allim-local\/messages\/0:\d{16}%[0-9a-f]{16}$/) });
    expect(fcm.pushes()).toEqual([
      {
        id: '1',
        receivedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        project: 'allim-local',
        name: body.name,
        token: 'device-1',
        topic: null,
        title: '주문 <b>',
        body: '접수되었습니다',
        data: { notificationId: '7', link: '/orders/7' },
        message,
        bytes: Buffer.byteLength(JSON.stringify(message)),
      },
    ]);
  });

  it('may go to a topic, or say everything in its data', async () => {
    await send({ topic: 'news', data: { title: 'T', body: 'B' } });
    expect(fcm.pushes()).toMatchObject([{ token: null, topic: 'news', title: 'T', body: 'B' }]);
  });

  it('is found by token, title and time', async () => {
    await send();
    await send({ token: 'device-2', notification: { title: 'Other' } });
    expect(fcm.pushes().map(({ id }) => id)).toEqual(['2', '1']);
    expect(fcm.pushes({ to: 'DEVICE-2' })).toMatchObject([{ id: '2' }]);
    expect(fcm.pushes({ subject: '주문' })).toMatchObject([{ id: '1' }]);
    expect(fcm.pushes({ since: Date.now() + 1_000 })).toEqual([]);
  });

  it('that only asks whether it would do is not kept', async () => {
    expect((await send(message, { validate_only: true })).status).toBe(200);
    expect(fcm.kept.received).toBe(0);
  });

  it.each<[string, unknown]>([
    ['no message', null],
    ['no recipient', { notification: { title: 'T' } }],
    ['two recipients', { token: 'a', topic: 'b' }],
    ['an empty token', { token: '' }],
    ['a number in its data', { token: 'a', data: { id: 7 } }],
    ['no data but a list', { token: 'a', data: ['x'] }],
    ['4,097 bytes', { token: 'a', data: { a: 'x'.repeat(4_096) } }],
  ])('with %s is refused', async (_what, wrong) => {
    const { status, body } = await send(wrong);
    expect(status).toBe(400);
    expect(body).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
    expect(fcm.kept.received).toBe(0);
  });

  it('of 4,096 bytes is not too big; a byte counts, not a character', async () => {
    expect((await send({ token: 'a', data: { a: 'x'.repeat(4_095) } })).status).toBe(200);
    expect((await send({ token: 'a', data: { a: '가'.repeat(1_365) } })).status).toBe(200);
    expect((await send({ token: 'a', data: { a: '가'.repeat(1_366) } })).status).toBe(400);
  });

  it('anywhere else does not exist', async () => {
    const response = await fetch(`${fcm.url}/v1/projects/allim-local/messages`, { method: 'POST' });
    expect(response.status).toBe(404);
    expect((await fetch(fcm.url)).status).toBe(404);
  });
});

describe('an answer by script', () => {
  it.each<[FcmErrorCode, number, string]>([
    ['UNREGISTERED', 404, 'NOT_FOUND'],
    ['INVALID_ARGUMENT', 400, 'INVALID_ARGUMENT'],
    ['SENDER_ID_MISMATCH', 403, 'PERMISSION_DENIED'],
    ['THIRD_PARTY_AUTH_ERROR', 401, 'UNAUTHENTICATED'],
    ['QUOTA_EXCEEDED', 429, 'RESOURCE_EXHAUSTED'],
    ['UNAVAILABLE', 503, 'UNAVAILABLE'],
    ['INTERNAL', 500, 'INTERNAL'],
  ])('may be %s', async (error, http, status) => {
    fcm.play({ 'device-1': { error } });
    expect(await send()).toEqual({
      status: http,
      retryAfter: null,
      body: { error: { code: http, message: expect.any(String), status, details: [fcmError(error)] } },
    });
    expect(fcm.kept.received).toBe(0);
  });

  it('may carry Retry-After, words of its own and the field that is wrong', async () => {
    fcm.play({
      'device-1': [
        { error: 'QUOTA_EXCEEDED', retryAfter: 30 },
        { error: 'INVALID_ARGUMENT', message: 'Not a token', field: 'message.token' },
      ],
    });
    expect(await send()).toMatchObject({ status: 429, retryAfter: '30' });
    const violation = {
      '@type': 'type.googleapis.com/google.rpc.BadRequest',
      fieldViolations: [{ field: 'message.token', description: 'Not a token' }],
    };
    expect((await send()).body.error).toEqual({
      code: 400,
      message: 'Not a token',
      status: 'INVALID_ARGUMENT',
      details: [fcmError('INVALID_ARGUMENT'), violation],
    });
  });

  it('is given to its token only; a queue of them once each', async () => {
    fcm.play({ gone: { error: 'UNREGISTERED' }, shaky: [{ error: 'UNAVAILABLE' }, undefined, { error: 'INTERNAL' }] });
    const statusOf = async (token: string) => (await send({ token })).status;
    expect([await statusOf('gone'), await statusOf('gone'), await statusOf('other')]).toEqual([404, 404, 200]);
    expect([
      await statusOf('shaky'),
      await statusOf('shaky'),
      await statusOf('shaky'),
      await statusOf('shaky'),
    ]).toEqual([503, 200, 500, 200]);
  });

  it('may depend on the push', async () => {
    const asked: FcmFacts[] = [];
    fcm.play((facts) => {
      asked.push(facts);
      return facts.number === 2 ? { status: 502, body: 'null' } : undefined;
    });
    expect([(await send()).status, (await send()).status]).toEqual([200, 502]);
    expect(asked[1]).toEqual({ number: 2, project: 'allim-local', token: 'device-1', message });
  });

  it('may be a promise, which its push waits for', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<FcmFault>();
    fcm.play(() => {
      asked.resolve();
      return answer.promise;
    });
    const sent = send();
    await asked.promise;
    answer.resolve({ error: 'UNREGISTERED' });
    expect((await sent).status).toBe(404);
  });

  it.each([
    [{ reset: true as const }, 'ECONNRESET', 1],
    [{ reset: true as const, keep: false }, 'ECONNRESET', 0],
    [{ hang: true as const }, 'TimeoutError', 1],
    [{ hang: true as const, keep: false }, 'TimeoutError', 0],
  ])('may be none: %j is %s to the sender; kept: %d', async (fault, expected, keptCount) => {
    fcm.play({ 'device-1': [fault] });
    const failure = await send().then(
      () => undefined,
      (error) => error as Error & { cause?: { code?: string } },
    );
    expect(failure?.cause?.code ?? failure?.name).toBe(expected);
    expect(fcm.kept.received).toBe(keptCount);
    expect((await send()).status).toBe(200);
  });
});

describe('the door', () => {
  /** What google-auth-library sends, claims and all. */
  async function tokenRequest(
    claims: Record<string, unknown> = {},
    grant = 'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ) {
    const account = await serviceAccount(fcm.url);
    const now = Math.floor(Date.now() / 1000);
    const scope = 'https://www.googleapis.com/auth/firebase.messaging https://www.googleapis.com/auth/userinfo.email';
    const all = { iss: account.client_email, scope, aud: account.token_uri, iat: now, exp: now + 3600, ...claims };
    const unsigned = [{ alg: 'RS256', typ: 'JWT' }, all]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const signature = createSign('RSA-SHA256').update(unsigned).sign(account.private_key, 'base64url');
    const response = await fetch(account.token_uri, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: grant, assertion: `${unsigned}.${signature}` }),
    });
    return { status: response.status, body: await bodyOf(response) };
  }

  it('is closed without an access token', async () => {
    const { status, body } = await send(message, { token: '' });
    expect(status).toBe(401);
    expect(body.error).toEqual({ code: 401, status: 'UNAUTHENTICATED', message: expect.any(String) });
    expect(fcm.kept.received).toBe(0);
  });

  it('opens to an access token for a service account; only to that, when told so', async () => {
    await fcm.stop();
    fcm = await startFcmServer({ onlyIssuedTokens: true });
    const { status, body } = await tokenRequest();
    expect([status, body]).toEqual([200, { access_token: expect.any(String), expires_in: 3599, token_type: 'Bearer' }]);
    expect(fcm.tokensIssued).toBe(1);
    expect((await send(message, { token: 'made-up' })).status).toBe(401);
    expect((await send(message, { token: body.access_token })).status).toBe(200);
  });

  it.each<[string, Record<string, unknown>, string | undefined]>([
    ['another grant', {}, 'password'],
    ['no issuer', { iss: '' }, undefined],
    ['a scope for other things', { scope: 'https://www.googleapis.com/auth/drive' }, undefined],
    ['a time that is over', { exp: Math.floor(Date.now() / 1000) - 1 }, undefined],
  ])('gives no access token for %s', async (_what, claims, grant) => {
    expect(await tokenRequest(claims, grant)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    expect(fcm.tokensIssued).toBe(0);
  });

  it('may be closed to all accounts', async () => {
    fcm.refuseAccounts(true);
    expect(await tokenRequest()).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
    fcm.refuseAccounts(false);
    expect((await tokenRequest()).status).toBe(200);
  });
});

it('stops at once, whoever waits, and its port is free again', async () => {
  fcm.play(() => ({ hang: true }));
  const waiting = send().then(
    () => 'answered',
    () => 'cut',
  );
  await waitFor(() => fcm.kept.received === 1, { what: 'the push to hang' });
  await fcm.stop();
  expect(await waiting).toBe('cut');
  const { port } = fcm;
  fcm = await startFcmServer({ port });
  await expect(startFcmServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
});
