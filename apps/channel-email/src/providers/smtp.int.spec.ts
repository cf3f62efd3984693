import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { readUnsubscribeToken } from '@allim/catalogue';
import { type Outcome, providerContract } from '@allim/channel';
import { waitFor } from '@allim/testing';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type SMTPServerOptions } from 'smtp-server';
import { mailSettings, outgoing } from '../outgoing.fixture.js';
import { mailRenderer } from '../render-mail.js';
import { loadTemplates } from '../templates.js';
import { cert, key } from './localhost.fixture.js';
import { type SmtpOptions, SmtpProvider } from './smtp.js';
import { decoded, headersOf, type RealSmtpServer, reply, startSmtpServer } from './smtp-server.fixture.js';

const renderMail = mailRenderer(loadTemplates(), mailSettings);
const never = new AbortController().signal;
const messageId = '<019a5f00-1234-7abc-8def-0123456789ab@mail.example.com>';

const cleanUp: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const run of cleanUp.splice(0).reverse()) await run();
});

async function smtpServer(options?: SMTPServerOptions): Promise<RealSmtpServer> {
  const server = await startSmtpServer(options);
  cleanUp.push(server.close);
  return server;
}

function provider(port: number, given: Partial<SmtpOptions> = {}, render = renderMail): SmtpProvider {
  const made = new SmtpProvider(
    {
      host: '127.0.0.1',
      port,
      secure: false,
      tls: 'off',
      connections: 3,
      mailsPerConnection: 100,
      from: { name: '알림', address: 'no-reply@mail.example.com' },
      domain: 'mail.example.com',
      connectTimeoutMs: 1_000,
      silenceTimeoutMs: 1_000,
      ...given,
    },
    render,
  );
  cleanUp.push(() => made.close());
  return made;
}

describe('what arrives', () => {
  it('has the headers asked for, to one recipient, as text and HTML', async () => {
    const server = await smtpServer();
    const outcome = await provider(server.port).send(outgoing(), never);
    expect(outcome).toEqual({ kind: 'accepted', providerMessageId: messageId });

    expect(server.received).toHaveLength(1);
    const mail = server.received[0]!;
    expect(mail).toMatchObject({ from: 'no-reply@mail.example.com', to: ['user-1@example.com'] });
    const headers = headersOf(mail);
    expect(headers.get('message-id')).toEqual([messageId]);
    expect(headers.get('from')?.map(decoded)).toEqual(['알림 <no-reply@mail.example.com>']);
    expect(headers.get('to')?.map(decoded)).toEqual(['홍길동 <user-1@example.com>']);
    expect(headers.get('subject')?.map(decoded)).toEqual(['주문이 확정되었습니다']);
    expect(headers.get('auto-submitted')).toEqual(['auto-generated']);
    expect(headers.get('content-type')?.[0]).toMatch(/^multipart\/alternative/);
    expect(mail.raw).toMatch(/Content-Type: text\/plain[\s\S]*Content-Type: text\/html/);
    for (const none of ['bcc', 'cc', 'x-mailer', 'list-unsubscribe', 'list-unsubscribe-post', 'dkim-signature']) {
      expect(headers.has(none)).toBe(false);
    }
  });

  it('has one click to stop promotions (RFC 8058), covered by the DKIM signature', async () => {
    const server = await smtpServer();
    const dkim = { domain: 'mail.example.com', selector: 's1', privateKey: key };
    // A key of this kind signs as well as RSA does; what counts here is which headers are covered.
    await provider(server.port, { dkim }).send(outgoing({ category: 'promotion' }), never);
    const headers = headersOf(server.received[0]!);
    const [link] = headers.get('list-unsubscribe') ?? [];
    const token = /^<https:\/\/api\.example\.com\/api\/v1\/unsubscribe\/([\w.-]+)>$/.exec(link ?? '')?.[1] ?? '';
    expect(readUnsubscribeToken(token, [mailSettings.unsubscribeSecret])?.userId).toBe('user-1');
    expect(headers.get('list-unsubscribe-post')).toEqual(['List-Unsubscribe=One-Click']);
    expect(decoded(headers.get('subject')?.[0])).toMatch(/^\(광고\) /);
    const [signature = ''] = headers.get('dkim-signature') ?? [];
    expect(signature).toMatch(/d=mail\.example\.com/);
    const signed = /\sh=([^;]+)/.exec(signature)?.[1]?.replace(/\s/g, '').toLowerCase().split(':');
    expect(signed).toEqual(expect.arrayContaining(['from', 'to', 'subject', 'message-id']));
    expect(signed).toEqual(expect.arrayContaining(['list-unsubscribe', 'list-unsubscribe-post']));
  });

  it.each([
    'Kim\r\nBcc: thief@evil.example',
    'bcc: thief@evil.example',
    'Kim <thief@evil.example>, x',
    '"Kim" <thief@evil.example>\u0000',
    '\u202eKim\u2028Subject: won',
    '<img onerror=1>{{constructor}}',
  ])('goes to the one recipient and has no other header, whatever is in name and title: %j', async (text) => {
    const server = await smtpServer();
    const email = 'user-1@example.com';
    const hostile = outgoing({ title: text, address: { name: text, email, phone: null, token: null } });
    expect((await provider(server.port).send(hostile, never)).kind).toBe('accepted');
    await provider(server.port).send(outgoing(), never);
    const [mail, plain] = server.received;
    expect(mail?.to).toEqual([email]);
    const headers = headersOf(mail!);
    expect([...headers.keys()].sort()).toEqual([...headersOf(plain!).keys()].sort());
    expect([...headers.values()].every((values) => values.length === 1)).toBe(true);
    const [to = ''] = headers.get('to') ?? [];
    // All but the address itself is a quoted or an encoded word.
    expect(to).toMatch(/^("([^"\\]|\\.)*"|[\w =?+/]+) <user-1@example\.com>$/);
    for (const shown of [to, headers.get('subject')?.[0]]) {
      expect(decoded(shown)).not.toMatch(/[\p{Cc}\p{Zl}\u202e]/u);
    }
  });

  it.each([
    'user-1@example.com\r\nBcc: thief@evil.example',
    'user-1@example.com, thief@evil.example',
    'Kim <thief@evil.example>',
    'user-1',
    'user 1@example.com',
    '"a b"@example.com',
    `${'a'.repeat(65)}@example.com`,
    '',
  ])('is not sent to what is no address: %j', async (email) => {
    const server = await smtpServer();
    const outcome = await provider(server.port).send(
      outgoing({ address: { name: null, email, phone: null, token: null } }),
      never,
    );
    expect(outcome).toEqual({ kind: 'permanent', reason: 'not an e-mail address' });
    expect(server.received).toEqual([]);
  });

  it('is not sent without an address or without a parameter', async () => {
    const smtp = provider((await smtpServer()).port);
    const nobody = outgoing({ address: { name: null, email: null, phone: null, token: null } });
    expect(await smtp.send(nobody, never)).toEqual({ kind: 'permanent', reason: 'no e-mail address' });
    expect(
      await smtp.send(outgoing({ text: 'notification.requested/auth_code', params: { minutes: 3 } }), never),
    ).toEqual({
      kind: 'permanent',
      reason: 'template notification.requested/auth_code: parameter code is missing',
    });
  });
});

