import type {
  AnnouncementMessage,
  ApiResponse,
  ClientToServerEvents,
  ErrorCode,
  HandshakeAuth,
  InboxState,
  NotificationResponse,
  ServerToClientEvents,
  SyncAnswer,
  socketPath,
} from '@allim/contracts';
import type { io, Socket } from 'socket.io-client';
import { type InboxError, inboxError, noAnswer, SignInAgain } from './inbox-error.js';
import { InboxOrder } from './inbox-order.js';
import { type InboxAddress, type InboxRequests, inboxRequests } from './inbox-requests.js';

/** `stopped`: closed, or the token is not accepted; nothing is tried any more. */
export type ConnectionState = 'connecting' | 'connected' | 'reconnecting' | 'stopped';

export interface InboxOptions extends InboxAddress {
  /** The last id the application holds: what came after it is handed out first. Absent: only what is new. */
  lastId?: number;
  /** Every notification once, ids ascending. */
  onNotification?: (notification: NotificationResponse) => void;
  /** The counters, whenever they are known to have changed. */
  onInbox?: (state: InboxState) => void;
  onAnnouncement?: (announcement: AnnouncementMessage) => void;
  onConnection?: (state: ConnectionState) => void;
  /** What went wrong on the way. All but SignInAgain is tried again; also told what the application's own handlers threw. */
  onError?: (error: unknown) => void;
  /** Wait before a reconnect: doubles from `minMs` to `maxMs`, give or take half. Default 500 to 10,000. */
  reconnect?: { minMs: number; maxMs: number };
}

export interface Inbox extends InboxRequests {
  /** The last id handed out; undefined until the first word from the server when the application gave none. */
  readonly lastId: number | undefined;
  subscribe(topic: string): Promise<void>;
  unsubscribe(topic: string): Promise<void>;
  close(): void;
}

const path: typeof socketPath = '/ws/notifications';
const ackDeadlineMs = 10_000;
const gapPageSize = 100;

/**
 * An inbox by REST and socket. `connect` is socket.io-client's `io`, given so that a page can load this module as it is,
 * without a bundler or an import map.
 */
