import { type Server as HttpServer, type IncomingMessage } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { handshakeAuth } from '@allim/contracts';
import { type Access, judge, Refusal, readShape, refused } from '@allim/http';
import { type Logger } from '@allim/platform';
import { originAllowed } from '../access/origins.js';
import { type ApiMetrics, type RefusedConnection } from '../metrics.js';
import { type ClientMessages } from './client-messages.js';
import { Follower } from './follower.js';
import { type InboxFeed } from './inbox-feed.js';
import { userRoom } from './rooms.js';
import { boundSendQueue } from './send-queue.js';
import { SocketOutlet } from './socket-outlet.js';
import { type ClientSocket, type SocketServer } from './socket-server.js';

export interface GatewaySettings {
  WEBSOCKET_ALLOWED_ORIGINS: readonly string[];
  SOCKETS_PER_USER: number;
  SEND_QUEUE_PACKETS: number;
  SEND_QUEUE_BYTES: number;
}

/** A token is enough for our own clients; callers behind the gateway have none. */
const handshake = handshakeAuth.partial({ token: true });

/** Sockets closed at once when the node stops, and the time between: their clients come back on other nodes, not all at the same instant. */
const drainBatch = 200;
const drainPauseMs = 20;

const forgotten = Object.freeze({ headers: {}, auth: {}, query: {} });

/** Lets sockets in, answers their messages, and lets them go. */
export class Gateway {
  private stopping = false;

  constructor(
    private readonly io: SocketServer,
    private readonly access: Access,
    private readonly feed: InboxFeed,
    private readonly messages: ClientMessages,
    private readonly node: { settings: GatewaySettings; metrics: ApiMetrics; logger: Logger },
  ) {}

  attach(http: HttpServer): void {
    this.io.use((socket, next) => void this.admit(socket, next));
    this.io.on('connection', (socket) => this.welcome(socket));
    this.io.attach(http, {
      // Where the Origin must be checked: Socket.IO's own `cors` does not guard the websocket transport.
      allowRequest: (request, done) => {
        const reason = this.turnedAway(request);
        if (reason) this.node.metrics.refusedConnections.inc({ reason });
        done(reason, reason === undefined);
      },
    });
  }

  /** Closes all sockets, so that their clients reconnect, to other nodes. */
  async drain(): Promise<void> {
    this.stopping = true;
    const sockets = [...this.io.sockets.sockets.values()];
    for (let i = 0; i < sockets.length; i += drainBatch) {
      // Their transport, not `disconnect()`: after that one a client would not come back by itself.
      for (const socket of sockets.slice(i, i + drainBatch)) socket.conn.close();
      await pause(drainPauseMs);
    }
    this.io.engine.close();
  }

  private turnedAway(request: IncomingMessage): RefusedConnection | undefined {
    if (this.stopping) return 'stopping';
    return originAllowed(request.headers, this.node.settings.WEBSOCKET_ALLOWED_ORIGINS) ? undefined : 'origin';
  }

  private async admit(socket: ClientSocket, next: (error?: Error) => void): Promise<void> {
    try {
      const { token, lastId } = readShape(handshake, socket.handshake.auth, 'auth');
      const headers = token === undefined ? socket.handshake.headers : { authorization: `Bearer ${token}` };
      const caller = await this.access.admit(headers);
      if (this.feed.followersOf(caller.userId).size >= this.node.settings.SOCKETS_PER_USER)
        throw new Refusal('C004', `expected at most ${this.node.settings.SOCKETS_PER_USER} sockets of one user`);
      socket.data.caller = caller;
      socket.data.follower = new Follower(new SocketOutlet(socket, this.node.metrics), lastId);
      next();
    } catch (error) {
      const refusal = judge(error, this.node.logger);
      this.node.metrics.refusedConnections.inc({ reason: reasons[refusal.code] ?? 'unavailable' });
      // Nothing is wrong with the client: it shall come back by itself, which it would not after a refusal.
      if (refusal.status >= 500) socket.conn.close();
      else next(Object.assign(new Error(refusal.message), { data: { code: refusal.code, message: refusal.message } }));
    }
  }

  private welcome(socket: ClientSocket): void {
    const { caller, follower } = socket.data;
    const { metrics, settings } = this.node;
    metrics.sockets.inc();
    boundSendQueue(socket.conn, { packets: settings.SEND_QUEUE_PACKETS, bytes: settings.SEND_QUEUE_BYTES }, () =>
      metrics.disconnects.inc({ reason: 'too_slow' }),
    );
    // A client may name an event "error", and Node's emitters throw at that one when nobody listens.
    socket.on('error' as never, ignore as never);
    socket.on('disconnect', () => {
      metrics.sockets.dec();
      this.feed.leave(caller.userId, follower);
    });
    socket.onAny((event: string, ...args: unknown[]) => void this.answer(socket, event, args));
    // The request and the handshake (headers, token) would stay for as long as the socket: several KiB each.
    Object.assign(socket.conn, { request: null });
    Object.assign(socket, { handshake: forgotten });
    void socket.join(userRoom(caller.userId));
    void this.messages.topics.joinAll(socket);
    this.feed.join(caller.userId, follower);
  }

  private async answer(socket: ClientSocket, event: string, args: unknown[]): Promise<void> {
    const acknowledge = typeof args.at(-1) === 'function' ? (args.pop() as (answer: unknown) => void) : ignore;
    const { caller } = socket.data;
    try {
      this.access.allow(caller);
      acknowledge(await this.messages.answer(caller.userId, event, args));
    } catch (error) {
      acknowledge(refused(judge(error, this.node.logger)));
    }
  }
}

const reasons: Partial<Record<string, RefusedConnection>> = {
  C001: 'credentials',
  C003: 'credentials',
  C004: 'too_many_sockets',
};

function ignore(): void {}
