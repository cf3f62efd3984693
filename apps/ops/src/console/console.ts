import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

/** As `npm run build` leaves it; beside `dist`, so that it is the same folder for the sources and for what is built of them. */
const builtConsole = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** The addresses at which the console has a page. A list, so that a mistyped one of the API is not answered with a page. */
const page = /^\/(groups|letters(\/\d+(\/edit)?)?|jobs(\/\d+)?|audit|timeline|signed-in)?$/;

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface File {
  headers: Record<string, string>;
  body: Buffer;
  zipped: Buffer;
}

type Handler = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

/**
 * The console at `/`. It is read once and served from memory: no request makes a path of a file.
 *
 * @param connectTo origins it may call besides ours: where operators sign in
 * @param folder of the built console; one that does not exist has no pages
 */
export function serveConsole(connectTo: string[] = [], folder = builtConsole): Handler {
  const files = readFiles(folder, connectTo);
  const index = files.get('/index.html');
  return (request, response, next) => {
    const [path = ''] = (request.url ?? '').split('?');
    const file = page.test(path) ? index : files.get(path);
    if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return next();
    send(file, request, response);
  };
}

export const isConsoleBuilt = (): boolean => existsSync(join(builtConsole, 'index.html'));

function readFiles(folder: string, connectTo: string[]): Map<string, File> {
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && Object.hasOwn(types, extname(entry.name)))
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const name = `/${relative(folder, path)}`;
        return [name, fileOf(name, readFileSync(path), connectTo)];
      }),
  );
}

function fileOf(name: string, body: Buffer, connectTo: string[]): File {
  const isPage = name === '/index.html';
  return {
    body,
    zipped: gzipSync(body, { level: 9 }),
    headers: {
      'Content-Type': types[extname(name)]!,
      // The names of assets change with what is in them. A page names its assets, so it is asked for each time.
      'Cache-Control': name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache',
      ETag: `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`,
      Vary: 'Accept-Encoding',
      ...(isPage && { 'Content-Security-Policy': policy(connectTo) }),
    },
  };
}

function send(file: File, request: IncomingMessage, response: ServerResponse): void {
  for (const [name, value] of Object.entries(file.headers)) response.setHeader(name, value);
  if (request.headers['if-none-match'] === file.headers.ETag) {
    response.writeHead(304).end();
    return;
  }
  const takesGzip = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''));
  const body = takesGzip ? file.zipped : file.body;
  if (takesGzip) response.setHeader('Content-Encoding', 'gzip');
  response.setHeader('Content-Length', body.length);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Stricter than that of other answers: nothing may make markup or script of a text, whatever a dead letter holds. */
function policy(connectTo: string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    `connect-src ${["'self'", ...connectTo].join(' ')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
