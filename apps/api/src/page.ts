import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler } from 'express';

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
