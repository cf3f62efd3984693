import { AsyncLocalStorage } from 'node:async_hooks';
import diagnostics from 'node:diagnostics_channel';
import { type ClientRequest, type IncomingMessage } from 'node:http';
import { type Outcome, type Outgoing, type Provider } from '@allim/channel';
import { type Logger } from '@allim/platform';
import { deleteApp, FirebaseError } from 'firebase-admin/app';
import { type TokenMessage } from 'firebase-admin/messaging';
import { NoAccessToken } from './access-token.js';
import { type FcmClient, openFcmClient } from './fcm-client.js';
import { buildMessage, payloadLimitBytes } from './fcm-message.js';
import { judgeRefusal } from './fcm-outcomes.js';
import { type ServiceAccount } from './service-account.js';

export interface FcmOptions {
  /** Nothing only together with an `endpoint`. */
  account: ServiceAccount | null;
  /** Where a server that speaks FCM v1 listens, as http://host:port; Google's own when not given. */
  endpoint?: string;
  /** At most so many at a time; each carries one send at a time. */
  connections: number;
  logger: Pick<Logger, 'warn' | 'error'>;
}

/** How often the same is logged, at most. */
const tellEveryMs = 60_000;

/**
 * Pushes by Firebase Cloud Messaging, one device at a time. The SDK has no AbortSignal and does not tell what became of a
 * send that failed on its way; both are seen at its HTTP request (`Sending`).
 */
export class FcmProvider implements Provider {
  readonly name = 'fcm';
  private readonly client: FcmClient;
  private readonly logger: FcmOptions['logger'];
  private readonly told = new Map<string, number>();

  /** Throws when the SDK is a version that we do not know. */
  constructor({ account, endpoint, connections, logger }: FcmOptions) {
    this.client = openFcmClient({ account, endpoint, connections });
    this.logger = logger;
  }

  async send(outgoing: Outgoing, signal: AbortSignal): Promise<Outcome> {
    const { token } = outgoing.address;
    if (!token) return { kind: 'permanent', reason: 'the device is not known any more' };
    const built = buildMessage(outgoing, token);
    if ('tooLargeBytes' in built)
      return {
        kind: 'permanent',
        reason: `payload is ${built.tooLargeBytes} bytes, expected at most ${payloadLimitBytes}`,
      };
    if (signal.aborted) return { kind: 'temporary', reason: 'FCM was not reached: no time left' };
    let accessToken: string;
    try {
      // Before the send itself: what fails here was not sent. The SDK asks again and gets the one that is held.
      accessToken = await within(signal, this.client.tokens.current());
    } catch (error) {
      if (!(error instanceof NoAccessToken)) return { kind: 'infrastructure', reason: 'no access token: not in time' };
      if (error.refused) this.tell('error', error.code, error.message);
      return { kind: 'infrastructure', reason: error.message };
    }
    return this.sendOnce(built.message, accessToken, signal);
  }

  private async sendOnce(message: TokenMessage, accessToken: string, signal: AbortSignal): Promise<Outcome> {
    const sending = new Sending();
    try {
      const sent = sending.run(() => this.client.messaging.send(message));
      const id: unknown = await within(signal, Promise.race([sent, sending.cutOff]));
      if (typeof id === 'string' && id !== '') return { kind: 'accepted', providerMessageId: id.slice(0, 255) };
      return { kind: 'ambiguous', reason: 'FCM says yes, but names no message' };
    } catch (error) {
      return signal.aborted ? sending.lost('no answer in time') : this.outcomeOf(error, sending, accessToken);
    } finally {
      sending.end();
    }
  }

  private outcomeOf(error: unknown, sending: Sending, accessToken: string): Outcome {
    if (!(error instanceof FirebaseError)) return sending.lost(networkCode(error));
    const answer = error.httpResponse;
    if (answer && answer.status >= 200 && answer.status < 300)
      return { kind: 'ambiguous', reason: `FCM says ${answer.status}, but in no form we know` };
    if (answer) {
      const { code, known, alert, outcome } = judgeRefusal(answer, Date.now());
      if (alert) this.tell(known ? 'error' : 'warn', code, outcome.reason);
      if (code === 'UNAUTHENTICATED') this.client.tokens.forget(accessToken);
      return outcome;
    }
    // The SDK's own checks, before anything was sent: it would refuse the same again.
    if (error.code.startsWith('messaging/')) return { kind: 'permanent', reason: `the SDK refuses it: ${error.code}` };
    return sending.lost(networkCode(error.cause ?? error));
  }

  /** Not once a push, for it is the same for all of them. At ERROR somebody must act, at WARN somebody should look. */
  private tell(level: 'error' | 'warn', code: string, reason: string): void {
    const now = Date.now();
    if (now - (this.told.get(code) ?? Number.NEGATIVE_INFINITY) < tellEveryMs) return;
    this.told.set(code, now);
    const what =
      level === 'error' ? 'FCM refuses what will not heal by itself' : 'FCM refuses by a code we do not know';
    this.logger[level]({ code, reason }, what);
  }

  async close(): Promise<void> {
    await deleteApp(this.client.app);
    this.client.agent.destroy();
  }
}

/** The HTTP request that the SDK makes for one send. */
class Sending {
  private static readonly current = new AsyncLocalStorage<Sending>();

  private request: ClientRequest | undefined;
  /** A connection is being opened for it, TLS included. */
  private connecting = false;
  /** The whole body is with the operating system: FCM may have it. */
  private written = false;
  private readonly cut = Promise.withResolvers<never>();

  /** Rejects when the answer breaks off in its body: the SDK would wait for the rest for ever. */
  readonly cutOff: Promise<never> = this.cut.promise;

  static {
    diagnostics.subscribe('http.client.request.created', (message) => {
      const { request } = message as { request: ClientRequest };
      Sending.current.getStore()?.watch(request);
    });
  }

  constructor() {
    this.cutOff.catch(() => {}); // may come after the race
  }

  run<T>(send: () => Promise<T>): Promise<T> {
    return Sending.current.run(this, send);
  }

  private watch(request: ClientRequest): void {
    if (!request.path.endsWith('/messages:send')) return;
    this.request = request;
    request.once('socket', (socket) => {
      if (!socket.connecting) return; // kept from an earlier send
      this.connecting = true;
      socket.once('encrypted' in socket ? 'secureConnect' : 'connect', () => {
        this.connecting = false;
      });
    });
    request.once('finish', () => {
      this.written = true;
    });
    request.once('response', (response: IncomingMessage) => {
      response.once('close', () => {
        if (!response.complete) this.cut.reject(new Error('the answer broke off'));
      });
    });
  }

  /**
   * Without an answer: whatever was not written as a whole, FCM cannot have taken. Where no connection could be opened,
   * nobody's push can be sent (decision 0021).
   */
  lost(reason: string): Outcome {
    if (this.written) return { kind: 'ambiguous', reason: `FCM: ${reason}` };
    const kind = this.connecting ? 'infrastructure' : 'temporary';
    return { kind, reason: `FCM was not reached: ${reason}` };
  }

  /** Gives the connection free where the SDK would go on waiting. A request whose answer is whole is left alone by Node. */
  end(): void {
    this.request?.destroy();
  }
}

/** `work`'s result, or the signal's reason once it is aborted. */
async function within<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  work.catch(() => {}); // may come after the race
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** ECONNREFUSED and the like. Not the message: it names hosts and, behind a proxy, more. */
function networkCode(error: unknown): string {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{1,60}$/.test(code)) return code;
  return message === 'the answer broke off' ? message : 'network error';
}
