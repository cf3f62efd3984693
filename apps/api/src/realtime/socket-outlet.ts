import { type CaughtUpMessage, type InboxState, type NotificationMessage } from '@allim/contracts';
import { type ApiMetrics } from '../metrics.js';
import { type Outlet } from './follower.js';
import { sendQueue } from './send-queue.js';
import { type ClientSocket } from './socket-server.js';

/** A follower's messages onto its socket. */
export class SocketOutlet implements Outlet {
  constructor(
    private readonly socket: ClientSocket,
    private readonly metrics: Pick<ApiMetrics, 'sent'>,
  ) {}

  notification(message: NotificationMessage, how: 'live' | 'catch_up'): void {
    this.socket.emit('notification', message);
    this.metrics.sent.inc({ how });
  }

  inbox(state: InboxState): void {
    this.socket.emit('inbox', state);
  }

  caughtUp(message: CaughtUpMessage): void {
    this.socket.emit('caughtUp', message);
  }

  congested(): boolean {
    return sendQueue(this.socket.conn).length > 0;
  }
}
