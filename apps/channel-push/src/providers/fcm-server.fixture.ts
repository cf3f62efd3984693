import { createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { type AddressInfo, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ServiceAccount } from './service-account.js';

/** A service account that nobody has ever heard of. */
export function throwAwayAccount(projectId = 'allim-spec'): ServiceAccount {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    projectId,
    clientEmail: `push@${projectId}.iam.gserviceaccount.com`,
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** A push as it has reached the server. */
export interface Push {
  path: string;
  authorization: string | undefined;
  message: { data?: Record<string, string> } & Record<string, unknown>;
}

export type FcmReply =
  | { status: number; headers?: Record<string, string>; body: unknown }
  /** Never answers. */
  | 'hang'
  /** Reads the whole request, then resets the connection. */
  | 'reset'
  /** Says 200, begins its answer, and resets or ends the connection. */
  | 'reset in the answer'
  | 'end in the answer';

/** An error as FCM v1 puts it; `details` beside FCM's own code. */
export const refusal = (
  status: number,
  rpcStatus: string,
  { code, message = rpcStatus, details = [] }: { code?: string; message?: string; details?: unknown[] } = {},
): { status: number; body: unknown } => ({
  status,
  body: {
    error: {
      code: status,
      message,
      status: rpcStatus,
      details: [
        ...(code ? [{ '@type': 'type.googleapis.com/google.firebase.fcm.v1.FcmError', errorCode: code }] : []),
        ...details,
      ],
    },
  },
});

/**
 * Speaks FCM v1 and Google's token endpoint on one port, over plain HTTP. Like Google it hands out access tokens only for
 * what `account`'s key has signed, and takes pushes only with such a token.
 */
export class FcmServer {
  readonly pushes: Push[] = [];
  grants = 0;
  /** Connections ever opened, and how many are open now. */
  opened = 0;
  readonly open = new Set<Socket>();
  /** What the next pushes are answered with; accepted when it says nothing. */
  reply: (push: Push) => FcmReply | undefined | Promise<FcmReply | undefined> = () => undefined;
  /** What the token endpoint answers; a token when it says nothing. */
  replyToGrant: () => FcmReply | undefined = () => undefined;

  private readonly tokens = new Set<string>();
  private readonly server = http.createServer((request, response) => void this.handle(request, response));

  constructor(private readonly account: ServiceAccount) {
    this.server.on('connection', (socket) => {
      this.opened += 1;
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async start(): Promise<void> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close(): Promise<void> {
    this.server.close();
    this.server.closeAllConnections();
    await once(this.server, 'close');
  }

  revokeTokens(): void {
    this.tokens.clear();
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const body = await text(request);
    if (request.headers.host === 'oauth2.googleapis.com' && request.url === '/token') {
      this.grants += 1;
      return this.give(response, this.replyToGrant() ?? this.grant(body));
    }
    const push: Push = {
      path: `${request.headers.host}${request.url}`,
      authorization: request.headers.authorization,
      message: JSON.parse(body).message,
    };
    this.pushes.push(push);
    const isKnown = this.tokens.has(push.authorization?.replace('Bearer ', '') ?? '');
    this.give(response, isKnown ? ((await this.reply(push)) ?? this.accepted()) : refusal(401, 'UNAUTHENTICATED'));
  }

  private accepted(): FcmReply {
    return { status: 200, body: { name: `projects/${this.account.projectId}/messages/${randomUUID()}` } };
  }

  private grant(form: string): FcmReply {
    const [header, claims, signature] = (new URLSearchParams(form).get('assertion') ?? '').split('.');
    const key = createPublicKey(this.account.privateKey);
    const isOurs = verify('sha256', Buffer.from(`${header}.${claims}`), key, Buffer.from(signature ?? '', 'base64url'));
    if (!isOurs) return { status: 400, body: { error: 'invalid_grant', error_description: 'Invalid JWT Signature.' } };
    const token = randomUUID();
    this.tokens.add(token);
    return { status: 200, body: { access_token: token, expires_in: 3600, token_type: 'Bearer' } };
  }

  private give(response: http.ServerResponse, reply: FcmReply): void {
    if (reply === 'hang') return;
    if (reply === 'reset') return void response.socket?.resetAndDestroy();
    if (reply === 'reset in the answer' || reply === 'end in the answer') {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
      response.write('{"name": "projects/', () =>
        reply === 'end in the answer' ? response.socket?.destroy() : response.socket?.resetAndDestroy(),
      );
      return;
    }
    const isText = typeof reply.body === 'string';
    response.writeHead(reply.status, { 'content-type': isText ? 'text/html' : 'application/json', ...reply.headers });
    response.end(isText ? reply.body : JSON.stringify(reply.body));
  }
}
