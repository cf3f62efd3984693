import { type IncomingHttpHeaders } from 'node:http';
import { forbidden, Refusal, unauthorized } from '../answers/refusal.js';
import { type Allowance } from './allowance.js';
import { type Authenticate } from './authenticator.js';
import { type Caller } from './caller.js';
import { type Revocations } from './revocations.js';

/** Who may come in, and how often: the same for REST requests and sockets. */
export class Access {
  constructor(
    private readonly authenticate: Authenticate,
    private readonly revocations: Pick<Revocations, 'refuse'>,
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
    if (scope !== undefined && !caller.scopes.includes(scope))
      throw forbidden(`expected a token with scope "${scope}"`);
  }
}
