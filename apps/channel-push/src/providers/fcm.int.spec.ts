import { type Outcome, providerContract } from '@allim/channel';
import { waitFor } from '@allim/testing';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FcmProvider } from './fcm.js';
import { openFcmClient } from './fcm-client.js';
import { type FcmReply, FcmServer, refusal, throwAwayAccount } from './fcm-server.fixture.js';
import { outgoing } from './outgoing.fixture.js';

const account = throwAwayAccount();
const token = 'device-token-1';

let server: FcmServer;
let fcm: FcmProvider;
let logged: { level: 'warn' | 'error'; line: string }[];

const logger = {
  warn: (...line: unknown[]) => void logged.push({ level: 'warn', line: JSON.stringify(line) }),
  error: (...line: unknown[]) => void logged.push({ level: 'error', line: JSON.stringify(line) }),
};

const provider = (some: Partial<ConstructorParameters<typeof FcmProvider>[0]> = {}) =>
  new FcmProvider({ account, endpoint: server.url, connections: 3, logger, ...some });

/** A budget that no test needs. */
const inTime = () => AbortSignal.timeout(20_000);

const send = (signal = inTime()) => fcm.send(outgoing(), signal);

beforeEach(async () => {
  logged = [];
  server = new FcmServer(account);
  await server.start();
  fcm = provider();
});

afterEach(async () => {
  await fcm.close();
  await server.close();
});

/** What the server has answered has ended; what it has not is cut. */
const nothingOpen = () => waitFor(() => server.open.size === 0, { what: 'connections to be closed' });

/** The push's connection; the access token's may stay. */
const letGo = () =>
  // Sooner than the server closes what is idle, or the SDK's own limit.
  waitFor(() => server.open.size <= 1, { what: 'the connection to be let go', timeoutMs: 2000 });

describe('a push', () => {
  it('reaches FCM’s own address and project, signed for by the service account, with all that a device needs', async () => {
    const id = 'projects/allim-spec/messages/m-1';
    server.reply = () => ({ status: 200, body: { name: id } });
    expect(await send()).toEqual({ kind: 'accepted', providerMessageId: id });

    const { deliveryId } = outgoing();
    expect(server.pushes).toEqual([
      {
        path: 'fcm.googleapis.com/v1/projects/allim-spec/messages:send',
        authorization: expect.stringMatching(/^Bearer \S+$/),
        message: {
          token,
          notification: { title: '주문이 접수되었습니다', body: '상품 2개, 39,000원' },
          data: { deliveryId, notificationId: '42', type: 'ORDER_CREATED', link: '/shopping/orders/ORD-1' },
          android: { collapse_key: deliveryId, notification: { tag: deliveryId } },
          apns: { headers: { 'apns-collapse-id': deliveryId } },
          webpush: { notification: { tag: deliveryId } },
        },
      },
    ]);
  });

  it('needs no service account where an endpoint is given', async () => {
    await fcm.close();
    fcm = provider({ account: null });
    server.reply = () => undefined;
    const outcome = await send();
    expect(server.pushes).toHaveLength(1);
    expect(server.grants).toBe(0);
    expect(outcome.kind).toBe('infrastructure'); // this server knows nobody
  });

  it('that is too large is never sent', async () => {
    const outcome = await fcm.send(outgoing({ title: '가'.repeat(1400) }), inTime());
    expect(outcome).toEqual({
      kind: 'permanent',
      reason: expect.stringMatching(/^payload is 4\d\d\d bytes, expected at most 4096$/),
    });
    expect(server.pushes).toHaveLength(0);
  });

  it('for a device that is gone meanwhile is never sent', async () => {
    const address = { ...outgoing().address, token: null };
    expect(await fcm.send(outgoing({ address }), inTime())).toMatchObject({ kind: 'permanent' });
    expect(server.pushes).toHaveLength(0);
  });
});

