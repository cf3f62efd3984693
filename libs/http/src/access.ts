import { type IncomingHttpHeaders } from 'node:http';
import { type Allowance } from './allowance.js';
import { type Authenticate } from './authenticator.js';
import { type Caller } from './caller.js';
import { forbidden, Refusal, unauthorized } from './refusal.js';

/** Sessions that were ended before their tokens are. */
export interface Revocations {
  /** Whether this caller's session is one. Throws a C005 as long as nobody can know. */
  refuse(caller: Caller): boolean;
}

/** Who may come in, and how often: the same for REST requests and sockets. */
export class Access {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly revocations: Revocations,
    private readonly allowance: Allowance,
  ) {}

  /** Throws C001, or C005 while it cannot be known. */
  async admit(headers: IncomingHttpHeaders): Promise<Caller> {
    const caller = await this.authenticate(headers);
    if (this.revocations.refuse(caller)) throw unauthorized('the session was revoked: sign in again');
    return caller;
  }

  /** One request or socket message of this caller. Throws C002 or C004. */
  allow(caller: Caller, scope?: string): void {
    const waitS = this.allowance.take(caller.userId);
    if (waitS > 0) throw new Refusal('C004', `too many requests; try again in ${waitS} s`, { retryAfterS: waitS });
    if (scope !== undefined && !covers(caller.scopes, scope)) throw forbidden(`expected a token with scope "${scope}"`);
  }
}

/** Whoever may do more may also read: `ops` covers `ops:read`, and nothing else that begins like it. */
const covers = (scopes: readonly string[], needed: string): boolean =>
  scopes.includes(needed) || (needed.endsWith(':read') && scopes.includes(needed.slice(0, -':read'.length)));
