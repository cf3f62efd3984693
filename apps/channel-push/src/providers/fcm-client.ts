import { randomUUID } from 'node:crypto';
import https from 'node:https';
import net from 'node:net';
import { type App, initializeApp } from 'firebase-admin/app';
import { getMessaging, type Messaging } from 'firebase-admin/messaging';
import { type AccessTokens, ServiceAccountTokens } from './access-token.js';
import { type ServiceAccount } from './service-account.js';

export interface FcmClient {
  app: App;
  messaging: Messaging;
  tokens: AccessTokens;
  /** Lets go of the connections. */
  agent: https.Agent;
}

/**
 * Firebase's SDK with connections of our own: at most `connections` to FCM, kept between sends. With an `endpoint` all
 * of them, those for access tokens too, lead there instead of to Google; without an `account` that endpoint gets a token
 * that stands for nobody.
 */
export function openFcmClient(options: {
  account: ServiceAccount | null;
  endpoint: string | undefined;
  connections: number;
}): FcmClient {
  const { account, endpoint, connections } = options;
  if (!account && !endpoint) throw new Error('a service account is needed to send to Google');
  const agent = endpoint ? redirectedAgent(endpoint, connections) : new https.Agent(connecting(connections));
  const tokens = account ? new ServiceAccountTokens(account, agent) : nobody;
  // Said to be over at once, so that the SDK keeps none of its own and asks before each send.
  const credential = { getAccessToken: async () => ({ access_token: await tokens.current(), expires_in: 0 }) };
  const projectId = account?.projectId ?? 'allim-local';
  // An app of our own name: the SDK keeps all apps of a process in one place, and refuses a second default one.
  const app = initializeApp({ credential, projectId, httpAgent: agent }, `allim-${randomUUID()}`);
  const messaging = getMessaging(app);
  withoutRetries(messaging);
  return { app, messaging, tokens, agent };
}

/** Not Node's default agent: it opens as many connections as there are sends. `send()` is HTTP/1.1, one at a time on each. */
const connecting = (connections: number): https.AgentOptions => ({
  keepAlive: true,
  maxSockets: connections,
  scheduling: 'lifo', // what is left over after a burst falls idle, and the far end closes it
});

/** The SDK has no setting for its address and knows https only; the agent is where a connection comes from: a plain one. */
function redirectedAgent(endpoint: string, connections: number): https.Agent {
  const { hostname, port } = new URL(endpoint);
  const host = hostname.replace(/^\[(.*)\]$/, '$1'); // IPv6
  const agent = new https.Agent(connecting(connections));
  agent.createConnection = () => net.connect({ host, port: Number(port || 80), noDelay: true });
  return agent;
}

const nobody: AccessTokens = { current: async () => 'nobody', forget: () => {} };

/**
 * The SDK repeats by itself what was answered by 503, reset or timed out, up to four times, the first time at once and
 * without jitter: attempts that nobody counts, and a Retry-After that it waits for while we hold a lease. There is no
 * setting for it, so this reaches into the SDK: the one place that does. Throws, and so stops the start, when a version
 * has it elsewhere. Rejected: to count them (a send would still take minutes), and to send without the SDK.
 */
function withoutRetries(messaging: Messaging): void {
  const inside = messaging as unknown as {
    messagingRequestHandler?: { httpClient?: { retry?: { maxRetries?: unknown } } };
  };
  const retry = inside.messagingRequestHandler?.httpClient?.retry;
  if (typeof retry?.maxRetries !== 'number')
    throw new Error('this version of firebase-admin keeps its retries elsewhere; see withoutRetries');
  retry.maxRetries = 0;
}
