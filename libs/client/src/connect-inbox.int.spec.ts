import { createServer, type Server as HttpServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientToServerEvents, HandshakeAuth, NotificationResponse, ServerToClientEvents } from '@allim/contracts';
import { Server, type Socket } from 'socket.io';
import { connectInbox } from './connect-inbox.js';
import type { ConnectionState, Inbox, InboxOptions } from './inbox-connection.js';
import { Refused, SignInAgain, TryLater } from './inbox-error.js';

const notification = (id: number): NotificationResponse => ({
  id,
  userId: 'user-1',
  type: 'SYSTEM',
  title: `${id}`,
  message: '',
  link: null,
  status: 'UNREAD',
  referenceId: null,
  referenceType: null,
  createdAt: '2026-02-06T10:00:00.000Z',
  readAt: null,
});
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);

async function until(fact: () => boolean): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!fact()) {
    if (Date.now() > deadline) throw new Error(`not within 10 s: ${fact}`);
    await pause(5);
  }
}

/** One inbox with the api's protocol: catch-up, sync, cursor pages. */
class InboxServer {
  lastId = 0;
  /** A catch-up of more is refused. */
  catchUpLimit = 500;
  /** Answers of the next requests, before the real ones. */
  readonly refusals: { code: 'C001' | 'C004' | 'C005' | 'N001'; message: string }[] = [];
  readonly handshakes: HandshakeAuth[] = [];
  readonly requests: string[] = [];
  readonly syncs: number[] = [];
  private readonly http: HttpServer;
  private readonly io: Server<ClientToServerEvents, ServerToClientEvents>;

  constructor() {
    this.http = createServer((request, response) => this.answer(request, response));
    this.io = new Server(this.http, { path: '/ws/notifications', transports: ['websocket'] });
    this.io.use((socket, next) => {
      this.handshakes.push(socket.handshake.auth as HandshakeAuth);
      const refusal = this.refusals.shift();
      next(refusal && Object.assign(new Error(refusal.message), { data: refusal }));
    });
    this.io.on('connection', (socket) => this.welcome(socket));
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.http.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    await this.io.close();
  }

  /** Commits up to `id`; only the ids of `sent` reach the clients. */
  publish(id: number, sent: number[] = range(this.lastId + 1, id)): void {
    this.lastId = Math.max(this.lastId, id);
    for (const one of sent) this.io.emit('notification', { notification: notification(one), unread: one, unseen: one });
  }

  /** The connection breaks without a word. */
  async cut(): Promise<void> {
    for (const socket of await this.io.fetchSockets()) this.io.sockets.sockets.get(socket.id)?.conn.close(true);
  }

  disconnect(): void {
    this.io.disconnectSockets(true);
  }

  private welcome(socket: Socket<ClientToServerEvents, ServerToClientEvents>): void {
    const { lastId } = socket.handshake.auth as HandshakeAuth;
    socket.on('sync', ({ afterId }, ack) => {
      this.syncs.push(afterId);
      const refusal = this.refusals.shift();
      if (refusal) return ack({ success: false, error: refusal });
      const completeTo = Math.min(this.lastId, afterId + 100);
      ack({ success: true, data: { notifications: range(afterId + 1, completeTo).map(notification), completeTo } });
    });
    socket.on('subscribe', ({ topic }, ack) =>
      ack(
        topic === 'timedeal'
          ? { success: true }
          : { success: false, error: { code: 'C003', message: 'unknown topic' } },
      ),
    );
    socket.emit('inbox', { lastId: this.lastId, unread: this.lastId, unseen: 0 });
    if (lastId === undefined) return;
    const recovered = lastId <= this.lastId && this.lastId - lastId <= this.catchUpLimit;
    if (recovered) {
      for (const id of range(lastId + 1, this.lastId)) {
        socket.emit('notification', { notification: notification(id), unread: id, unseen: id });
      }
    }
    socket.emit('caughtUp', { recovered, lastId: this.lastId });
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.requests.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    const refusal = this.refusals.shift();
    response.setHeader('content-type', 'application/json');
    if (refusal) {
      response.writeHead(400, { 'retry-after': '3' });
      response.end(JSON.stringify({ success: false, error: refusal }));
      return;
    }
    const { searchParams } = new URL(request.url ?? '', 'http://localhost');
    const after = Number(searchParams.get('after'));
    const end = Math.min(this.lastId, after + Number(searchParams.get('size')));
    const items = range(after + 1, end).map(notification);
    response.end(
      JSON.stringify({
        success: true,
        data: { items, nextAfter: items.at(-1)?.id ?? null, hasMore: end < this.lastId },
      }),
    );
  }
}

