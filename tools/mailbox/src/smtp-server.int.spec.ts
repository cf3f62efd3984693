import { connect } from 'node:net';
import { waitFor } from '@allim/testing';
import { createTransport, type SendMailOptions } from 'nodemailer';
import type SMTPTransport from 'nodemailer/lib/smtp-transport/index.js';
import { type ConnectionFault, type MailFacts, type MailFault, type SmtpServer, startSmtpServer } from './index.js';

let smtp: SmtpServer;
beforeEach(async () => {
  smtp = await startSmtpServer({ keep: { count: 3 } });
});
afterEach(() => smtp.stop());

const impatient = { connectionTimeout: 700, greetingTimeout: 700, socketTimeout: 700 };
const plain = { ignoreTLS: true };
const withTls = { requireTLS: true, tls: { rejectUnauthorized: false } };

function send(mail: SendMailOptions = {}, how: SMTPTransport.Options = plain) {
  const transport = createTransport({ host: '127.0.0.1', port: smtp.port, ...impatient, ...how });
  return transport.sendMail({
    from: 'allim@example.com',
    to: 'kim@example.com',
    subject: 'Hello',
    text: 'Hi',
    ...mail,
  });
}

/** How nodemailer names what went wrong. */
async function failureOf(sending: Promise<unknown>) {
  const error = await sending.then(
    () => undefined,
    (failure) => failure as NodeJS.ErrnoException & { responseCode?: number; response?: string },
  );
  if (!error) throw new Error('was sent');
  return { code: error.code, responseCode: error.responseCode, said: error.response };
}

describe('a mail', () => {
  it('is kept as its reader sees it, with its source', async () => {
    const text = '주문이 접수되었습니다.';
    await send({
      from: { name: '알림', address: 'allim@example.com' },
      to: { name: '김"철수" <x>', address: 'kim@example.com' },
      subject: '주문 🎉 <b>&amp;',
      text,
      html: '<p>주문</p>',
      messageId: '<0199-1@allim.example.com>',
      attachments: [{ filename: '영수증.txt', content: '12345' }],
    });
    const [mail] = await smtp.mails();
    expect(mail).toMatchObject({
      envelope: { from: 'allim@example.com', to: ['kim@example.com'] },
      from: { name: '알림', address: 'allim@example.com' },
      to: [{ name: '김"철수" <x>', address: 'kim@example.com' }],
      subject: '주문 🎉 <b>&amp;',
      messageId: '<0199-1@allim.example.com>',
      html: expect.stringContaining('<p>주문</p>'),
      attachments: [{ filename: '영수증.txt', mimeType: 'text/plain', bytes: 5 }],
      secure: false,
      user: null,
      problem: null,
    });
    expect(mail?.text?.trim()).toBe(text);
    expect(String(smtp.kept.get('1')?.source)).toContain('Message-ID: <0199-1@allim.example.com>\r\n');
  });

  it('may come through TLS, from somebody who signed in', async () => {
    await send({}, { ...withTls, auth: { user: 'anybody', pass: 'anything' } });
    expect(await smtp.mails()).toMatchObject([{ secure: true, user: 'anybody' }]);
  });

  it('is found by recipient, subject and time', async () => {
    await send({ to: { name: '김철수', address: 'kim@example.com' }, subject: 'Order 7' });
    const between = (await smtp.mails())[0]?.receivedAt as string;
    await waitFor(() => Date.now() > Date.parse(between), { what: 'the next millisecond' });
    await send({ to: 'lee@example.com', subject: 'Order 8' });
    const found = async (filter: Parameters<SmtpServer['mails']>[0]) =>
      (await smtp.mails(filter)).map(({ subject }) => subject);
    expect(await found({})).toEqual(['Order 8', 'Order 7']);
    expect(await found({ to: 'KIM@' })).toEqual(['Order 7']);
    expect(await found({ to: '철수' })).toEqual(['Order 7']);
    expect(await found({ subject: 'order 8' })).toEqual(['Order 8']);
    expect(await found({ since: Date.parse(between) + 1 })).toEqual(['Order 8']);
    expect(await found({ since: between })).toHaveLength(2);
    expect(await found({ since: String(Date.parse(between) + 1) })).toEqual(['Order 8']);
    await expect(found({ since: 'yesterday' })).rejects.toThrow('expected `since` to be a time');
  });

  it('makes room for newer ones', async () => {
    for (const subject of ['1', '2', '3', '4']) await send({ subject });
    expect((await smtp.mails()).map(({ id, subject }) => [id, subject])).toEqual([
      ['4', '4'],
      ['3', '3'],
      ['2', '2'],
    ]);
    expect(smtp.kept.received).toBe(4);
    smtp.kept.clear();
    expect(await smtp.mails()).toEqual([]);
    await send();
    expect(await smtp.mails()).toMatchObject([{ id: '5' }]);
  });

  it('over 25 MB is refused', async () => {
    const text = 'x'.repeat(26 * 1024 * 1024);
    expect(await failureOf(send({ text }, { ...plain, socketTimeout: 20_000 }))).toMatchObject({ responseCode: 552 });
    expect(smtp.kept.received).toBe(0);
  });
});