describe('TLS and AUTH', () => {
  const required = { tls: 'required', host: 'localhost', ca: cert } as const;
  const auth = { user: 'allim', pass: 'secret' };
  const checking: SMTPServerOptions = {
    authOptional: false,
    onAuth: (given, _, done) =>
      given.password === auth.pass
        ? done(null, { user: given.username })
        : done(reply(535, 'wrong user-1@example.com')),
  };

  it.each([
    ['STARTTLS', false],
    ['TLS from the first byte', true],
  ])('signs in and sends over %s', async (_, secure) => {
    const server = await smtpServer({ ...checking, secure });
    expect((await provider(server.port, { ...required, secure, auth }).send(outgoing(), never)).kind).toBe('accepted');
    expect(server.received[0]).toMatchObject({ secure: true, user: 'allim' });
  });

  it.each<[string, SMTPServerOptions, Partial<SmtpOptions>, string]>([
    ['a wrong password', checking, { ...required, auth: { ...auth, pass: 'x' } }, 'SMTP 535 at AUTH PLAIN'],
    ['a server that wants us to sign in', { authOptional: false }, required, 'SMTP 530 at MAIL FROM'],
    [
      'a certificate that nobody vouches for',
      {},
      { ...required, ca: undefined },
      'ESOCKET DEPTH_ZERO_SELF_SIGNED_CERT at CONN',
    ],
    [
      'the same from the first byte',
      { secure: true },
      { ...required, secure: true, ca: undefined },
      'ESOCKET DEPTH_ZERO_SELF_SIGNED_CERT at CONN',
    ],
    [
      'a certificate of another name',
      {},
      { ...required, host: '127.0.0.1' },
      'ESOCKET ERR_TLS_CERT_ALTNAME_INVALID at CONN',
    ],
    ['a server without STARTTLS', { disabledCommands: ['STARTTLS'] }, required, 'SMTP 500 at STARTTLS'],
  ])('takes %s for no fault of the mail, 3 times', async (_, given, options, reason) => {
    const server = await smtpServer(given);
    const smtp = provider(server.port, options);
    for (let time = 0; time < 3; time++) {
      const outcome = await smtp.send(outgoing(), never);
      expect(outcome.kind).toBe('infrastructure');
      expect(outcome).toHaveProperty('reason', expect.stringContaining(reason));
    }
    expect(server.received).toEqual([]);
  });
});

