// What an SMTP server is told to do wrong. Every mail provider has days like these.

/** What one connection meets, from its first byte on. */
export type ConnectionFault =
  /** Greets with this instead of 220 and hangs up: 421 (too busy), 554 (not you). */
  | { reply: number; text?: string }
  /** Refuses whoever signs in: 535 (wrong password), 454 (not now). Without sign-in the connection works. */
  | { auth: number; text?: string }
  /** The handshake after STARTTLS fails. `broken`: answered by bytes that are no TLS; `cut`: by the end of the connection. */
  | { tls: 'broken' | 'cut' }
  | { cut: 'greeting' }
  | { hang: 'greeting' }
  /** All answers come at this pace. A client's idle time-out never fires: there is always a byte. */
  | { bytesPerSecond: number };

/** What one mail meets. `keep`: whether the server takes the mail although its client never hears of it; default: true. */
export type MailFault =
  /** Refuses it: 4xx for now, 5xx for good, after the recipient or after the body (the default). 421 hangs up as well. */
  | { reply: number; text?: string; at?: 'to' | 'body' }
  /** The connection is reset: nothing was taken, and the client can know it. */
  | { cut: 'before-data' }
  /** The connection is reset when all is here: nobody but us knows what became of it. */
  | { cut: 'after-body'; keep?: boolean }
  | { hang: 'after-body'; keep?: boolean }
  /** Takes it, and says so as many milliseconds later. */
  | { answersAfterMs: number }
  /** From the recipient's answer to the last one. */
  | { bytesPerSecond: number };

export interface ConnectionFacts {
  /** 1 for the first one since the server's start. */
  number: number;
}

export interface MailFacts {
  /** 1 for the first one since the server's start; refused ones count. */
  number: number;
  /** The number of its connection: pools send many over one. */
  connection: number;
  /** Envelope addresses; `to` is the first recipient. */
  from: string;
  to: string;
}

/** A queue: one for each, then all is well; undefined in it lets one pass. Or a function that is asked each time. */
export type Play<Facts, Fault> = readonly (Fault | undefined)[] | ((facts: Facts) => Fault | undefined);

export interface SmtpScript {
  connections?: Play<ConnectionFacts, ConnectionFault>;
  mails?: Play<MailFacts, MailFault>;
}

/** Asks a script, once for each connection or mail. The given queue stays as it is. */
export function player<Facts, Fault>(play: Play<Facts, Fault> = []): (facts: Facts) => Fault | undefined {
  if (typeof play === 'function') return play;
  const queue = [...play];
  return () => queue.shift();
}
