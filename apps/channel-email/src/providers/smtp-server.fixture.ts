import { type AddressInfo, type Socket } from 'node:net';
// biome-ignore lint/correctness/noUndeclaredDependencies: nothing but specs imports this file
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { cert, key } from './localhost.fixture.js';

export interface Received {
  from: string;
  to: string[];
  secure: boolean;
  user: unknown;
  raw: string;
}

export interface RealSmtpServer {
  port: number;
  received: Received[];
  /** Connections of clients, from the first byte to the last. */
  sockets: ReadonlySet<Socket>;
  /** Resets every connection. */
  cut(): void;
  close(): Promise<void>;
}

/** A real SMTP server that keeps what it is sent. Without `options` it takes everything, in plain text if need be. */
export async function startSmtpServer(options: SMTPServerOptions = {}, port = 0): Promise<RealSmtpServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  const server = new SMTPServer({
    key,
    cert,
    authOptional: true,
    logger: false,
    closeTimeout: 1,
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        received.push({
          from: mailFrom === false ? '' : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          secure: session.secure,
          user: session.user,
          raw: Buffer.concat(chunks).toString(),
        });
        done(null, 'queued');
      });
    },
    ...options,
  });
  server.on('error', () => {}); // cut connections are what is tried here
  server.server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.server.address() as AddressInfo).port,
    received,
    sockets,
    cut: () => {
      for (const socket of sockets) socket.resetAndDestroy();
    },
    close: () => new Promise((resolve) => server.close(resolve)),
  };
}

/** A server's refusal, as smtp-server wants it. */
export const reply = (responseCode: number, text = 'no') => Object.assign(new Error(text), { responseCode });

/** The headers of a mail, unfolded, by their names in lower case. */
export function headersOf({ raw }: Received): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  for (const line of head.split('\r\n')) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    headers.set(name, [...(headers.get(name) ?? []), line.slice(name.length + 1).trim()]);
  }
  return headers;
}

/** RFC 2047. */
export const decoded = (header = '') =>
  header
    .replace(/(=\?utf-8\?[bq]\?[^?]*\?=)\s+(?==\?)/gi, '$1')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, encoding, text) =>
      encoding.toLowerCase() === 'b'
        ? Buffer.from(text, 'base64').toString()
        : decodeURIComponent(text.replaceAll('_', ' ').replaceAll('%', '=25').replaceAll('=', '%')),
    );
