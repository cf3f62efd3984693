import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { SMTPServer, type SMTPServerSession } from 'smtp-server';
import { type Filter, matching } from './filter.js';
import { type KeepLimits, Kept } from './kept.js';
import { KeptMail, listedMail, type Mail } from './mail.js';
import { type ConnectionFault, type MailFault, player, type SmtpScript } from './smtp-script.js';

export interface SmtpOptions {
  /** 0, the default, lets the system choose one. */
  port?: number;
  /** Default: 127.0.0.1. */
  host?: string;
  /** Who may send. Not set: everybody, and any name and password is accepted from those who sign in. */
  auth?: { user: string; password: string };
  script?: SmtpScript;
  /** Which mails are kept: the newest. Default: 1,000, and 64 MB of sources (read ones take about three times that). */
  keep?: Partial<KeepLimits>;
  /** Key and certificate in PEM. Default: smtp-server's own for `localhost`, self-signed, expired: a client that verifies refuses it. */
  tls?: { key: string; cert: string };
  /** Whether STARTTLS is there at all. Default: true. */
  startTls?: boolean;
}

export interface SmtpServer {
  readonly port: number;
  /** `smtp://host:port` */
  readonly url: string;
  readonly kept: Kept<KeptMail>;
  /** Connections open now. */
  readonly connections: number;
  /** Newest first. */
  mails(filter?: Filter): Promise<Mail[]>;
  /** From now on this script; connections and mails under way keep what they met. */
  play(script: SmtpScript): void;
  /** Ends all connections, at once. */
  stop(): Promise<void>;
}

const largestMail = 25 * 1024 * 1024;

/** A mail server that delivers nothing: it keeps what it is sent. Real SMTP, for development and tests; not for the open net. */
export async function startSmtpServer(options: SmtpOptions = {}): Promise<SmtpServer> {
  const { host = '127.0.0.1', auth } = options;
  const kept = new Kept<KeptMail>({ count: 1_000, bytes: 64 * 1024 * 1024, ...options.keep });
  const sessions = new Map<string, Session>();
  // By the client's address and port: the sessions of smtp-server do not tell their sockets.
  const wires = new Map<string, Wire>();
  let onConnection = player(options.script?.connections);
  let onMail = player(options.script?.mails);
  let connectionCount = 0;
  let mailCount = 0;

  const sessionOf = ({ id }: SMTPServerSession) => sessions.get(id) as Session;

  const server = new SMTPServer({
    ...options.tls,
    name: 'mailbox.localhost',
    banner: 'keeps everything, delivers nothing',
    size: largestMail,
    rejectOversized: true,
    authOptional: auth === undefined,
    allowInsecureAuth: true,
    disabledCommands: options.startTls === false ? ['STARTTLS'] : [],
    disableReverseLookup: true,
    // Hanging is the script's part, and how long anybody waits is the client's.
    socketTimeout: 15 * 60_000,
    logger: false,

    onConnect(session, done) {
      const wire = wires.get(clientOf(session));
      if (!wire) return; // gone already
      sessions.set(session.id, { wire });
      const { fault } = wire;
      if (!fault) return done();
      if ('reply' in fault) return done(refusal(fault));
      if ('cut' in fault) return wire.cut();
      if ('hang' in fault) return;
      if ('bytesPerSecond' in fault) wire.pace(fault.bytesPerSecond);
      done();
    },
    onSecure(socket, session, done) {
      sessionOf(session).wire.secured(socket);
      done();
    },
    onAuth({ username, password }, session, done) {
      const { fault } = sessionOf(session).wire;
      if (fault && 'auth' in fault) return done(null, refused(fault));
      if (auth && (username !== auth.user || password !== auth.password)) return done(null, refused({ auth: 535 }));
      done(null, { user: username });
    },
    onMailFrom(_from, session, done) {
      const current = sessionOf(session);
      const { fault } = current.wire;
      current.mail = undefined;
      if (!(fault && 'bytesPerSecond' in fault)) current.wire.pace(null);
      done();
    },
    onRcptTo({ address }, session, done) {
      const current = sessionOf(session);
      if (!current.mail) {
        mailCount += 1;
        const from = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
        current.mail = { fault: onMail({ number: mailCount, connection: current.wire.number, from, to: address }) };
      }
      const { fault } = current.mail;
      if (!fault) return done();
      if ('reply' in fault && fault.at === 'to') return done(refusal(fault));
      if ('cut' in fault && fault.cut === 'before-data') return current.wire.cut();
      if ('bytesPerSecond' in fault) current.wire.pace(fault.bytesPerSecond);
      done();
    },
    onData(stream, session, done) {
      const { mail, wire } = sessionOf(session);
      const fault = mail?.fault;
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('error', () => {}); // cut by the client: there is no mail
      stream.on('end', () => {
        if (stream.sizeExceeded) return done(); // answered with 552 by smtp-server
        if (fault && 'reply' in fault) return done(refusal(fault));
        const silent = fault && ('cut' in fault || 'hang' in fault) ? fault : undefined;
        if (!silent || !('keep' in silent) || silent.keep !== false) keep(session, Buffer.concat(chunks));
        if (silent) {
          if ('cut' in silent) wire.cut();
          return;
        }
        const answer = `OK: kept as ${kept.received}`;
        if (fault && 'answersAfterMs' in fault) setTimeout(done, fault.answersAfterMs, null, answer);
        else done(null, answer);
      });
    },
    onClose({ id }) {
      // TLS takes the socket's own listeners away: this is how we hear of the end of a connection that went through it.
      const wire = sessions.get(id)?.wire;
      if (wire) forget(wire);
      sessions.delete(id);
    },
  });

  function keep({ envelope, secure, user }: SMTPServerSession, source: Buffer): void {
    const from = envelope.mailFrom ? envelope.mailFrom.address : '';
    const to = envelope.rcptTo.map(({ address }) => address);
    kept.add((id) => new KeptMail(id, { from, to, secure, user: user || null }, source));
  }

  // A client that goes away in the middle is no concern of anybody's here.
  server.on('error', () => {});
  // Ours listens and hands the connections over, so that a script has its say before smtp-server.
  const forget = (wire: Wire) => {
    wire.pace(null);
    if (wires.get(wire.client) === wire) wires.delete(wire.client);
  };
  const listener = createServer((socket) => {
    connectionCount += 1;
    const wire = new Wire(socket, connectionCount, onConnection({ number: connectionCount }));
    wires.set(wire.client, wire);
    socket.once('close', () => forget(wire));
    if (wire.fault && 'tls' in wire.fault) offerSpoiltTls(socket, wire.fault.tls);
    else server.server.emit('connection', socket);
  });
  listener.listen(options.port ?? 0, host);
  await once(listener, 'listening'); // rejects with the error when the port is taken
  const { port } = listener.address() as AddressInfo;

  return {
    port,
    url: `smtp://${host}:${port}`,
    kept,
    get connections() {
      return wires.size;
    },
    async mails(filter = {}) {
      const wanted = matching(filter);
      const all = await Promise.all(kept.newestFirst().map((mail) => mail.read()));
      return all.filter((mail) => wanted(listedMail(mail)));
    },
    play(script) {
      onConnection = player(script.connections);
      onMail = player(script.mails);
    },
    async stop() {
      const closed = once(listener, 'close');
      listener.close();
      for (const wire of wires.values()) wire.end();
      await closed;
    },
  };
}

