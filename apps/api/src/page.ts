import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type NextFunction, type Request, type RequestHandler, type Response } from 'express';

const folder = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const require = createRequire(import.meta.url);

const page = folder('../public');

/** The client library as it is built: it needs no bundler, and of `contracts` the types only. */
const client = folder('../../../libs/client/dist');
const socketClient = `${dirname(require.resolve('socket.io-client/package.json'))}/dist/socket.io.esm.min.js`;

/** The inbox page at `/`, and the modules it is made of. */
export function servePage(): [path: string, handler: RequestHandler][] {
  return [
    ['/', express.static(page, { redirect: false })],
    ['/modules/client', express.static(client, { redirect: false, index: false })],
    ['/modules/socket.io-client.js', (_request, response) => response.sendFile(socketClient)],
  ];
}

/** Headers every answer carries. Ours are the only scripts, styles and connections a page may have. */
export function securityHeaders(): RequestHandler {
  const pagePolicy = policy("'self'", "'self'");
  // Swagger's page styles itself in place.
  const docsPolicy = policy("'self'", "'self' 'unsafe-inline'");
  return (request: Request, response: Response, next: NextFunction) => {
    response.setHeader('Content-Security-Policy', request.path.startsWith('/docs') ? docsPolicy : pagePolicy);
    response.setHeader('X-Content-Type-Options', 'nosniff');
    response.setHeader('Referrer-Policy', 'same-origin');
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
    next();
  };
}

function policy(scripts: string, styles: string): string {
  return [
    "default-src 'none'",
    `script-src ${scripts}`,
    `style-src ${styles}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
