import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT, UnsecuredJWT } from 'jose';
import { authenticator } from './authenticator.js';
import { type AccessSettings } from './settings.js';

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

const secret = 'a secret of thirty-two bytes or more';
const now = Date.parse('2026-02-06T10:00:00Z');
const inSeconds = now / 1000;

const bytes = (text: string) => new TextEncoder().encode(text);
const claims = (more: JWTPayload = {}): JWTPayload => ({ sub: 'user-1', exp: inSeconds + 60, ...more });
const hs256 = (payload: JWTPayload, key = secret) =>
  new SignJWT(payload).setProtectedHeader({ alg: 'HS256' }).sign(bytes(key));

function caller(settings: AccessSettings, headers: Record<string, string>) {
  return authenticator(settings, () => now)(headers);
}
const withToken = async (token: string | Promise<string>, settings: AccessSettings = { AUTH_JWT_SECRET: secret }) =>
  caller(settings, { authorization: `Bearer ${await token}` });

describe('a token of our secret', () => {
  it('says who is calling', async () => {
    const token = hs256(claims({ scope: 'notify  ops', iat: inSeconds, jti: 'j', sid: 's' }));
    expect(await withToken(token)).toEqual({
      userId: 'user-1',
      scopes: ['notify', 'ops'],
      expiresAt: now + 60_000,
      issuedAt: inSeconds,
      sessionId: 's',
      byGateway: false,
    });
  });

  it.each<[string, Promise<string> | string]>([
    ['no algorithm', new UnsecuredJWT(claims()).encode()],
    ['another secret', hs256(claims(), 'another secret of thirty-two bytes.')],
    [
      'another algorithm of the same secret',
      new SignJWT(claims()).setProtectedHeader({ alg: 'HS512' }).sign(bytes(secret)),
    ],
    ['an end in the past', hs256(claims({ exp: inSeconds - 1 }))],
    ['no end', hs256({ sub: 'user-1' })],
    ['a beginning in the future', hs256(claims({ nbf: inSeconds + 5 }))],
    ['no user', hs256(claims({ sub: undefined }))],
    ['an empty user', hs256(claims({ sub: '' }))],
    ['a user that is too long', hs256(claims({ sub: 'x'.repeat(65) }))],
    ['a user with a line break', hs256(claims({ sub: 'user-1\nuser-2' }))],
    ['a user of half a character', hs256(claims({ sub: 'user-\ud83d' }))],
    ['garbage', 'a.b.c'],
  ])('is refused with %s', async (_name, token) => {
    await expect(withToken(token)).rejects.toMatchObject({ code: 'C001' });
  });

  it('counts the characters of a user id, not its code units', async () => {
    expect((await withToken(hs256(claims({ sub: '🦉'.repeat(64) })))).userId).toHaveLength(128);
  });

  it.each([
    [{ AUTH_ISSUER: 'https://a' }, { iss: 'https://b' }],
    [{ AUTH_ISSUER: 'https://a' }, {}],
    [{ AUTH_AUDIENCE: 'allim' }, { aud: ['shop'] }],
    [{ AUTH_AUDIENCE: 'allim' }, {}],
  ])('is refused when %j and it says %j', async (expected, said) => {
    await expect(withToken(hs256(claims(said)), { AUTH_JWT_SECRET: secret, ...expected })).rejects.toMatchObject({
      code: 'C001',
    });
  });

  it.each(['', 'Basic eDp5', 'Bearer', 'Bearer a b'])('is missed in "Authorization: %s"', async (authorization) => {
    await expect(caller({ AUTH_JWT_SECRET: secret }, { authorization })).rejects.toMatchObject({ code: 'C001' });
  });
});

describe('a token of published keys', () => {
  let keys: Server;
  let settings: AccessSettings;
  let rsa: KeyPair;
  let ec: KeyPair;

  // A server of this very process stands in for the issuer's.
  beforeAll(async () => {
    rsa = await generateKeyPair('RS256', { extractable: true });
    ec = await generateKeyPair('ES256');
    const set = {
      keys: [
        { ...(await exportJWK(rsa.publicKey)), kid: 'rsa' },
        { ...(await exportJWK(ec.publicKey)), kid: 'ec' },
      ],
    };
    keys = createServer((_request, response) => response.end(JSON.stringify(set)));
    await new Promise<void>((resolve) => keys.listen(0, '127.0.0.1', resolve));
    settings = { AUTH_JWKS_URL: `http://127.0.0.1:${(keys.address() as AddressInfo).port}/jwks` };
  });
  afterAll(() => new Promise((resolve) => keys.close(resolve)));

  it.each(['RS256', 'ES256'])('may be signed with %s', async (alg) => {
    const [kid, { privateKey }] = alg === 'RS256' ? ['rsa', rsa] : ['ec', ec];
    const token = new SignJWT(claims()).setProtectedHeader({ alg, kid }).sign(privateKey);
    expect((await withToken(token, settings)).userId).toBe('user-1');
  });

  it('is refused when a public key was taken for a secret', async () => {
    const forged = new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', kid: 'rsa' })
      .sign(bytes(await exportSPKI(rsa.publicKey)));
    await expect(withToken(forged, settings)).rejects.toMatchObject({ code: 'C001' });
  });

  it('is refused with a key nobody has published', async () => {
    const stranger = await generateKeyPair('ES256');
    const token = new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'other' }).sign(stranger.privateKey);
    await expect(withToken(token, settings)).rejects.toMatchObject({ code: 'C001' });
  });

  it('has to wait while the keys cannot be fetched', async () => {
    const token = new SignJWT(claims()).setProtectedHeader({ alg: 'ES256', kid: 'ec' }).sign(ec.privateKey);
    await expect(withToken(token, { AUTH_JWKS_URL: 'http://127.0.0.1:1/jwks' })).rejects.toMatchObject({
      code: 'C005',
    });
  });
});

describe('a user named by the gateway', () => {
  const settings = { AUTH_JWT_SECRET: secret, AUTH_GATEWAY_SECRET: 'known to the gateway and to us only' };
  const named = { 'x-user-id': 'user-7' };

  it('is believed with its secret', async () => {
    expect(await caller(settings, { ...named, 'x-gateway-secret': settings.AUTH_GATEWAY_SECRET })).toMatchObject({
      userId: 'user-7',
      scopes: [],
      byGateway: true,
    });
  });

  it('has the same name as in a token, beyond ASCII too', async () => {
    const secret = { 'x-gateway-secret': settings.AUTH_GATEWAY_SECRET };
    const asNodeReadsIt = (bytes: Buffer) => ({ ...secret, 'x-user-id': bytes.toString('latin1') });
    expect(await caller(settings, asNodeReadsIt(Buffer.from('é 사용자')))).toMatchObject({ userId: 'é 사용자' });
    await expect(caller(settings, asNodeReadsIt(Buffer.from([0x61, 0xe9])))).rejects.toMatchObject({ code: 'C001' });
  });

  it.each([
    ['no secret', settings, named],
    ['a wrong one', settings, { ...named, 'x-gateway-secret': 'wrong' }],
    ['an empty one', settings, { ...named, 'x-gateway-secret': '' }],
    ['no gateway set up', { AUTH_JWT_SECRET: secret }, { ...named, 'x-gateway-secret': '' }],
  ])('is not with %s, whatever else is sent', async (_name, given, headers) => {
    const authorization = `Bearer ${await hs256(claims())}`;
    await expect(caller(given, { ...headers, authorization })).rejects.toMatchObject({ code: 'C001' });
  });
});