interface Session {
  wire: Wire;
  /** The mail under way. */
  mail?: { fault: MailFault | undefined };
}

/** An IPv4 client of a socket for both is the same one to us, as it is to smtp-server. */
function clientOf({ remoteAddress = '', remotePort }: { remoteAddress?: string; remotePort?: number }): string {
  return `${remoteAddress.replace(/^::ffff:/i, '').toLowerCase()} ${remotePort}`;
}

function refusal({ reply, text }: { reply: number; text?: string }): Error {
  return Object.assign(new Error(text ?? `told to answer ${reply}`), { responseCode: reply });
}

function refused({ auth, text }: { auth: number; text?: string }) {
  return { responseCode: auth, message: text ?? 'Authentication failed' };
}

/** A connection below SMTP, where a script can spoil it. */
class Wire {
  private top: Socket;
  private readonly waiting: Buffer[] = [];
  private dripping: NodeJS.Timeout | undefined;

  readonly client: string;

  constructor(
    private readonly socket: Socket,
    /** 1 for the server's first one. */
    readonly number: number,
    readonly fault: ConnectionFault | undefined,
  ) {
    this.top = socket;
    this.client = clientOf(socket);
  }

  /** From now on answers go through TLS. */
  secured(top: Socket): void {
    this.top = top;
  }

  /** A reset, as from a host that fell over: the client sees ECONNRESET, not an orderly end. */
  cut(): void {
    this.socket.resetAndDestroy();
  }

  end(): void {
    this.top.destroy();
    this.socket.destroy();
  }

  /** Answers leave byte by byte; null: at once again. What waits is sent in order before anything later. */
  pace(bytesPerSecond: number | null): void {
    clearInterval(this.dripping);
    this.dripping = undefined;
    const { top, waiting } = this;
    if (Object.hasOwn(top, 'write')) Reflect.deleteProperty(top, 'write');
    if (waiting.length > 0 && top.writable) top.write(Buffer.concat(waiting));
    waiting.length = 0;
    if (bytesPerSecond === null || !top.writable) return;
    const write = top.write.bind(top) as (bytes: Buffer) => boolean;
    top.write = ((bytes: Buffer | string) => {
      waiting.push(Buffer.from(bytes as string));
      return true;
    }) as Socket['write'];
    this.dripping = setInterval(() => {
      const next = waiting[0];
      if (!next || !top.writable) return;
      write(next.subarray(0, 1));
      if (next.length === 1) waiting.shift();
      else waiting[0] = next.subarray(1);
    }, 1000 / bytesPerSecond);
  }
}

/** A mail server up to the moment where TLS should begin. smtp-server itself could not be made to fail there. */
function offerSpoiltTls(socket: Socket, how: 'broken' | 'cut'): void {
  socket.on('error', () => {}); // the client hangs up on us, as it should
  socket.write('220 mailbox.localhost ESMTP\r\n');
  let secured = false;
  socket.on('data', (bytes) => {
    const command = bytes.toString('latin1').toUpperCase();
    if (secured) socket.end('this is not TLS\r\n');
    else if (command.startsWith('EHLO')) socket.write('250-mailbox.localhost\r\n250 STARTTLS\r\n');
    else if (command.startsWith('STARTTLS')) {
      secured = true;
      socket.write('220 Ready to start TLS\r\n');
      if (how === 'cut') socket.end();
    } else if (command.startsWith('QUIT')) socket.end('221 Bye\r\n');
    else socket.write('530 Must issue a STARTTLS command first\r\n');
  });
}
