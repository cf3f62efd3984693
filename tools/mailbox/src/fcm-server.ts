import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  type Answer,
  type FcmFacts,
  type FcmMessage,
  type FcmScript,
  frontEndAnswer,
  isRecord,
  problemOf,
  refusalAnswer,
} from './fcm-answers.js';
import { type Filter, type Listed, matching } from './filter.js';
import { type KeepLimits, Kept } from './kept.js';

/** A push as a device would get it. All of it is what somebody sent: nothing is safe to put into a page unescaped. */
export interface Push {
  id: string;
  /** ISO 8601, UTC, with milliseconds. */
  receivedAt: string;
  project: string;
  /** What the sender was answered, `projects/<project>/messages/<id>`. */
  name: string;
  token: string | null;
  /** Topic or condition, where it went to no single device. */
  topic: string | null;
  title: string;
  body: string;
  data: Record<string, string>;
  /** All of it, as it was sent. */
  message: FcmMessage;
  /** Of the message as JSON. */
  bytes: number;
}

export interface FcmOptions {
  /** 0, the default, lets the system choose one. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  script?: FcmScript;
  /** Which pushes are kept: the newest. Default: 1,000, and 16 MB. */
  keep?: Partial<KeepLimits>;
  /** Whether only access tokens of our own token endpoint open the door. Default: false, any `Bearer` does. */
  onlyIssuedTokens?: boolean;
}

export interface FcmServer {
  readonly port: number;
  /** `http://host:port`; no TLS. */
  readonly url: string;
  readonly kept: Kept<Push>;
  /** Access tokens given out since the start. */
  readonly tokensIssued: number;
  /** Newest first. */
  pushes(filter?: Filter): Push[];
  /** From now on this script. */
  play(script: FcmScript): void;
  /** Whether the token endpoint refuses every service account from now on (`invalid_grant`), as for one that was deleted. */
  refuseAccounts(refuse: boolean): void;
  /** Ends all connections, at once. */
  stop(): Promise<void>;
}

const largestRequest = 1024 * 1024;
const sendPath = /^\/v1\/projects\/([\w.:-]+)\/messages:send$/;

/**
 * Speaks as much of FCM HTTP v1 as firebase-admin's `send()` needs: `POST /v1/projects/<project>/messages:send`, and `POST /token`
 * for the access token before it. Delivers to no device: it keeps what it is sent. For development and tests.
 */
export async function startFcmServer(options: FcmOptions = {}): Promise<FcmServer> {
  const { host = '127.0.0.1' } = options;
  const kept = new Kept<Push>({ count: 1_000, bytes: 16 * 1024 * 1024, ...options.keep });
  const issued = new Map<string, number>();
  let faultOf = fcmPlayer(options.script ?? {});
  let sendCount = 0;
  let tokenCount = 0;
  let accountsRefused = false;

  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy()); // its sender went away
  });
  // Senders keep connections for later; Node's own 5 s would cut one just as it is used again.
  server.keepAliveTimeout = 60_000;

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request);
    const path = (request.url ?? '').replace(/\?.*/s, '');
    if (request.method !== 'POST') return reply(response, notFound);
    if (body === undefined) return reply(response, { http: 413, headers: { Connection: 'close' }, body: {} });
    if (path === '/token') return reply(response, tokenAnswer(body));
    const project = sendPath.exec(path)?.[1];
    if (project === undefined) return reply(response, notFound);
    if (!isAuthorized(request.headers.authorization)) return reply(response, unauthenticated);
    const fault = await send(project, body, response);
    if (fault) reply(response, fault);
  }

  /** Answers what to answer; undefined when the script wants silence. */
  async function send(project: string, body: string, response: ServerResponse): Promise<Answer | undefined> {
    const request = parsed(body);
    if (!isRecord(request)) return frontEndAnswer(400, 'INVALID_ARGUMENT', 'Invalid JSON payload received.');
    const problem = problemOf(request.message);
    if (problem) return problem;
    const message = request.message as FcmMessage;
    sendCount += 1;
    const fault = await faultOf({ number: sendCount, project, token: message.token ?? null, message });
    if (fault && 'error' in fault) return refusalAnswer(fault);
    if (fault && 'status' in fault) {
      return { http: fault.status, headers: { 'Content-Type': 'text/html; charset=utf-8' }, body: fault.body };
    }
    const name = `projects/${project}/messages/0:${Date.now() * 1000}%${randomBytes(8).toString('hex')}`;
    if (fault?.keep !== false && request.validate_only !== true) keep(project, name, message);
    if (!fault) return { http: 200, headers: {}, body: { name } };
    if ('reset' in fault) response.socket?.resetAndDestroy();
    return undefined;
  }

  function keep(project: string, name: string, message: FcmMessage): void {
    const receivedAt = new Date().toISOString();
    const { token = null, topic, condition, notification = {}, data = {} } = message;
    // Without a notification of its own a message says it in its data, for the app to show.
    const { title = data.title ?? '', body = data.body ?? '' } = notification;
    const to = { token, topic: topic ?? condition ?? null };
    const bytes = Buffer.byteLength(JSON.stringify(message));
    kept.add((id) => ({ id, receivedAt, project, name, ...to, title, body, data, message, bytes }));
  }

  function tokenAnswer(form: string): Answer {
    const problem = accountsRefused ? 'Invalid grant: account not found' : problemOfGrant(new URLSearchParams(form));
    if (problem) {
      return { http: 400, headers: {}, body: { error: 'invalid_grant', error_description: problem } };
    }
    tokenCount += 1;
    const token = `mailbox.${randomBytes(24).toString('base64url')}`;
    for (const [old, endsAt] of issued) if (endsAt < Date.now()) issued.delete(old);
    issued.set(token, Date.now() + 3_600_000);
    return { http: 200, headers: {}, body: { access_token: token, expires_in: 3599, token_type: 'Bearer' } };
  }

  function isAuthorized(header = ''): boolean {
    const token = /^Bearer (\S+)$/.exec(header)?.[1];
    if (token === undefined) return false;
    return !options.onlyIssuedTokens || (issued.get(token) ?? 0) > Date.now();
  }

  server.listen(options.port ?? 0, host);
  await once(server, 'listening'); // rejects with the error when the port is taken
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `http://${host}:${port}`,
    kept,
    get tokensIssued() {
      return tokenCount;
    },
    pushes(filter = {}) {
      const wanted = matching(filter);
      return kept.newestFirst().filter((push) => wanted(listedPush(push)));
    },
    play(script) {
      faultOf = fcmPlayer(script);
    },
    refuseAccounts(refuse) {
      accountsRefused = refuse;
    },
    stop: () => stopServer(server),
  };
}