describe('what FCM refuses', () => {
  const badRequest = {
    '@type': 'type.googleapis.com/google.rpc.BadRequest',
    fieldViolations: [{ field: 'message.token' }],
  };
  const rows: [string, FcmReply, Outcome][] = [
    [
      'UNREGISTERED',
      refusal(404, 'NOT_FOUND', { code: 'UNREGISTERED' }),
      { kind: 'permanent', forgetToken: true, reason: 'FCM UNREGISTERED (404)' },
    ],
    [
      'INVALID_ARGUMENT of the token',
      refusal(400, 'INVALID_ARGUMENT', { code: 'INVALID_ARGUMENT', details: [badRequest] }),
      { kind: 'permanent', forgetToken: true, reason: 'FCM INVALID_ARGUMENT (400): message.token' },
    ],
    [
      'INVALID_ARGUMENT',
      refusal(400, 'INVALID_ARGUMENT', { code: 'INVALID_ARGUMENT' }),
      { kind: 'permanent', reason: 'FCM INVALID_ARGUMENT (400)' },
    ],
    [
      'SENDER_ID_MISMATCH',
      refusal(403, 'PERMISSION_DENIED', { code: 'SENDER_ID_MISMATCH' }),
      { kind: 'permanent', reason: 'FCM SENDER_ID_MISMATCH (403)' },
    ],
    [
      'THIRD_PARTY_AUTH_ERROR',
      refusal(401, 'UNAUTHENTICATED', { code: 'THIRD_PARTY_AUTH_ERROR' }),
      { kind: 'infrastructure', reason: 'FCM THIRD_PARTY_AUTH_ERROR (401)' },
    ],
    [
      'QUOTA_EXCEEDED with Retry-After',
      { ...refusal(429, 'RESOURCE_EXHAUSTED', { code: 'QUOTA_EXCEEDED' }), headers: { 'Retry-After': '90' } },
      { kind: 'temporary', retryAfterMs: 90_000, reason: 'FCM QUOTA_EXCEEDED (429)' },
    ],
    [
      'QUOTA_EXCEEDED',
      refusal(429, 'RESOURCE_EXHAUSTED', { code: 'QUOTA_EXCEEDED' }),
      { kind: 'temporary', retryAfterMs: 60_000, reason: 'FCM QUOTA_EXCEEDED (429)' },
    ],
    [
      'UNAVAILABLE with Retry-After',
      { ...refusal(503, 'UNAVAILABLE', { code: 'UNAVAILABLE' }), headers: { 'Retry-After': '5' } },
      { kind: 'temporary', retryAfterMs: 5000, reason: 'FCM UNAVAILABLE (503)' },
    ],
    [
      'UNAVAILABLE',
      refusal(503, 'UNAVAILABLE', { code: 'UNAVAILABLE' }),
      { kind: 'temporary', reason: 'FCM UNAVAILABLE (503)' },
    ],
    ['INTERNAL', refusal(500, 'INTERNAL', { code: 'INTERNAL' }), { kind: 'temporary', reason: 'FCM INTERNAL (500)' }],
    // The SDK calls this one "token not registered", too.
    ['a project that is not there', refusal(404, 'NOT_FOUND'), { kind: 'temporary', reason: 'FCM NOT_FOUND (404)' }],
    [
      'a page instead of an answer',
      { status: 503, headers: { 'Retry-After': '8' }, body: '<html>' },
      { kind: 'temporary', retryAfterMs: 8000, reason: 'FCM UNAVAILABLE (503)' },
    ],
    [
      'an unknown code',
      refusal(400, 'OUT_OF_RANGE', { code: 'SOMETHING_NEW' }),
      { kind: 'temporary', reason: 'FCM SOMETHING_NEW (400)' },
    ],
    [
      'a yes in no form we know',
      { status: 200, body: '<html>' },
      { kind: 'ambiguous', reason: 'FCM says 200, but in no form we know' },
    ],
    [
      'a yes without an id',
      { status: 200, body: {} },
      { kind: 'ambiguous', reason: 'FCM says yes, but names no message' },
    ],
  ];

  it.each(rows)('%s', async (_, reply, outcome) => {
    server.reply = () => reply;
    expect(await send()).toEqual(outcome);
    expect(server.pushes).toHaveLength(1); // the SDK has repeated nothing
  });

  it('is told to somebody once a minute where it will not heal, warned of where it is unknown, and never with a token', async () => {
    server.reply = () => refusal(403, 'PERMISSION_DENIED', { code: 'SENDER_ID_MISMATCH', message: token });
    await Promise.all([send(), send(), send()]);
    server.reply = () => refusal(401, 'UNAUTHENTICATED', { code: 'THIRD_PARTY_AUTH_ERROR' });
    await send();
    server.reply = () => refusal(400, 'OUT_OF_RANGE', { code: 'SOMETHING_NEW' });
    await send();
    await send();
    server.reply = () => refusal(404, 'NOT_FOUND', { code: 'UNREGISTERED' });
    await send();
    expect(logged.map(({ level, line }) => [level, /SENDER_ID|THIRD_PARTY|SOMETHING_NEW/.exec(line)?.[0]])).toEqual([
      ['error', 'SENDER_ID'],
      ['error', 'THIRD_PARTY'],
      ['warn', 'SOMETHING_NEW'],
    ]);
    expect(JSON.stringify(logged)).not.toContain(token);
  });
});

