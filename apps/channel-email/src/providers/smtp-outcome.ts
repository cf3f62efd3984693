import { type Outcome } from '@allim/channel';

/** nodemailer's errors, as far as they are read. */
interface Fields {
  /** What kind of failure: `EENVELOPE`, `EAUTH`, `ECONNECTION`. */
  code?: string;
  /** The system's or OpenSSL's own code: `ECONNREFUSED`. */
  originalCode?: string;
  /** The command that was answered; `CONN` is the connection itself. */
  command?: string;
  responseCode?: number;
  /** The server's reply with its words. */
  response?: string;
}

/**
 * How far a send had come. nodemailer names the command that the server answered, but a connection that is cut or hangs
 * is always `CONN`: only the mail's own stream tells what was on its way by then.
 */
export type Stage =
  /** The mail is being put together. */
  | 'composing'
  /** No session with the server yet: connecting, TLS, AUTH, or waiting for a connection of the pool. */
  | 'connecting'
  /** The server has been told of the mail, and has not been handed all of it. */
  | 'offered'
  /** All of the mail is handed over, its end included: without an answer nobody knows whether it was taken. */
  | 'handed-over';

/**
 * Replies (RFC 4954, RFC 3207) that are about us and not about the mail: sign in first, this mechanism is too weak, wrong
 * credentials, encryption needed, and a password that has to be changed.
 */
const aboutUs = new Set([432, 454, 530, 534, 535, 538]);

/** A wrong sequence of commands: the session was out of step, the mail was not judged. */
const badSequence = 503;

/** What a failed send means, by the server's reply and by how far it had come; never by a message's words. */
export function outcomeOf(error: unknown, stage: Stage): Outcome {
  const { code, command = 'CONN', responseCode } = fieldsOf(error);
  const reason = describe(error);
  // We ended it ourselves, which says nothing of the mail or the server.
  if (code === 'EABORT') return { kind: stage === 'handed-over' ? 'ambiguous' : 'temporary', reason };
  // Nothing of it will be different next time, and nobody else's mail is concerned.
  if (stage === 'composing') return { kind: 'permanent', reason };
  if (stage === 'connecting') return { kind: 'infrastructure', reason };
  // An answer to a command of this mail. What the connection's end carried along (CONN) is none.
  if (responseCode !== undefined && command !== 'CONN') {
    if (aboutUs.has(responseCode)) return { kind: 'infrastructure', reason };
    const never = responseCode >= 500 && responseCode !== badSequence;
    return { kind: never ? 'permanent' : 'temporary', reason };
  }
  // Refused by nodemailer itself, on what the server had announced: a mail that is too large, an address it cannot take.
  if ((code === 'EENVELOPE' || code === 'EMESSAGE') && stage === 'offered') return { kind: 'permanent', reason };
  return { kind: stage === 'handed-over' ? 'ambiguous' : 'temporary', reason };
}

/** `SMTP 550 5.1.1 at RCPT TO`, `ETIMEDOUT at CONN`. Never the reply's words: servers like to repeat the address in them. */
function describe(error: unknown): string {
  const { code, command, responseCode, originalCode, response } = fieldsOf(error);
  const enhanced = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/.exec(response ?? '')?.[1];
  const answer = responseCode === undefined ? undefined : ['SMTP', responseCode, enhanced].filter(Boolean).join(' ');
  const what = answer ?? [code ?? 'failed', originalCode].filter(Boolean).join(' ');
  return command === undefined ? what : `${what} at ${command}`;
}

/** What is used of an error, whoever made it. */
export function fieldsOf(error: unknown): Fields {
  const { code, command, responseCode, response, originalCode } = (error ?? {}) as Record<keyof Fields, unknown>;
  return {
    code: typeof code === 'string' ? code : undefined,
    originalCode: typeof originalCode === 'string' ? originalCode : undefined,
    command: typeof command === 'string' ? command : undefined,
    responseCode: typeof responseCode === 'number' ? responseCode : undefined,
    response: typeof response === 'string' ? response : undefined,
  };
}