describe('whoever may not send', () => {
  it('is refused by name and password', async () => {
    await using strict = Object.assign(await startSmtpServer({ auth: { user: 'allim', password: 'secret' } }), {
      async [Symbol.asyncDispose]() {
        await strict.stop();
      },
    });
    const as = (pass?: string) =>
      send({}, { ...plain, port: strict.port, ...(pass && { auth: { user: 'allim', pass } }) });
    expect(await failureOf(as('wrong'))).toMatchObject({ code: 'EAUTH', responseCode: 535 });
    expect(await failureOf(as())).toMatchObject({ responseCode: 530 });
    expect(strict.kept.received).toBe(0);
    await as('secret');
    expect(strict.kept.received).toBe(1);
  });
});

describe('a mail fault', () => {
  it.each([421, 450, 451, 452, 550, 552, 554])(
    '%d after the body reaches the sender, and nothing is kept',
    async (reply) => {
      smtp.play({ mails: [{ reply, text: 'as you wished' }] });
      expect(await failureOf(send())).toMatchObject({
        responseCode: reply,
        said: expect.stringContaining(`${reply} as you wished`),
      });
      expect(smtp.kept.received).toBe(0);
      await send(); // the queue is empty
      expect(smtp.kept.received).toBe(1);
    },
  );

  it.each([421, 450, 451, 452, 550, 552, 554])('%d may come after the recipient', async (reply) => {
    smtp.play({ mails: [{ reply, at: 'to' }] });
    expect(await failureOf(send())).toMatchObject({ responseCode: reply });
    expect(smtp.kept.received).toBe(0);
  });

  it.each<[MailFault, string, number]>([
    [{ cut: 'before-data' }, 'ESOCKET', 0],
    [{ cut: 'after-body' }, 'ESOCKET', 1],
    [{ cut: 'after-body', keep: false }, 'ESOCKET', 0],
    [{ hang: 'after-body' }, 'ETIMEDOUT', 1],
    [{ hang: 'after-body', keep: false }, 'ETIMEDOUT', 0],
  ])('%j is %s to the sender; kept: %d', async (fault, code, keptCount) => {
    smtp.play({ mails: [fault] });
    expect(await failureOf(send())).toMatchObject({ code, responseCode: undefined });
    expect(smtp.kept.received).toBe(keptCount);
    await waitFor(() => smtp.connections === 0, { what: 'the connection to be gone' });
  });

  it('an answer may come late', async () => {
    smtp.play({ mails: [{ answersAfterMs: 300 }] });
    const began = performance.now();
    await send();
    expect(performance.now() - began).toBeGreaterThanOrEqual(299); // timers count whole milliseconds
    expect(smtp.kept.received).toBe(1);
  });

  it.each([plain, withTls])('slowness gets past the idle time-out of %j', async (how) => {
    smtp.play({ mails: [{ bytesPerSecond: 60 }, undefined] });
    const began = performance.now();
    await send({}, how);
    // "250 Accepted", "354 End data with <CR><LF>.<CR><LF>" and "250 OK: kept as 1" with their line ends: 70 bytes and more.
    expect(performance.now() - began).toBeGreaterThan(1_000);
    expect(smtp.kept.received).toBe(1);
  });

  it('may depend on the mail', async () => {
    const asked: MailFacts[] = [];
    smtp.play({
      mails: (facts) => {
        asked.push(facts);
        return facts.to.startsWith('gone') ? { reply: 550 } : undefined;
      },
    });
    const pool = createTransport({ pool: true, maxConnections: 1, host: '127.0.0.1', port: smtp.port, ...plain });
    const results = await Promise.allSettled(
      ['gone@example.com', 'kim@example.com'].map((to) => pool.sendMail({ from: 'a@example.com', to, text: 'Hi' })),
    );
    pool.close();
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(asked).toEqual([
      { number: 1, connection: 1, from: 'a@example.com', to: 'gone@example.com' },
      { number: 2, connection: 1, from: 'a@example.com', to: 'kim@example.com' },
    ]);
  });
});