describe('a connection that fails', () => {
  it('before FCM was reached: not sent, and nobody else’s would be', async () => {
    await send(); // with an access token in hand
    await server.close();
    await nothingOpen();
    expect(await send()).toEqual({ kind: 'infrastructure', reason: 'FCM was not reached: ECONNREFUSED' });
    await server.start();
  });

  it('to a host that nobody knows: nobody’s would be sent', async () => {
    await fcm.close();
    fcm = provider({ account: null, endpoint: 'http://fcm.invalid:80' }); // RFC 6761: never anybody's
    expect(await send()).toEqual({
      kind: 'infrastructure',
      reason: expect.stringMatching(/^FCM was not reached: (ENOTFOUND|EAI_AGAIN)$/),
    });
  });

  it.each([
    ['reset', 'FCM: ECONNRESET'],
    ['reset in the answer', 'FCM: ECONNRESET'],
    ['end in the answer', 'FCM: the answer broke off'],
  ] as const)('after the push was written (%s): nobody knows', async (reply, reason) => {
    server.reply = () => reply;
    expect(await send()).toEqual({ kind: 'ambiguous', reason });
    expect(server.pushes).toHaveLength(1);
    await letGo();
  });

  it('with no answer in its time: nobody knows, and the connection is let go', async () => {
    server.reply = () => 'hang';
    const begun = performance.now();
    const budget = new AbortController();
    const sent = send(budget.signal);
    await waitFor(() => server.pushes.length === 1, { what: 'the push' });
    budget.abort(new Error('time is up'));
    expect(await sent).toEqual({ kind: 'ambiguous', reason: 'FCM: no answer in time' });
    expect(performance.now() - begun).toBeLessThan(5000); // the SDK's own limit is 15 s
    await letGo();
    expect(server.pushes).toHaveLength(1);
  });

  it('while it waits for a connection: not sent', async () => {
    await fcm.close();
    fcm = provider({ connections: 1 });
    server.reply = () => 'hang';
    const first = new AbortController();
    const sent = send(first.signal);
    await waitFor(() => server.pushes.length === 1, { what: 'the first push' });
    expect(await send(AbortSignal.timeout(50))).toEqual({
      kind: 'temporary',
      reason: 'FCM was not reached: no answer in time',
    });
    first.abort();
    await sent;
    expect(server.pushes).toHaveLength(1);

    server.reply = () => undefined;
    expect(await send()).toMatchObject({ kind: 'accepted' }); // the connection is not lost with them
  });
});

