import type { ErrorCode } from '@allim/contracts';

/** What an application can tell its user when a request came to nothing. `code` is the server's; `OFFLINE`: it gave no answer. */
export abstract class InboxError extends Error {
  constructor(
    readonly code: ErrorCode | 'OFFLINE',
    message: string,
  ) {
    super(message);
  }
}

/** The token is not accepted, not even a fresh one. */
export class SignInAgain extends InboxError {
  override readonly name = 'SignInAgain';
}

/** The same request may succeed later; not before `afterMs` where the server said so. */
export class TryLater extends InboxError {
  override readonly name = 'TryLater';
  constructor(
    code: ErrorCode | 'OFFLINE',
    message: string,
    readonly afterMs?: number,
  ) {
    super(code, message);
  }
}

/** The same request would be refused again. */
export class Refused extends InboxError {
  override readonly name = 'Refused';
}

/** The one place that judges the server's error codes. `afterMs`: what `Retry-After` said. */
export function inboxError(error: { code: ErrorCode; message: string }, afterMs?: number): InboxError {
  switch (error.code) {
    case 'C001':
      return new SignInAgain(error.code, error.message);
    case 'N002':
    case 'C004':
    case 'C005':
    case 'C500':
      return new TryLater(error.code, error.message, afterMs);
    default:
      return new Refused(error.code, error.message);
  }
}

/** No answer at all: the network, the server or an acknowledgement's time is gone. */
export function noAnswer(error: unknown): InboxError {
  if (error instanceof InboxError) return error;
  return new TryLater('OFFLINE', error instanceof Error ? error.message : String(error));
}
