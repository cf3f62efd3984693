import { SignJWT } from 'jose';

export interface TokenClaims {
  user: string;
  /** `ops`, `notify`; several separated by blanks */
  scope: string | undefined;
  ttlS: number;
}

/** @returns an access token (HS256) as the api's AUTH_JWT_SECRET verifies it */
export function token({ user, scope, ttlS }: TokenClaims, secret: string): Promise<string> {
  return new SignJWT(scope === undefined ? {} : { scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime(`${ttlS} s`)
    .sign(new TextEncoder().encode(secret));
}
