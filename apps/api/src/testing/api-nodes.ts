import {
  type AnnouncementMessage,
  encodeHint,
  type InboxPosition,
  type NotificationMessage,
  socketPath,
} from '@allim/contracts';
import { createLogger, loadSettings } from '@allim/platform';
import { type Database, InboxStore, Intake, openDatabase } from '@allim/store';
import { migrate } from '@allim/store/migrate';
import { Redis } from 'ioredis';
import { type JWTPayload, SignJWT } from 'jose';
// biome-ignore lint/correctness/noUndeclaredDependencies: for specs only
import { io, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { type RunningApi, startApi } from '../api.js';
import { settings } from '../config.js';

export const secret = 'a secret for the specs of this very program';

/** An access token of ours, for five minutes unless the claims say otherwise. */
export function token(userId: string, claims: JWTPayload & { scope?: string } = {}): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ sub: userId, iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret));
}

/** A running node, with what its clients see. */
export interface ApiNode extends RunningApi {
  url: string;
}

const running: ApiNode[] = [];

export async function startNode(
  servers: { databaseUrl: string; redisUrl: string; kafkaBrokers: string },
  overrides: Record<string, string> = {},
): Promise<ApiNode> {
  const environment = {
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: servers.databaseUrl,
    REDIS_URL: servers.redisUrl,
    KAFKA_BROKERS: servers.kafkaBrokers,
    AUTH_JWT_SECRET: secret,
    // Longer than any spec: what must be found by a hint or by a reconnect must not be found by the sweep.
    CATCH_UP_SWEEP_MS: '600000',
    REQUEST_BURST: '10000',
    ...overrides,
  };
  const logger = createLogger('api', 'fatal' as 'error');
  const api = await startApi(loadSettings(settings, environment), logger);
  const node = { ...api, url: `http://127.0.0.1:${api.port}` };
  running.push(node);
  return node;
}

/** Stops every node that a spec of this file has started and not stopped itself. */
export async function stopNodes(): Promise<void> {
  disconnectAll();
  for (const node of [...running]) await stopNode(node);
}

export async function stopNode(node: ApiNode): Promise<void> {
  running.splice(running.indexOf(node), 1);
  for (const { run } of node.stop) await run();
}

/** What the consumer does: rows first, then a hint. */
export class Consumer {
  private made = 0;

  private constructor(
    private readonly database: Database,
    private readonly redis: Redis,
  ) {}

  static async open(servers: { databaseUrl: string; redisUrl: string }): Promise<Consumer> {
    await migrate(servers.databaseUrl);
    const redis = new Redis(servers.redisUrl, { disconnectTimeout: 500 });
    redis.on('error', () => {}); // specs stop Redis on purpose
    return new Consumer(await openDatabase({ url: servers.databaseUrl, connections: 4 }), redis);
  }

  get inbox(): InboxStore {
    return new InboxStore(this.database);
  }

  /** Rows only; the hint may follow, or be lost. */
  async save(userId: string, count = 1, message = 'It is on its way.'): Promise<NotificationMessage[]> {
    const batch = Array.from({ length: count }, () => {
      const identity = Buffer.alloc(16);
      identity.writeUInt32BE(++this.made, 0);
      identity.write(userId.slice(0, 12), 4);
      return {
        identity,
        userId,
        type: 'ORDER_CREATED' as const,
        title: `Order ${this.made}`,
        message,
        link: `/shopping/orders/${this.made}`,
        reference: { type: 'order', id: `ORD-${this.made}` },
        params: '{}',
        origin: { topic: 'shopping.order.created', partition: 0, offset: String(this.made) },
      };
    });
    return (await new Intake(this.database).save(batch)).flatMap((saved) =>
      saved.kind === 'new' ? [saved.message] : [],
    );
  }

  async hint(notifications: NotificationMessage[], positions: InboxPosition[] = []): Promise<void> {
    await this.redis.publish('allim:hints', encodeHint({ notifications, positions, announcements: [] }));
  }

  async announce(...announcements: AnnouncementMessage[]): Promise<void> {
    await this.redis.publish('allim:hints', encodeHint({ notifications: [], positions: [], announcements }));
  }

  async publish(channel: string, message: string | Buffer): Promise<void> {
    await this.redis.publish(channel, message);
  }

  /** Redis loses what it kept under a key. */
  async forget(key: string): Promise<void> {
    await this.redis.del(key);
  }

  async knows(key: string): Promise<boolean> {
    return (await this.redis.exists(key)) === 1;
  }

  async notify(userId: string, count = 1): Promise<NotificationMessage[]> {
    const messages = await this.save(userId, count);
    await this.hint(messages);
    return messages;
  }

  async close(): Promise<void> {
    this.redis.disconnect();
    await this.database.destroy();
  }
}

/** A socket and everything it was told, in order. */
export class Client {
  readonly ids: number[] = [];
  readonly told: { event: string; payload: unknown }[] = [];
  readonly ended: string[] = [];
  readonly refusals: (Error & { data?: { code: string; message: string } })[] = [];

  constructor(readonly socket: Socket) {
    socket.on('notification', (message: NotificationMessage) => this.ids.push(message.notification.id));
    socket.onAny((event: string, payload: unknown) => this.told.push({ event, payload }));
    socket.on('disconnect', (reason) => this.ended.push(reason));
    socket.on('connect_error', (error) => this.refusals.push(error));
  }

  last(event: string): unknown {
    return this.told.findLast((one) => one.event === event)?.payload;
  }

  get isCaughtUp(): boolean {
    return this.last('caughtUp') !== undefined;
  }

  ask(event: string, ...payload: unknown[]): Promise<unknown> {
    return this.socket.timeout(5_000).emitWithAck(event, ...payload);
  }
}

const clients: Client[] = [];

/** `auth` as given; reconnects only when told to. */
export function connect(
  node: { url: string },
  auth: Record<string, unknown>,
  options: Partial<ManagerOptions & SocketOptions> = {},
): Client {
  const client = new Client(
    io(node.url, {
      path: socketPath,
      transports: ['websocket'],
      forceNew: true,
      reconnection: false,
      auth,
      ...options,
    }),
  );
  clients.push(client);
  return client;
}

export function disconnectAll(): void {
  for (const client of clients.splice(0)) client.socket.disconnect();
}
