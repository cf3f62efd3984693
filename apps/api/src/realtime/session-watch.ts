import { type Clock, systemClock } from '@allim/platform';
import { means, type Revocation, type Revocations } from '../access/revocations.js';
import { type ApiMetrics } from '../metrics.js';
import { type ClientSocket, type SocketServer } from './socket-server.js';

/** One look at all sockets instead of a timer for each: a second late at most. */
const lookEveryMs = 1_000;

/** Ends the sockets whose token has expired or whose session was revoked. They need a new token to come back. */
export class SessionWatch {
  private readonly timer: NodeJS.Timeout;

  constructor(
    private readonly io: SocketServer,
    revocations: Pick<Revocations, 'onRevoked'>,
    private readonly metrics: Pick<ApiMetrics, 'disconnects'>,
    private readonly clock: Clock = systemClock,
  ) {
    revocations.onRevoked((revocation) => this.endRevoked(revocation));
    this.timer = setInterval(() => this.endExpired(), lookEveryMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private endExpired(): void {
    const now = this.clock();
    for (const socket of this.io.sockets.sockets.values()) {
      const { expiresAt } = socket.data.caller;
      if (expiresAt !== null && expiresAt <= now) this.end(socket, 'expired');
    }
  }

  private endRevoked(revocation: Revocation): void {
    for (const socket of this.io.sockets.sockets.values())
      if (means(revocation, socket.data.caller)) this.end(socket, 'revoked');
  }

  private end(socket: ClientSocket, reason: 'expired' | 'revoked'): void {
    this.metrics.disconnects.inc({ reason });
    socket.disconnect(true);
  }
}