describe('the access token', () => {
  it('is fetched once for all', async () => {
    await Promise.all(Array.from({ length: 20 }, () => send()));
    await send();
    expect(server.pushes).toHaveLength(21);
    expect(server.grants).toBe(1);
  });

  it('that is refused concerns everybody: infrastructure, and somebody must act', async () => {
    await fcm.close();
    fcm = provider({ account: throwAwayAccount() }); // a key that this server does not know
    expect(await send()).toEqual({ kind: 'infrastructure', reason: 'no access token: invalid_grant' });
    expect(server.pushes).toHaveLength(0);
    expect(logged).toMatchObject([{ level: 'error' }]);
  });

  it.each([
    ['reset', 'ECONNRESET'],
    [{ status: 503, body: '<html>' }, 'HTTP 503'],
    [{ status: 200, body: '<html>' }, 'HTTP 200'],
    [{ status: 200, body: { access_token: 7 } }, 'HTTP 200'],
  ] satisfies [FcmReply, string][])('that fails for a while (%j) alarms nobody', async (reply, code) => {
    server.replyToGrant = () => reply;
    expect(await send()).toEqual({ kind: 'infrastructure', reason: `no access token: ${code}` });
    expect(server.grants).toBe(1);
    expect(logged).toEqual([]);
  });

  it('that does not come in time: infrastructure, and nothing was sent', async () => {
    server.replyToGrant = () => 'hang';
    expect(await send(AbortSignal.timeout(100))).toEqual({
      kind: 'infrastructure',
      reason: 'no access token: not in time',
    });
    expect(server.pushes).toHaveLength(0);
  });

  it('that FCM does not take any more is replaced', async () => {
    await send();
    server.revokeTokens();
    expect(await send()).toEqual({ kind: 'infrastructure', reason: 'FCM UNAUTHENTICATED (401)' });
    expect(await send()).toMatchObject({ kind: 'accepted' });
    expect(server.grants).toBe(2);
  });

  it('that could not be had once is asked for again', async () => {
    server.replyToGrant = () => ({ status: 400, body: { error: 'invalid_grant' } });
    await send();
    server.replyToGrant = () => undefined;
    expect(await send()).toMatchObject({ kind: 'accepted' });
  });
});

describe('connections', () => {
  it('are as few as set, however many pushes at once, and kept for the next ones', async () => {
    await send();
    const before = server.opened;
    const burst = () => Promise.all(Array.from({ length: 20 }, () => send()));
    const outcomes = [...(await burst()), ...(await burst())];
    expect(outcomes.every(({ kind }) => kind === 'accepted')).toBe(true);
    expect(server.pushes).toHaveLength(41);
    expect(server.opened - before).toBeLessThanOrEqual(2); // and the one that was there
  });

  it('are closed with the provider', async () => {
    await send();
    expect(server.open.size).toBeGreaterThan(0);
    const ended = provider();
    await fcm.close();
    fcm = ended;
    await nothingOpen();
  });
});

describe('the SDK', () => {
  it('has its retries where we turn them off, and repeats nothing then', async () => {
    const { messaging, agent } = openFcmClient({ account, endpoint: server.url, connections: 1 });
    const answers: FcmReply[] = [refusal(503, 'UNAVAILABLE', { code: 'UNAVAILABLE' }), 'reset'];
    for (const answer of answers) {
      server.reply = () => answer;
      await expect(messaging.send({ token })).rejects.toThrow();
    }
    expect(server.pushes).toHaveLength(2);
    agent.destroy();
  });

  it('wants a service account where there is no endpoint', () => {
    expect(() => openFcmClient({ account: null, endpoint: undefined, connections: 1 })).toThrow('service account');
  });
});

providerContract('fcm', async () => {
  const world = new FcmServer(account);
  await world.start();
  return {
    provider: new FcmProvider({ account, endpoint: world.url, connections: 3, logger }),
    message: (deliveryId) => outgoing({ deliveryId }),
    answer: (how) => {
      world.reply = () => answers[how];
    },
    retryAfterMs: 7000,
    untilHung: async () => void (await waitFor(() => world.pushes.length > 0, { what: 'a push' })),
    received: () => world.pushes.map(({ message }) => String(message.data?.deliveryId)),
    connections: () => world.open.size,
    close: () => world.close(),
  };
});

const answers: Record<'accept' | 'refuse' | 'busy' | 'hang', FcmReply | undefined> = {
  accept: undefined,
  refuse: refusal(404, 'NOT_FOUND', { code: 'UNREGISTERED', message: token }),
  busy: {
    ...refusal(503, 'UNAVAILABLE', { code: 'UNAVAILABLE', message: token }),
    headers: { 'Retry-After': '7' },
  },
  hang: 'hang',
};
