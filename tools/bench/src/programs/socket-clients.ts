import { type NotificationMessage, socketPath } from '@allim/contracts';
import { SignJWT } from 'jose';
import { io, type Socket } from 'socket.io-client';
import { numberIn } from '../load.js';
import { percentile } from '../percentile.js';
import { answerQuestions } from './questions.js';

export interface ClientsInput {
  /** Nodes; the users are dealt out to them in turn. */
  urls: string[];
  users: string[];
  /** Signs the users' tokens. Absent: the reference's node, which believes everybody. */
  secret?: string;
}

export interface Received {
  count: number;
  /** Milliseconds from the event's making to the socket's event; NaN when nothing came. */
  p50: number;
  p99: number;
}

const connectTogether = 100;

let sockets: Socket[] = [];
/** From production to arrival, in milliseconds, for events that carry their time. */
let latencies: number[] = [];
let count = 0;
/** Earlier ones are warm-up. */
let since = 0;

async function connect({ urls, users, secret }: ClientsInput): Promise<number> {
  for (let start = 0; start < users.length; start += connectTogether) {
    const part = users.slice(start, start + connectTogether);
    await Promise.all(part.map((user, index) => open(urls[(start + index) % urls.length] as string, user, secret)));
  }
  return sockets.length;
}

async function open(url: string, user: string, secret: string | undefined): Promise<void> {
  const auth = secret === undefined ? { user } : { token: await token(user, secret) };
  const socket = io(url, { path: socketPath, transports: ['websocket'], forceNew: true, auth });
  sockets.push(socket);
  socket.on('notification', (message: NotificationMessage | { referenceId: string }) => {
    const arrived = (performance.timeOrigin + performance.now()) * 1000;
    count++;
    const { referenceId } = 'notification' in message ? message.notification : message;
    const made = numberIn(referenceId ?? '');
    if (made > since) latencies.push((arrived - made) / 1000);
  });
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('connect_error', (error) => reject(new Error(`${url}: ${error.message}`)));
  });
}

const token = (user: string, secret: string) =>
  new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('1 h')
    .sign(new TextEncoder().encode(secret));

/** Begins anew; what was made before `microseconds` (since 1970) counts, but not for the latencies. */
function reset(microseconds: number): void {
  latencies = [];
  count = 0;
  since = microseconds;
}

function received(): Received {
  return { count, p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) };
}

/** How many are connected now. */
const connected = () => sockets.filter((socket) => socket.connected).length;

function close(): void {
  for (const socket of sockets) socket.disconnect();
  sockets = [];
}

answerQuestions({ connect, reset, received, connected, close });