describe('a connection fault', () => {
  const signedIn = { ...plain, auth: { user: 'u', pass: 'p' } };

  it.each<[ConnectionFault, SMTPTransport.Options, { code: string; responseCode?: number }]>([
    [{ reply: 421 }, plain, { code: 'EPROTOCOL', responseCode: 421 }],
    [{ reply: 554 }, plain, { code: 'EPROTOCOL', responseCode: 554 }],
    [{ auth: 535 }, signedIn, { code: 'EAUTH', responseCode: 535 }],
    [{ auth: 454 }, signedIn, { code: 'EAUTH', responseCode: 454 }],
    [{ cut: 'greeting' }, plain, { code: 'ESOCKET' }],
    [{ hang: 'greeting' }, plain, { code: 'ETIMEDOUT' }],
    [{ tls: 'broken' }, withTls, { code: 'ESOCKET' }],
    [{ tls: 'cut' }, withTls, { code: 'ESOCKET' }],
  ])('%j', async (fault, how, expected) => {
    smtp.play({ connections: [fault] });
    expect(await failureOf(send({}, how))).toMatchObject(expected);
    expect(smtp.kept.received).toBe(0);
    await waitFor(() => smtp.connections === 0, { what: 'the connection to be gone' });
    await send({}, how);
    expect(smtp.kept.received).toBe(1);
  });

  it('may be slowness of every answer', async () => {
    smtp.play({ connections: [{ bytesPerSecond: 200 }] });
    const began = performance.now();
    await send();
    expect(performance.now() - began).toBeGreaterThan(1_000);
  });

  it('is a certificate that nobody should trust, without any script', async () => {
    expect(await failureOf(send({}, { requireTLS: true }))).toMatchObject({ code: 'ESOCKET' });
    expect(smtp.kept.received).toBe(0);
  });
});

describe('the server', () => {
  it('takes no part of a mail whose sender goes away in the middle', async () => {
    const client = connect(smtp.port, '127.0.0.1');
    for (const line of ['EHLO x', 'MAIL FROM:<a@b.example>', 'RCPT TO:<c@d.example>', 'DATA']) {
      await new Promise((resolve) => client.once('data', resolve));
      client.write(`${line}\r\n`);
    }
    await new Promise((resolve) => client.once('data', resolve));
    client.write('Subject: half a mail\r\n');
    client.resetAndDestroy();
    await waitFor(() => smtp.connections === 0, { what: 'the connection to be gone' });
    expect(smtp.kept.received).toBe(0);
    await send();
    expect(smtp.kept.received).toBe(1);
  });

  it('stops at once, whoever is connected, and its port is free again', async () => {
    smtp.play({ connections: [{ hang: 'greeting' }, undefined], mails: [{ hang: 'after-body' }] });
    const waiting = [failureOf(send()), failureOf(send({}, withTls))];
    await waitFor(() => smtp.kept.received === 1, { what: 'one to hang after its body' });
    await smtp.stop();
    await Promise.all(waiting);
    const { port } = smtp;
    smtp = await startSmtpServer({ port });
    await expect(startSmtpServer({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  it('offers no STARTTLS when told so', async () => {
    const { port } = smtp;
    await smtp.stop();
    smtp = await startSmtpServer({ port, startTls: false });
    expect(await failureOf(send({}, withTls))).toMatchObject({ code: 'ETLS' });
    await send();
    expect(smtp.kept.received).toBe(1);
  });
});