export function openInbox(connect: typeof io, options: InboxOptions): Inbox {
  const { url, token, onNotification, onInbox, onAnnouncement, onConnection, onError } = options;
  const { minMs, maxMs } = options.reconnect ?? { minMs: 500, maxMs: 10_000 };
  const requests = inboxRequests({ url, token });
  const order = new InboxOrder(options.lastId);
  let countedTo = -1;
  let state: ConnectionState | undefined;
  /** Reconnects in a row that did not last. */
  let failures = 0;
  let reconnectTimer: ReturnType<typeof setTimeout> | undefined;
  /** One per connection: what was begun on an earlier one ends by itself. */
  let connection = { since: 0, catchingUp: false, closingGap: false, byRestTo: 0 };

  const socket: Socket<ServerToClientEvents, ClientToServerEvents> = connect(new URL(url).origin, {
    path,
    transports: ['websocket'],
    forceNew: true,
    autoConnect: false,
    reconnectionDelay: minMs,
    reconnectionDelayMax: maxMs,
    auth: (authenticate) => {
      const { engine } = socket.io;
      Promise.resolve()
        .then(token)
        .then(
          (fresh) => {
            // A token that came late must not authenticate twice on the connection that followed.
            if (socket.io.engine !== engine) return;
            authenticate({ token: fresh, lastId: order.lastId } satisfies HandshakeAuth);
          },
          (error) => {
            tell(onError, noAnswer(error));
            socket.disconnect();
            reconnectLater();
          },
        );
    },
  });

  /** An application's handler that throws must not cost it the notifications that follow. */
  function tell<T>(handler: ((value: T) => void) | undefined, value: T): void {
    try {
      handler?.(value);
    } catch (error) {
      onError?.(error);
    }
  }

  function enter(next: ConnectionState): void {
    if (state === next || state === 'stopped') return;
    state = next;
    tell(onConnection, next);
  }

  function handOut(ready: NotificationResponse[]): void {
    for (const notification of ready) if (state !== 'stopped') tell(onNotification, notification);
  }

  const backoff = (attempt: number) => Math.min(maxMs, minMs * 2 ** attempt) * (0.5 + Math.random());

  function reconnectLater(): void {
    if (state === 'stopped') return;
    enter('reconnecting');
    clearTimeout(reconnectTimer);
    reconnectTimer = setTimeout(() => socket.connect(), backoff(failures++));
  }

  function stop(): void {
    enter('stopped');
    clearTimeout(reconnectTimer);
    socket.disconnect();
  }

  /** What came after `afterId`: by socket, or page by page by REST where the gap was too large for the socket. */
  async function ask(afterId: number): Promise<SyncAnswer> {
    const { byRestTo } = connection;
    if (afterId >= byRestTo) return answered(await socket.timeout(ackDeadlineMs).emitWithAck('sync', { afterId }));
    const { items, hasMore } = await requests.listAfter({ after: afterId, size: gapPageSize });
    const end = items.at(-1)?.id ?? afterId;
    return { notifications: items, completeTo: hasMore ? end : Math.max(end, byRestTo) };
  }

  async function closeGap(): Promise<void> {
    const mine = connection;
    if (mine.catchingUp || mine.closingGap) return;
    mine.closingGap = true;
    for (let attempt = 0; order.gap; ) {
      const before = order.lastId!;
      try {
        handOut(order.fill(await ask(before)));
      } catch (error) {
        if (mine === connection && socket.connected) tell(onError, noAnswer(error));
      }
      if (order.lastId! > before) attempt = 0;
      else await new Promise((resolve) => setTimeout(resolve, backoff(attempt++)));
      if (mine !== connection || !socket.connected) return;
    }
    mine.closingGap = false;
  }

  socket.on('connect', () => {
    countedTo = -1;
    connection = { since: Date.now(), catchingUp: order.lastId !== undefined, closingGap: false, byRestTo: 0 };
    enter('connected');
  });

  socket.on('disconnect', (reason) => {
    // A server that drops us right away is not asked at full speed.
    if (Date.now() - connection.since > maxMs) failures = 0;
    if (state === 'stopped') return;
    enter('reconnecting');
    // socket.io comes back by itself from all but the server's own disconnect (an expired token, a full send queue).
    if (reason === 'io server disconnect') reconnectLater();
  });

  socket.on('connect_error', (error) => {
    enter('reconnecting');
    const { data } = error as Error & { data?: { code: ErrorCode; message: string } };
    const judged = data?.code ? inboxError(data) : noAnswer(error);
    tell<InboxError>(onError, judged);
    if (judged instanceof SignInAgain) stop();
    else if (!socket.active) reconnectLater();
  });

  socket.on('notification', ({ notification, unread, unseen }) => {
    handOut(order.offer(notification));
    if (notification.id > countedTo) {
      countedTo = notification.id;
      tell(onInbox, { lastId: notification.id, unread, unseen });
    }
    void closeGap();
  });

  socket.on('inbox', (counters) => {
    order.exists(counters.lastId);
    if (counters.lastId >= countedTo) {
      countedTo = counters.lastId;
      tell(onInbox, counters);
    }
    void closeGap();
  });

  socket.on('caughtUp', ({ recovered, lastId }) => {
    connection.catchingUp = false;
    if (recovered) handOut(order.fill({ notifications: [], completeTo: lastId }));
    else if (lastId < (order.lastId ?? 0)) {
      order.restart(lastId);
    } else {
      connection.byRestTo = lastId;
      order.exists(lastId);
    }
    void closeGap();
  });

  socket.on('announcement', (announcement) => tell(onAnnouncement, announcement));

  const topic = async (event: 'subscribe' | 'unsubscribe', name: string): Promise<void> => {
    answered(await socket.timeout(ackDeadlineMs).emitWithAck(event, { topic: name }).catch(asNoAnswer));
  };

  enter('connecting');
  socket.connect();

  return {
    ...requests,
    get lastId() {
      return order.lastId;
    },
    subscribe: (name) => topic('subscribe', name),
    unsubscribe: (name) => topic('unsubscribe', name),
    close: stop,
  };
}

function asNoAnswer(error: unknown): never {
  throw noAnswer(error);
}

function answered<T>(answer: ApiResponse<T>): T {
  if (!answer.success) throw inboxError(answer.error);
  return answer.data as T;
}