describe('the inbox client', () => {
  let server: InboxServer;
  let url: string;
  let inbox: Inbox;
  let tokens: number;
  let got: number[];
  let states: ConnectionState[];
  let errors: unknown[];

  beforeEach(async () => {
    server = new InboxServer();
    url = await server.listen();
    tokens = 0;
    got = [];
    states = [];
    errors = [];
  });
  afterEach(async () => {
    inbox?.close();
    await server.close();
  });

  function connect(options: Partial<InboxOptions> = {}): void {
    inbox = connectInbox({
      url,
      token: () => `token-${++tokens}`,
      reconnect: { minMs: 5, maxMs: 20 },
      onNotification: ({ id }) => got.push(id),
      onConnection: (state) => states.push(state),
      onError: (error) => errors.push(error),
      ...options,
    });
  }

  it('hands out what came after lastId, then what is new', async () => {
    server.publish(5);
    connect({ lastId: 2 });
    await until(() => got.length === 3);
    server.publish(7);
    await until(() => got.length === 5);
    expect(got).toEqual([3, 4, 5, 6, 7]);
    expect(server.handshakes).toEqual([{ token: 'token-1', lastId: 2 }]);
    expect(server.syncs).toEqual([]);
    expect(states).toEqual(['connecting', 'connected']);
  });

  it('starts with what is new when the application holds nothing', async () => {
    server.publish(5);
    connect();
    await until(() => inbox.lastId === 5);
    server.publish(6);
    await until(() => got.length === 1);
    expect(got).toEqual([6]);
    expect(server.handshakes).toEqual([{ token: 'token-1' }]);
  });

  it.each(['cut', 'disconnect'] as const)('comes back after a %s with the last id and a fresh token', async (fault) => {
    connect({ lastId: 0 });
    await until(() => states.at(-1) === 'connected');
    server.publish(2);
    await until(() => got.length === 2);
    await server[fault]();
    server.publish(4, []);
    await until(() => got.length === 4);
    expect(got).toEqual([1, 2, 3, 4]);
    expect(server.handshakes).toEqual([
      { token: 'token-1', lastId: 0 },
      { token: 'token-2', lastId: 2 },
    ]);
    expect(states).toEqual(['connecting', 'connected', 'reconnecting', 'connected']);
  });

  it('asks for what a gap in the ids shows, again when the answer is late', async () => {
    connect({ lastId: 0 });
    await until(() => inbox.lastId === 0 && states.at(-1) === 'connected');
    server.refusals.push({ code: 'C005', message: 'the database is away' });
    server.publish(250, [250]);
    await until(() => got.length === 250);
    expect(got).toEqual(range(1, 250));
    expect(server.syncs).toEqual([0, 0, 100, 200]);
    expect(errors).toEqual([expect.any(TryLater)]);
  });

  it('fetches page by page what is too much for the socket, before anything newer', async () => {
    server.catchUpLimit = 10;
    server.publish(250);
    connect({ lastId: 3 });
    await until(() => server.requests.length > 0);
    server.publish(251);
    await until(() => got.length === 248);
    expect(got).toEqual(range(4, 251));
    expect(server.requests[0]).toMatch(/^GET \/api\/v1\/notifications\?after=3&size=100 Bearer token-/);
  });

  it('begins anew with an inbox that was begun anew', async () => {
    const counted: number[] = [];
    server.publish(2);
    connect({ lastId: 9, onInbox: ({ lastId }) => counted.push(lastId) });
    await until(() => inbox.lastId === 2);
    server.publish(3);
    await until(() => got.length === 1);
    expect(got).toEqual([3]);
    expect(counted).toEqual([2, 3]);
  });

  it('loses nothing over many cuts', async () => {
    connect({ lastId: 0 });
    for (let round = 0; round < 30; round++) {
      server.publish(server.lastId + 3, [server.lastId + 1, server.lastId + 3]);
      if (round % 3 === 0) await server.cut();
      await until(() => got.length >= server.lastId - 3);
    }
    await until(() => got.length === 90);
    expect(got).toEqual(range(1, 90));
  });

  it('stops when the token is not accepted', async () => {
    server.refusals.push({ code: 'C001', message: 'expired' });
    connect();
    await until(() => states.at(-1) === 'stopped');
    expect(errors).toEqual([expect.any(SignInAgain)]);
    expect(server.handshakes).toHaveLength(1);
  });

  it('tries again when it was refused for now', async () => {
    server.refusals.push({ code: 'C004', message: 'too many sockets' });
    connect();
    await until(() => states.at(-1) === 'connected');
    expect(errors).toEqual([expect.any(TryLater)]);
    expect(server.handshakes).toHaveLength(2);
  });

  it('tries again when the application had no token', async () => {
    connect({
      token: () => {
        if (++tokens < 3) throw new Error('sign-in service is away');
        return 'token';
      },
    });
    await until(() => states.at(-1) === 'connected');
    expect(errors).toEqual([expect.any(TryLater), expect.any(TryLater)]);
    expect(server.handshakes).toEqual([{ token: 'token' }]);
  });

  it('goes on after a handler of the application has thrown', async () => {
    connect({
      lastId: 0,
      onNotification: ({ id }) => {
        got.push(id);
        if (id === 1) throw new Error('in the application');
      },
    });
    await until(() => states.at(-1) === 'connected');
    server.publish(2);
    await until(() => got.length === 2);
    expect(errors).toEqual([expect.objectContaining({ message: 'in the application' })]);
  });

  it('hands out nothing after it was closed', async () => {
    connect({ lastId: 0, onNotification: ({ id }) => got.push(id) && inbox.close() });
    await until(() => states.at(-1) === 'connected');
    server.publish(2, [2, 1]);
    await until(() => states.at(-1) === 'stopped');
    expect(got).toEqual([1]);
  });

  it('subscribes to a topic, and says when it cannot', async () => {
    connect();
    await expect(inbox.subscribe('timedeal')).resolves.toBeUndefined();
    await expect(inbox.subscribe('nothing')).rejects.toThrow(Refused);
  });

  describe('by REST', () => {
    it('asks for a fresh token once when the old one is not accepted', async () => {
      connect();
      await inbox.state();
      server.refusals.push({ code: 'C001', message: 'expired' });
      await inbox.remove(7);
      const sent = server.requests.map((request) => request.split(' ').slice(0, 2).join(' '));
      expect(sent.slice(1)).toEqual(['DELETE /api/v1/notifications/7', 'DELETE /api/v1/notifications/7']);
      expect(new Set(server.requests).size).toBe(3);
      server.refusals.push({ code: 'C001', message: 'expired' }, { code: 'C001', message: 'expired' });
      await expect(inbox.readAll()).rejects.toThrow(SignInAgain);
    });

    it('says whether the same request may succeed later', async () => {
      connect();
      await until(() => states.at(-1) === 'connected');
      server.refusals.push({ code: 'N001', message: 'no such notification' });
      await expect(inbox.read(1)).rejects.toThrow(Refused);
      server.refusals.push({ code: 'C004', message: 'slower' });
      await expect(inbox.read(1)).rejects.toMatchObject({ name: 'TryLater', code: 'C004', afterMs: 3000 });
    });

    it('says so when there is no answer', async () => {
      connect({ url: 'http://127.0.0.1:1' });
      await expect(inbox.list()).rejects.toMatchObject({ name: 'TryLater', code: 'OFFLINE' });
    });
  });
});
