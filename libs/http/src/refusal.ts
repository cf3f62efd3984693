import { type ErrorCode, errorCodes } from '@allim/contracts';

/** What is answered instead of the thing asked for. The message reaches the caller: it says what to change, and no more. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: number;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { status?: number; retryAfterS?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.status = options.status ?? errorCodes[code];
    this.retryAfterS = options.retryAfterS;
  }

  /** Seconds, for the Retry-After header. */
  readonly retryAfterS: number | undefined;
}

export const unauthorized = (message: string, cause?: unknown) => new Refusal('C001', message, { cause });
export const forbidden = (message: string) => new Refusal('C002', message);
/** `message` names the field and what was expected. */
export const badRequest = (message: string, status = 400) => new Refusal('C003', message, { status });
export const tryLater = (message: string, cause?: unknown) => new Refusal('C005', message, { retryAfterS: 1, cause });
