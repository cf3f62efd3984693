import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** What becomes of bytes from the client: passed on, cut off before, or passed on with the answer cut off. */
export type Fate = 'pass' | 'cut before' | 'cut after';

interface Connection {
  client: Socket;
  server: Socket;
}

/** A TCP proxy on 127.0.0.1 whose connections can be cut. */
export class CuttingProxy {
  private readonly connections = new Set<Connection>();
  private readonly listener = createServer((client) => this.accept(client));

  private constructor(
    /** Asked for each connection: the port it goes to. */
    private readonly target: () => number,
    /** Asked for all that comes from a client. */
    public fate: (chunk: Buffer) => Fate,
  ) {}

  static async open(target: () => number, fate: (chunk: Buffer) => Fate = () => 'pass'): Promise<CuttingProxy> {
    const proxy = new CuttingProxy(target, fate);
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  private accept(client: Socket): void {
    const server = connect(this.target(), '127.0.0.1');
    const connection = { client, server };
    this.connections.add(connection);
    let mute = false;
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', () => {}); // a cut is told by 'close'
      socket.on('close', () => this.cut(connection));
    }
    client.on('data', (chunk) => {
      const fate = this.fate(chunk);
      if (fate === 'cut before') return this.cut(connection);
      if (fate === 'cut after') mute = true;
      server.write(chunk);
    });
    server.on('data', (chunk) => {
      if (mute) return this.cut(connection);
      client.write(chunk);
    });
  }

  private cut(connection: Connection): void {
    connection.client.destroy();
    connection.server.destroy();
    this.connections.delete(connection);
  }

  /** Cuts one of the open connections, chosen by a number from 0 to below 1. False when there is none. */
  cutOne(chance: number): boolean {
    const chosen = [...this.connections][Math.floor(chance * this.connections.size)];
    if (chosen) this.cut(chosen);
    return chosen !== undefined;
  }

  close(): void {
    for (const connection of this.connections) this.cut(connection);
    this.listener.close();
  }
}
