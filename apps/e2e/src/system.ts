import { randomBytes } from 'node:crypto';
import { connectInbox, type Inbox } from '@allim/client';
import { type NotificationResponse } from '@allim/contracts';
import { kafkaClient, type Stack, startStack } from '@allim/stack';
import { migrate } from '@allim/store/migrate';
import { waitFor } from '@allim/testing';
import { SignJWT } from 'jose';
import { type Admin, type Producer } from 'kafkajs';
import { Program } from './program.js';

/** Seen by a client of the inbox, in the order in which it was handed out. */
export interface Client {
  inbox: Inbox;
  got: NotificationResponse[];
}

interface Call {
  userId: string;
  scope?: string;
  method: string;
  path: string;
  body?: object;
}

/** The whole system, as its users find it: two consumers, two api nodes, real servers. */
export class System {
  readonly consumers: Program[] = [];
  readonly apis: Program[] = [];
  private readonly clients: Inbox[] = [];

  private constructor(
    readonly stack: Stack,
    /** Of every program. */
    readonly environment: NodeJS.ProcessEnv & { AUTH_JWT_SECRET: string },
    readonly admin: Admin,
    private readonly producer: Producer,
  ) {}

  static async start(): Promise<System> {
    const stack = await startStack();
    try {
      return await System.startOn(stack);
    } catch (error) {
      await stack.stop(); // nobody else can, and a run of tests does not end beside a server
      throw error;
    }
  }

  private static async startOn(stack: Stack): Promise<System> {
    await migrate(stack.databaseUrl);
    const kafka = kafkaClient(stack.kafkaBrokers);
    const environment = {
      KAFKA_BROKERS: stack.kafkaBrokers,
      DATABASE_URL: stack.databaseUrl,
      REDIS_URL: stack.redisUrl,
      NODE_ENV: 'development',
      AUTH_JWT_SECRET: randomBytes(32).toString('hex'),
      UNSUBSCRIBE_SECRET: randomBytes(32).toString('hex'),
    };
    const producer = kafka.producer({ allowAutoTopicCreation: false });
    const system = new System(stack, environment, kafka.admin(), producer);
    await Promise.all([system.admin.connect(), producer.connect()]);
    system.consumers.push(
      ...(await Promise.all([1, 2].map((n) => Program.start(`consumer-${n}`, 'consumer', environment)))),
    );
    system.apis.push(...(await Promise.all([1, 2].map((n) => Program.start(`api-${n}`, 'api', environment)))));
    return system;
  }

  /** Resolves when all replicas have it. */
  async publish(topic: string, key: string, value: unknown): Promise<void> {
    const bytes = Buffer.isBuffer(value) ? value : JSON.stringify(value);
    await this.producer.send({ topic, messages: [{ key, value: bytes }], acks: -1 });
  }

  token(userId: string, claims: Record<string, unknown> = {}): Promise<string> {
    return new SignJWT({ sub: userId, ...claims })
      .setProtectedHeader({ alg: 'HS256' })
      .setIssuedAt()
      .setExpirationTime('10m')
      .sign(new TextEncoder().encode(this.environment.AUTH_JWT_SECRET));
  }

  /** A client on a node; resolves when it is connected. */
  async client(userId: string, node: Program): Promise<Client> {
    const got: NotificationResponse[] = [];
    let connected = false;
    const inbox = connectInbox({
      url: node.url,
      token: () => this.token(userId),
      lastId: 0,
      onNotification: (notification) => void got.push(notification),
      onConnection: (state) => {
        connected = state === 'connected';
      },
    });
    this.clients.push(inbox);
    await waitFor(() => connected, { what: `the client of ${userId} to be connected` });
    return { inbox, got };
  }

  /** A REST call on this user's inbox; answers status and body. */
  rest(userId: string, node: Program, method: string, path: string): Promise<{ status: number; body: unknown }> {
    return this.call(node, { userId, method, path: `/api/v1/notifications${path}` });
  }

  /** A REST call; answers status and body. */
  async call(node: Program, { userId, scope, method, path, body }: Call): Promise<{ status: number; body: unknown }> {
    const answer = await fetch(`${node.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.token(userId, scope ? { scope } : {})}`,
        ...(body && { 'content-type': 'application/json' }),
      },
      body: body && JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async stop(): Promise<void> {
    for (const client of this.clients) client.close();
    await Promise.all([...this.consumers, ...this.apis].map((program) => program.end('SIGTERM')));
    await Promise.all([this.admin.disconnect(), this.producer.disconnect()]);
    await this.stack.stop();
  }
}
