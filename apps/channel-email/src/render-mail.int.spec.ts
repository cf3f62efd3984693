import { type Outgoing } from '@allim/channel';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import PostalMime, { type Email } from 'postal-mime';
import { mailSettings, outgoing } from './outgoing.fixture.js';
import { SmtpProvider } from './providers/smtp.js';
import { type RealSmtpServer, startSmtpServer } from './providers/smtp-server.fixture.js';
import { mailRenderer } from './render-mail.js';
import { type Language, languages, loadTemplates } from './templates.js';

const templates = loadTemplates();
const inTime = new AbortController().signal;
let server: RealSmtpServer;
let provider: SmtpProvider;

beforeAll(async () => {
  server = await startSmtpServer();
  provider = new SmtpProvider(
    {
      host: '127.0.0.1',
      port: server.port,
      secure: false,
      tls: 'off',
      connections: 1,
      mailsPerConnection: 1_000,
      from: { name: '알림', address: 'no-reply@mail.example.com' },
      domain: 'mail.example.com',
      connectTimeoutMs: 5_000,
      silenceTimeoutMs: 5_000,
    },
    mailRenderer(templates, mailSettings),
  );
});
afterAll(async () => {
  await provider?.close();
  await server?.close();
});

/** A mail as the mail program of its reader takes it apart, and whom the server was told to give it to. */
async function arrived(message: Outgoing): Promise<{ mail: Email; to: string[] }> {
  server.received.length = 0;
  expect(await provider.send(message, inTime)).toMatchObject({ kind: 'accepted' });
  expect(server.received).toHaveLength(1);
  const { raw, to } = server.received[0]!;
  return { mail: await PostalMime.parse(raw), to };
}

/** The same text wherever somebody else has a say: title, message, name, every parameter. */
function saying(text: string, key: string, language: Language, category: string): Outgoing {
  const given = outgoing();
  return {
    ...given,
    text: key,
    language,
    category,
    title: text,
    message: text,
    params: { name: text, code: text, minutes: text, title: text, message: text },
    address: { ...given.address, name: text },
  };
}

const elements = (html: string) => html.match(/<[a-z!/][^>]*>/gi)?.map((tag) => /^<[^\s>]+/.exec(tag)?.[0]);
const shape = ({ headers, html = '', attachments, from, cc, bcc, replyTo }: Email) => ({
  headers: headers.map(({ key }) => key),
  elements: elements(html),
  attachments: attachments.length,
  from,
  others: [cc, bcc, replyTo],
});

/** A text, and what of it a reader sees on one line. */
const hostile: [text: string, shown: string][] = [
  ['Kim\r\nBcc: thief@evil.example', 'Kim Bcc: thief@evil.example'],
  ['Kim\nSubject: won\n\n<b>body</b>', 'Kim Subject: won <b>body</b>'],
  ['Kim\rX-Evil: 1', 'Kim X-Evil: 1'],
  ['Kim\u2028Bcc: thief@evil.example\u0085Cc: x@evil.example', 'Kim Bcc: thief@evil.example Cc: x@evil.example'],
  ['bcc: thief@evil.example', 'bcc: thief@evil.example'],
  ['x, thief@evil.example', 'x, thief@evil.example'],
  ['Kim <thief@evil.example>', 'Kim <thief@evil.example>'],
  ['"Kim" <thief@evil.example>; x:', '"Kim" <thief@evil.example>; x:'],
  ['=?utf-8?q?=0D=0ABcc:_thief@evil.example?=', '= ?utf-8?q?=0D=0ABcc:_thief@evil.example?='],
  ['홍 =?UTF-8*en?B?DQpCY2M6IHg=?=', '홍 = ?UTF-8*en?B?DQpCY2M6IHg=?='],
  ['1=?2 =?x', '1=?2 =?x'],
  ['<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
  ['"><script>alert(1)</script>', '"><script>alert(1)</script>'],
  ['</title></style><a href="https://evil.example">x</a>', '</title></style><a href="https://evil.example">x</a>'],
  ['{{constructor}}', '{{constructor}}'],
  ['{{{__proto__.constructor}}} {{#each this}}x{{/each}}', '{{{__proto__.constructor}}} {{#each this}}x{{/each}}'],
  ['\u202emoc.elpmaxe\u202c', 'moc.elpmaxe'],
];

describe('what somebody else has written arrives as text, to one recipient, in the shape of a harmless mail', () => {
  const keys = [...templates.keys()];
  it.each(hostile)('%j', async (text, shown) => {
    for (const key of keys)
      for (const language of languages)
        for (const category of ['order', 'promotion']) {
          const plain = await arrived(saying('x', key, language, category));
          const { mail, to } = await arrived(saying(text, key, language, category));
          expect(to).toEqual(['user-1@example.com']);
          expect(mail.to).toEqual([{ name: shown, address: 'user-1@example.com' }]);
          expect(shape(mail)).toEqual(shape(plain.mail));
          expect(mail.subject).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
          if (key === 'notification') expect(mail.subject).toBe(category === 'order' ? shown : `(광고) ${shown}`);
          const link = mail.headers.find(({ key }) => key === 'list-unsubscribe')?.value;
          if (category === 'promotion')
            expect(link).toMatch(/^<https:\/\/api\.example\.com\/api\/v1\/unsubscribe\/[\w.-]+>$/);
        }
  });
});
