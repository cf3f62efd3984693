/** Error codes of the HTTP API and of socket acknowledgements, with their HTTP status. */
export const errorCodes = {
  /** No such notification in this inbox. */
  N001: 404,
  /** Sending failed. */
  N002: 500,
  /** Unknown notification type. */
  N003: 400,
  /** No such dead letter. */
  D001: 404,
  /** No such replay job. */
  D002: 404,
  /** A replay job cannot do that in the state it is in. */
  D003: 409,
  /** No or bad credentials. */
  C001: 401,
  /** Not allowed. */
  C002: 403,
  /** Bad request; the message names the field and what was expected. */
  C003: 400,
  /** Too many requests, with `Retry-After`. */
  C004: 429,
  /** A dependency is down; try again. */
  C005: 503,
  /** Our fault; the message carries an id that stands in the log. */
  C500: 500,
} as const;

export type ErrorCode = keyof typeof errorCodes;

/** The envelope of every answer. */
export type ApiResponse<T> =
  | { success: true; data?: T }
  | { success: false; error: { code: ErrorCode; message: string } };
