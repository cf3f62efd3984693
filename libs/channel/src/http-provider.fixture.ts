import { once } from 'node:events';
import { Agent, createServer, request, type ServerResponse } from 'node:http';
import { type AddressInfo } from 'node:net';
import { type Outcome, type Outgoing, type Provider } from './provider.js';
import { type Contracted } from './provider-contract.js';

const retryAfterMs = 7_000;

/** A provider as small as can be that keeps the contract: it posts the delivery's id and reads the status. */
export class HttpProvider implements Provider {
  readonly name = 'http';
  private readonly agent = new Agent({ keepAlive: true });

  constructor(private readonly url: string) {}

  send({ deliveryId }: Outgoing, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve) => {
      const asked = request(this.url, { method: 'POST', agent: this.agent, signal }, (response) => {
        response.resume();
        const after = Number(response.headers['retry-after'] ?? 0) * 1_000;
        const { statusCode = 0 } = response;
        if (statusCode === 200)
          resolve({ kind: 'accepted', providerMessageId: String(response.headers['message-id']) });
        else if (statusCode === 429) resolve({ kind: 'temporary', reason: 'busy', retryAfterMs: after });
        else resolve({ kind: 'permanent', reason: `status ${statusCode}` });
      });
      asked.on('error', ({ message }) => resolve({ kind: 'ambiguous', reason: message }));
      asked.end(deliveryId);
    });
  }

  async close(): Promise<void> {
    this.agent.destroy();
  }
}

/** That provider, and a server for it. */
export async function httpWorld(make: (url: string) => Provider = (url) => new HttpProvider(url)): Promise<Contracted> {
  const received: string[] = [];
  const hung = Promise.withResolvers<void>();
  let how = 'accept';
  const server = createServer(async (request, response: ServerResponse) => {
    let id = '';
    for await (const chunk of request) id += chunk;
    if (how === 'hang') return hung.resolve();
    if (how === 'refuse') return void response.writeHead(400).end();
    if (how === 'busy') return void response.writeHead(429, { 'retry-after': String(retryAfterMs / 1_000) }).end();
    received.push(id);
    response.writeHead(200, { 'message-id': `message-${received.length}` }).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    provider: make(`http://127.0.0.1:${(server.address() as AddressInfo).port}`),
    message: (deliveryId) => ({
      deliveryId,
      attempt: 1,
      userId: 'user-1',
      notificationId: 1,
      type: 'ORDER_CREATED',
      title: '주문이 접수되었습니다',
      message: '2개 상품',
      link: null,
      category: 'order',
      text: 'order_created',
      language: 'ko',
      params: {},
      createdAt: '2026-02-06T10:00:00.000Z',
      address: { name: null, email: 'hana@example.com', phone: null, token: null },
    }),
    answer: (next) => {
      how = next;
    },
    retryAfterMs,
    untilHung: () => hung.promise,
    received: () => received,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error ? reject(error) : resolve(count)));
      }),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