export async function stopServer(server: Server): Promise<void> {
  const closed = once(server, 'close');
  server.close();
  server.closeAllConnections();
  await closed;
}

export function listedPush({ receivedAt, token, topic, title }: Push): Listed {
  return { receivedAt, recipients: [token ?? topic ?? ''], heading: title };
}

function fcmPlayer(script: FcmScript): Extract<FcmScript, (facts: FcmFacts) => unknown> {
  if (typeof script === 'function') return script;
  const byToken = new Map(
    Object.entries(script).map(([token, faults]) => [token, Array.isArray(faults) ? [...faults] : faults]),
  );
  return ({ token }) => {
    const faults = byToken.get(token ?? '');
    return Array.isArray(faults) ? faults.shift() : faults;
  };
}

const notFound = frontEndAnswer(404, 'NOT_FOUND', 'Method not found.');
const unauthenticated = frontEndAnswer(
  401,
  'UNAUTHENTICATED',
  'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.',
);

function reply(response: ServerResponse, { http, headers, body }: Answer): void {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  response.writeHead(http, {
    'Content-Type': 'application/json; charset=UTF-8',
    'Content-Length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Undefined when it is larger than anything FCM would read. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= largestRequest) chunks.push(chunk);
  }
  return bytes > largestRequest ? undefined : Buffer.concat(chunks).toString();
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Form and claims of the signed request are checked, its signature is not: we know no account's key. */
function problemOfGrant(form: URLSearchParams): string | undefined {
  if (form.get('grant_type') !== 'urn:ietf:params:oauth:grant-type:jwt-bearer') return 'Invalid grant_type';
  const [header, claims, signature] = (form.get('assertion') ?? '').split('.');
  const { alg } = fields(header);
  const { iss, scope, exp } = fields(claims);
  if (alg !== 'RS256' || !signature) return 'Invalid JWT Signature.';
  if (typeof iss !== 'string' || iss === '') return 'Invalid issuer: the account is not named.';
  const scopes = String(scope).split(' ');
  const enough = [
    'https://www.googleapis.com/auth/firebase.messaging',
    'https://www.googleapis.com/auth/cloud-platform',
  ];
  if (!enough.some((one) => scopes.includes(one))) return 'Invalid scope: nothing that lets it send.';
  if (typeof exp !== 'number' || exp * 1000 < Date.now()) return 'Invalid JWT: its time is over.';
  return undefined;
}

function fields(part = ''): Record<string, unknown> {
  const read = parsed(Buffer.from(part, 'base64url').toString());
  return isRecord(read) ? read : {};
}
