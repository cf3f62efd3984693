/** Who is calling, as verified. */
export interface Caller {
  userId: string;
  scopes: readonly string[];
  /** Milliseconds since 1970; null for a caller whom the gateway vouches for: it watches over the token then. */
  expiresAt: number | null;
  /** Seconds since 1970; null when the token does not say, or there is none. */
  issuedAt: number | null;
  /** The token's `sid`, else its `jti`. */
  sessionId: string | null;
  /** The gateway vouches for it by its secret: there is no token here. */
  byGateway: boolean;
}