describe('refusals', () => {
  const at: Record<string, (code: number) => SMTPServerOptions> = {
    'MAIL FROM': (code) => ({ onMailFrom: (_, __, done) => done(reply(code, `5.1.1 <user-1@example.com>`)) }),
    'RCPT TO': (code) => ({ onRcptTo: (_, __, done) => done(reply(code, `5.1.1 <user-1@example.com>`)) }),
    DATA: (code) => ({
      onData: (stream, _, done) => {
        stream.on('end', () => done(reply(code, `5.1.1 <user-1@example.com>`)));
        stream.resume();
      },
    }),
  };
  const cases = Object.keys(at).flatMap((command) =>
    [421, 450, 451, 452, 503, 550, 552, 554].map((code) => [code, command] as const),
  );
  it.each(cases)('%i at %s is named by its code, 3 times', async (code, command) => {
    const server = await smtpServer(at[command]!(code));
    const smtp = provider(server.port);
    const kind = code >= 500 && code !== 503 ? 'permanent' : 'temporary';
    for (let time = 0; time < 3; time++) {
      const outcome = await smtp.send(outgoing(), never);
      // nodemailer puts a 421 that leaves answers open down to the connection.
      const where = code === 421 && command === 'RCPT TO' ? 'CONN' : command;
      expect(outcome).toEqual({ kind, reason: `SMTP ${code} 5.1.1 at ${where}` });
    }
  });

  it.each([421, 554])('%i instead of a greeting is about the server, 3 times', async (code) => {
    const server = await smtpServer({ onConnect: (_, done) => done(reply(code)) });
    const smtp = provider(server.port);
    for (let time = 0; time < 3; time++) {
      expect(await smtp.send(outgoing(), never)).toEqual({ kind: 'infrastructure', reason: `SMTP ${code} at CONN` });
    }
  });
});

