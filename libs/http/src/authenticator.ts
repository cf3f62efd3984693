import { isUtf8 } from 'node:buffer';
import { createHash, timingSafeEqual } from 'node:crypto';
import { type IncomingHttpHeaders } from 'node:http';
import { limits } from '@allim/contracts';
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { type Caller } from './caller.js';
import { tryLater, unauthorized } from './refusal.js';
import { type AccessSettings } from './settings.js';

/** Answers who is calling, or throws: C001 for no or bad credentials, C005 while the issuer's keys cannot be had. */
export type Authenticate = (headers: IncomingHttpHeaders) => Promise<Caller>;

/** One for REST requests and socket handshakes alike. */
export function authenticator(settings: AccessSettings, now: () => number = Date.now): Authenticate {
  const verify = verifier(settings);
  return async (headers) => {
    if (headers['x-user-id'] !== undefined) return vouchedFor(headers, settings.AUTH_GATEWAY_SECRET);
    const [, token] = /^Bearer +(\S+)$/i.exec(headers.authorization ?? '') ?? [];
    if (token === undefined) throw unauthorized('expected an access token: "Authorization: Bearer …"');
    return callerOf(await verify(token, new Date(now())));
  };
}

/** The algorithms are bound to the kind of key: a public key can never be taken for the secret of an HS256 token. */
function verifier(settings: AccessSettings): (token: string, currentDate: Date) => Promise<JWTPayload> {
  const claims = { issuer: settings.AUTH_ISSUER, audience: settings.AUTH_AUDIENCE, requiredClaims: ['sub', 'exp'] };
  const { key, algorithms } = keyOf(settings);
  return async (token, currentDate) => {
    try {
      return (await jwtVerify(token, key, { ...claims, algorithms, currentDate })).payload;
    } catch (error) {
      if (error instanceof errors.JWTExpired) throw unauthorized('the access token has expired', error);
      if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError))
        throw tryLater("the issuer's keys cannot be fetched; try again", error);
      throw unauthorized('the access token is not valid here', error);
    }
  };
}

function keyOf(settings: AccessSettings): { key: JWTVerifyGetKey; algorithms: string[] } {
  if (settings.AUTH_JWKS_URL !== undefined) {
    // Shorter than the 5 s a socket has to authenticate.
    const key = createRemoteJWKSet(new URL(settings.AUTH_JWKS_URL), { timeoutDuration: 3_000 });
    return { key, algorithms: ['RS256', 'ES256'] };
  }
  const secret = new TextEncoder().encode(settings.AUTH_JWT_SECRET);
  return { key: async () => secret, algorithms: ['HS256'] };
}

function callerOf(payload: JWTPayload): Caller {
  const session = payload.sid ?? payload.jti;
  return {
    userId: userIdOf(payload.sub),
    scopes: typeof payload.scope === 'string' ? payload.scope.split(' ').filter((scope) => scope !== '') : [],
    expiresAt: Number(payload.exp) * 1000,
    issuedAt: payload.iat ?? null,
    sessionId: typeof session === 'string' ? session : null,
    byGateway: false,
  };
}

function vouchedFor(headers: IncomingHttpHeaders, secret: string | undefined): Caller {
  const given = headers['x-gateway-secret'];
  if (secret === undefined || typeof given !== 'string' || !sameSecret(given, secret))
    throw unauthorized('X-User-Id is taken from the gateway only');
  const userId = userIdOf(inUtf8(headers['x-user-id']));
  return { userId, scopes: [], expiresAt: null, issuedAt: null, sessionId: null, byGateway: true };
}

/** Node reads the bytes of a header as Latin-1; undefined for what is no UTF-8. */
function inUtf8(header: string | string[] | undefined): string | undefined {
  const bytes = Buffer.from(String(header), 'latin1');
  return isUtf8(bytes) ? bytes.toString('utf8') : undefined;
}

/** In constant time; over digests, because timingSafeEqual wants equal lengths and the length is a secret too. */
function sameSecret(given: string, secret: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}

/** Control characters would end a line of a hint; half a surrogate pair has no UTF-8 form: two such ids would become one. */
function userIdOf(value: unknown): string {
  const fits = (id: string) => id !== '' && [...id].length <= limits.userId;
  if (typeof value !== 'string' || !fits(value) || /\p{Cc}/u.test(value) || !value.isWellFormed())
    throw unauthorized(`expected a user id of 1 to ${limits.userId} characters`);
  return value;
}
