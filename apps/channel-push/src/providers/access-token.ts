import { sign } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { text } from 'node:stream/consumers';
import { type Clock, systemClock } from '@allim/platform';
import { type ServiceAccount } from './service-account.js';

/** Where the access token of a send comes from. */
export interface AccessTokens {
  /** A token that is valid for another minute at least. Rejects with a NoAccessToken. */
  current(): Promise<string>;
  /** FCM does not take this one any more. */
  forget(token: string): void;
}

export class NoAccessToken extends Error {
  override readonly name = 'NoAccessToken';
  /**
   * @param code OAuth's, or a network error's, or `HTTP 503`
   * @param refused the account is, or the request: it will not heal by itself
   */
  constructor(
    readonly code: string,
    readonly refused: boolean,
  ) {
    super(`no access token: ${code}`);
  }
}

const tokenHost = 'oauth2.googleapis.com';
const tokenPath = '/token';
const scope = 'https://www.googleapis.com/auth/firebase.messaging';

/** A token is renewed this long before its end, so that it outlasts a short outage of the token endpoint. */
const renewBeforeMs = 5 * 60_000;
/** And is good for a send as long as this is left of it. */
const neededMs = 60_000;
const fetchWithinMs = 10_000;
const fetchAgainAfterMs = 5000;

/**
 * Access tokens for a service account, by OAuth's JWT bearer grant (RFC 7523), one held and renewed for all sends. Not the
 * SDK's `cert()`: in 14.5.1 it drops the HTTP agent where the account is given as JSON, so that neither a proxy nor a local
 * server could be reached, repeats failed requests out of our sight, and holds a token until its end, revoked or not.
 */
export class ServiceAccountTokens implements AccessTokens {
  private held: { token: string; until: number } | undefined;
  private fetching: Promise<string> | undefined;
  private notBefore = 0;

  constructor(
    private readonly account: ServiceAccount,
    private readonly agent: https.Agent,
    private readonly clock: Clock = systemClock,
  ) {}

  async current(): Promise<string> {
    const now = this.clock();
    const left = this.held ? this.held.until - now : 0;
    if (this.held && left > renewBeforeMs) return this.held.token;
    if (this.held && left > neededMs) {
      if (now >= this.notBefore) this.renew().catch(() => {}); // there is time to try again
      return this.held.token;
    }
    return this.renew();
  }

  forget(token: string): void {
    if (this.held?.token === token) this.held = undefined; // else another send has brought a new one meanwhile
  }

  private renew(): Promise<string> {
    this.fetching ??= this.fetch().finally(() => {
      this.fetching = undefined;
    });
    return this.fetching;
  }

  private async fetch(): Promise<string> {
    const begun = this.clock();
    this.notBefore = begun + fetchAgainAfterMs;
    const { status, body } = await this.ask(begun);
    const { access_token: token, expires_in: seconds, error } = body;
    if (status !== 200 || typeof token !== 'string' || typeof seconds !== 'number')
      throw new NoAccessToken(
        isCode(error) ? error : `HTTP ${status}`,
        status >= 400 && status < 500 && status !== 429,
      );
    this.held = { token, until: begun + seconds * 1000 };
    return token;
  }

  private async ask(now: number): Promise<{ status: number; body: Record<string, unknown> }> {
    const form = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
      assertion: assertion(this.account, now),
    });
    try {
      const request = https.request({
        host: tokenHost,
        path: tokenPath,
        method: 'POST',
        agent: this.agent,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        signal: AbortSignal.timeout(fetchWithinMs),
      });
      request.end(form.toString());
      const [response] = (await once(request, 'response')) as [IncomingMessage];
      return { status: response.statusCode ?? 0, body: asObject(await text(response)) };
    } catch (error) {
      const { name, code } = error as NodeJS.ErrnoException;
      throw new NoAccessToken(name === 'AbortError' ? 'not in time' : (code ?? name), false);
    }
  }
}

/** Signed by the account's key: who asks, for what, of whom, and until when (at most an hour). */
function assertion({ clientEmail, privateKey }: ServiceAccount, now: number): string {
  const seconds = Math.floor(now / 1000);
  const claims = {
    iss: clientEmail,
    scope,
    aud: `https://${tokenHost}${tokenPath}`,
    iat: seconds,
    exp: seconds + 3600,
  };
  const unsigned = `${base64url({ alg: 'RS256', typ: 'JWT' })}.${base64url(claims)}`;
  return `${unsigned}.${sign('sha256', Buffer.from(unsigned), privateKey).toString('base64url')}`;
}

const isCode = (value: unknown): value is string => typeof value === 'string' && /^\w{1,60}$/.test(value);
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

function asObject(json: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