describe('connections', () => {
  it.each([1, 2, 3])('cut before DATA: temporary (%i)', async () => {
    const server: RealSmtpServer = await smtpServer({ onRcptTo: () => server.cut() });
    expect((await provider(server.port).send(outgoing(), never)).kind).toBe('temporary');
  });

  it.each([1, 2, 3])('cut in the middle of the body: temporary, its end was never sent (%i)', async () => {
    // More than the buffers between us hold.
    const message = 'x'.repeat(20_000_000);
    const server: RealSmtpServer = await smtpServer({
      onData: (stream) => void stream.once('data', () => server.cut()),
    });
    const large = () => ({ subject: 'x', html: message, text: message, unsubscribe: null });
    expect((await provider(server.port, {}, large).send(outgoing(), never)).kind).toBe('temporary');
  });

  it.each([1, 2, 3])('cut after the body: nobody knows (%i)', async () => {
    const server: RealSmtpServer = await smtpServer({
      onData: (stream) => void stream.on('end', () => server.cut()).resume(),
    });
    expect((await provider(server.port).send(outgoing(), never)).kind).toBe('ambiguous');
  });

  it.each([1, 2, 3])('hanging after the body: nobody knows (%i)', async () => {
    const server = await smtpServer({ onData: (stream) => void stream.resume() });
    const outcome = await provider(server.port, { silenceTimeoutMs: 200 }).send(outgoing(), never);
    expect(outcome).toEqual({ kind: 'ambiguous', reason: 'ETIMEDOUT at CONN' });
  });

  it.each([1, 2, 3])('hanging before DATA: temporary (%i)', async () => {
    const server = await smtpServer({ onRcptTo: () => {} });
    const outcome = await provider(server.port, { silenceTimeoutMs: 200 }).send(outgoing(), never);
    expect(outcome).toEqual({ kind: 'temporary', reason: 'ETIMEDOUT at CONN' });
  });

  it('nobody there, cut before the greeting, never a greeting: about the server', async () => {
    const silent = await rawServer(() => {});
    const rude = await rawServer((socket) => socket.destroy());
    const gone = await rawServer(() => {});
    await new Promise((resolve) => gone.server.close(resolve));
    for (let time = 0; time < 3; time++) {
      for (const { port } of [silent, rude, gone]) {
        const outcome = await provider(port, { connectTimeoutMs: 200 }).send(outgoing(), never);
        expect(outcome.kind).toBe('infrastructure');
      }
    }
  });

  it.each([
    ['RCPT', 'temporary'],
    ['.', 'ambiguous'],
  ])(
    'a server that trickles from %s on is ended by the signal, at once and with its socket, 3 times',
    async (from, kind) => {
      let trickled = 0;
      const server = await rawServer((socket) => {
        let trickle: NodeJS.Timeout | undefined;
        socket.write('220 hello\r\n');
        socket.on('close', () => clearInterval(trickle));
        socket.on('data', (data) => {
          const said = data.toString();
          if (trickle !== undefined) return;
          if (said.startsWith(from) || said.endsWith(`\r\n${from}\r\n`)) {
            trickle = setInterval(() => ++trickled && socket.write('2'), 10);
          } else if (said.startsWith('DATA')) socket.write('354 go on\r\n');
          else if (/^(EHLO|MAIL|RCPT)/.test(said)) socket.write('250 fine\r\n');
        });
      });
      const smtp = provider(server.port, { silenceTimeoutMs: 200 });
      for (let time = 0; time < 3; time++) {
        trickled = 0;
        const ending = new AbortController();
        const sending = smtp.send(outgoing(), ending.signal);
        await waitFor(() => trickled > 30, { what: 'more than the silence that is allowed to be filled' });
        const before = performance.now();
        ending.abort();
        expect(await sending).toEqual({ kind, reason: 'EABORT' });
        expect(performance.now() - before).toBeLessThan(1_000);
        await waitFor(() => server.sockets.size === 0, { what: 'the socket to be let go of' });
      }
    },
  );

  it('sends at once over a new connection when a kept one turns out to be closed', async () => {
    const server = await smtpServer();
    const smtp = provider(server.port, { connections: 1 });
    for (let time = 0; time < 3; time++) {
      expect((await smtp.send(outgoing(), never)).kind).toBe('accepted');
      server.cut(); // by the time of the next send we have not heard of it yet
    }
    expect(server.received).toHaveLength(3);
  });

  it('a signal that was aborted before sends nothing, and ends what waits for a connection', async () => {
    const server = await smtpServer({ onData: (stream) => void stream.resume() });
    expect((await provider(server.port).send(outgoing(), AbortSignal.abort())).kind).toBe('temporary');
    const smtp = provider(server.port, { connections: 1 });
    const ending = new AbortController();
    const first = smtp.send(outgoing(), never);
    const second = smtp.send(outgoing(), ending.signal);
    ending.abort();
    expect((await second).kind).toBe('temporary');
    expect((await first).kind).toBe('ambiguous');
  });

  it('many at once are all accepted, each once', async () => {
    const server = await smtpServer();
    const smtp = provider(server.port, { mailsPerConnection: 7 });
    const ids = Array.from({ length: 200 }, () => crypto.randomUUID());
    const outcomes = await Promise.all(ids.map((deliveryId) => smtp.send(outgoing({ deliveryId }), never)));
    expect(new Set(outcomes.map(({ kind }: Outcome) => kind))).toEqual(new Set(['accepted']));
    const arrived = server.received.map((mail) => headersOf(mail).get('message-id')?.[0]);
    expect(arrived.sort()).toEqual(ids.map((id) => `<${id}@mail.example.com>`).sort());
  });
});

providerContract('smtp', async () => {
  let how: 'accept' | 'refuse' | 'busy' | 'hang' = 'accept';
  let hung = () => {};
  const hanging = new Promise<void>((resolve) => {
    hung = resolve;
  });
  const refusals = { refuse: reply(550, 'no user-1@example.com'), busy: reply(451, 'not now') };
  const marks: string[] = [];
  const server = await smtpServer({
    onData: (stream, _, done) => {
      const chunks: Buffer[] = [];
      stream.on('data', (chunk: Buffer) => chunks.push(chunk));
      stream.on('end', () => {
        if (how === 'hang') return hung();
        if (how !== 'accept') return done(refusals[how]);
        marks.push(/^Message-ID: (.+)$/im.exec(Buffer.concat(chunks).toString())?.[1] ?? '');
        done(null, 'queued');
      });
    },
  });
  return {
    provider: provider(server.port),
    message: (deliveryId) => outgoing({ deliveryId }),
    answer: (next) => {
      how = next;
    },
    untilHung: () => hanging,
    received: () => marks,
    connections: () => server.sockets.size,
    close: async () => {},
  };
});

/** A server that says whatever it is told to, and keeps its connections in sight. */
async function rawServer(talk: (socket: Socket) => void) {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    talk(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanUp.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, server, sockets };
}
