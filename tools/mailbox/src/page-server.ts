import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import { z } from 'zod';
import { type FcmServer, listedPush, type Push, stopServer } from './fcm-server.js';
import { matching } from './filter.js';
import type { Kept } from './kept.js';
import { listedMail, type Mail } from './mail.js';
import { messages } from './messages.js';
import type { SmtpServer } from './smtp-server.js';

export interface PageOptions {
  /** 0, the default, lets the system choose one. */
  port?: number;
  /** Default: 127.0.0.1. What is here may hold codes and names: more than this machine is a decision. */
  host?: string;
  smtp: Pick<SmtpServer, 'kept'>;
  fcm: Pick<FcmServer, 'kept'>;
}

export interface PageServer {
  readonly port: number;
  /** `http://host:port` */
  readonly url: string;
  stop(): Promise<void>;
}

const publicFolder = fileURLToPath(new URL('../public', import.meta.url));

/** A mail in the list: without its bodies. */
const summaryOf = ({ text: _text, html, headers: _headers, ...mail }: Mail) => ({ ...mail, hasHtml: html !== null });

/** The mailbox page and its JSON API: what the SMTP and the FCM server have kept, newest first. */
export async function startPage({ port = 0, host = '127.0.0.1', smtp, fcm }: PageOptions): Promise<PageServer> {
  const app = express();
  app.disable('x-powered-by');
  app.use((_request, response, next) => {
    response.setHeader('Content-Security-Policy', pagePolicy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'no-referrer');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    // A page elsewhere must not read along, also not by <script src> or <img src>.
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    next();
  });
  app.use(express.static(publicFolder, { redirect: false }));
  app.use(['/api', '/messages', '/health'], (_request, response, next) => {
    response.setHeader('Cache-Control', 'no-store');
    next();
  });
  // All three servers are one process: while it answers, it takes mails and pushes.
  app.get(['/health/live', '/health/ready'], (_request, response) => void response.json({ status: 'ok' }));
  app.get('/messages', async (request, response) => {
    const { to, limit } = messagesQuery.parse(request.query);
    response.json(await messages(smtp.kept, fcm.kept, to, limit));
  });
  serveMails(app, smtp.kept);
  servePushes(app, fcm.kept);
  serveChanges(app, [smtp.kept, fcm.kept]);
  app.use((_request, response) => void response.status(404).json({ error: 'not found' }));
  // Express tells an error handler by its four parameters.
  app.use((error: Error & { status?: number }, _request: Request, response: Response, _next: NextFunction) => {
    const wrong = error instanceof z.ZodError || error instanceof RangeError;
    const message = error instanceof z.ZodError ? z.prettifyError(error) : error.message;
    if (!response.headersSent) response.status(wrong ? 400 : (error.status ?? 500)).json({ error: message });
    else response.destroy();
  });

  const server = createServer(app);
  server.listen(port, host);
  await once(server, 'listening'); // rejects with the error when the port is taken
  const { port: given } = server.address() as AddressInfo;
  return { port: given, url: `http://${host}:${given}`, stop: () => stopServer(server) };
}

const query = z.object({
  to: z.string().optional(),
  subject: z.string().optional(),
  since: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(10_000).default(200),
});

const messagesQuery = z.object({
  to: z.string().optional(),
  limit: z.coerce.number().int().min(1).default(Number.MAX_SAFE_INTEGER),
});

function serveMails(app: Express, kept: SmtpServer['kept']): void {
  app.get('/api/mails', async (request, response) => {
    const { limit, ...filter } = query.parse(request.query);
    const wanted = matching(filter);
    const found: Mail[] = [];
    for (const one of kept.newestFirst()) {
      if (found.length === limit) break;
      const mail = await one.read();
      if (wanted(listedMail(mail))) found.push(mail);
    }
    response.json({ mails: found.map(summaryOf), kept: kept.size, received: kept.received });
  });
  app.get('/api/mails/:id', async ({ params: { id } }, response, next) => {
    const mail = kept.get(id);
    if (!mail) return next();
    response.json(await mail.read());
  });
  app.get('/api/mails/:id/source', ({ params: { id } }, response, next) => {
    const mail = kept.get(id);
    if (!mail) return next();
    response.type('text/plain; charset=utf-8').send(mail.source);
  });
  // Not a srcdoc: that inherits the page's policy, and mails need styles in place, which the page must not allow.
  app.get('/api/mails/:id/html', async ({ params: { id } }, response, next) => {
    const html = (await kept.get(id)?.read())?.html;
    if (html == null) return next();
    response.setHeader('Content-Security-Policy', mailPolicy);
    response.type('text/html; charset=utf-8').send(withLinksOutside(html));
  });
  app.delete('/api/mails', (_request, response) => {
    kept.clear();
    response.status(204).end();
  });
}

function servePushes(app: Express, kept: Kept<Push>): void {
  app.get('/api/pushes', (request, response) => {
    const { limit, ...filter } = query.parse(request.query);
    const wanted = matching(filter);
    const found = kept.newestFirst().filter((push) => wanted(listedPush(push)));
    response.json({ pushes: found.slice(0, limit), kept: kept.size, received: kept.received });
  });
  app.get('/api/pushes/:id', ({ params: { id } }, response, next) => {
    const push = kept.get(id);
    if (!push) return next();
    response.json(push);
  });
  app.delete('/api/pushes', (_request, response) => {
    kept.clear();
    response.status(204).end();
  });
}

const gatherMs = 250;
const mostListeners = 100;

/** Server-Sent Events that say no more than "look again": a flood of mails is four of them a second. */
function serveChanges(app: Express, lists: { watch: (changed: () => void) => () => void }[]): void {
  let listeners = 0;
  app.get('/api/changes', (_request, response) => {
    if (listeners >= mostListeners) return void response.status(503).json({ error: 'too many pages listen' });
    listeners += 1;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 1000\nevent: changed\ndata: {}\n\n'); // whatever happened while nobody listened
    let gathering: NodeJS.Timeout | undefined;
    const changed = () => {
      gathering ??= setTimeout(() => {
        gathering = undefined;
        response.write('event: changed\ndata: {}\n\n');
      }, gatherMs);
    };
    const ends = lists.map((list) => list.watch(changed));
    response.on('close', () => {
      listeners -= 1;
      clearTimeout(gathering);
      for (const end of ends) end();
    });
  });
}

const policy = (rules: string[]) => rules.join('; ');

const pagePolicy = policy([
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  // The browser itself refuses any text made into markup by a script of ours.
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
]);

// As a mail program has it: styles and enclosed pictures, no scripts, nothing fetched (who opens a mail here tells nobody).
const mailPolicy = policy([
  'sandbox allow-popups allow-popups-to-escape-sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
]);

/** Links open beside the page: inside its frame they would lead nowhere. After the doctype, which is none if it isn't first. */
function withLinksOutside(html: string): string {
  const start = /^[^<]*<!doctype[^>]*>/i.exec(html)?.[0] ?? '';
  return `${start}<base target="_blank">${html.slice(start.length)}`;
}
