import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { serveConsole } from './console.js';

let folder: string;
let server: Server;
let url: string;

beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'allim-console-'));
  folder = join(root, 'dist');
  mkdirSync(join(folder, 'assets'), { recursive: true });
  writeFileSync(join(root, 'secret.js'), 'not for anybody');
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>Console</title>');
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  writeFileSync(join(folder, '.built'), 'stamp');
  writeFileSync(join(folder, 'assets', 'index-abc.js'), `export default "${'x'.repeat(5_000)}"`);
  const handler = serveConsole(['https://login.example.com'], folder);
  server = createServer((incoming, response) => {
    response.setHeader('Content-Security-Policy', 'of everything else');
    handler(incoming, response, () => response.writeHead(404).end('none of the console'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
  rmSync(join(folder, '..'), { recursive: true });
});

const get = (path: string) => request(url).get(path);

describe('the console', () => {
  it.each(['/', '/?hours=6', '/groups', '/letters?topic=a', '/letters/12', '/letters/12/edit', '/jobs', '/jobs/3'])(
    'is what %s answers',
    async (path) => {
      const { status, text, headers } = await get(path);
      expect([status, text]).toEqual([200, '<!doctype html><title>Console</title>']);
      expect(headers['content-type']).toBe('text/html; charset=utf-8');
      expect(headers['cache-control']).toBe('no-cache');
    },
  );

  it.each([
    ...['/letters/x', '/letters/1/', '/jobs/1/edit', '/api/v1/ops/replay-jobs', '/docs', '/metrics', '/.built'],
    ...['/../secret.js', '/assets/../../secret.js', '/%2e%2e/secret.js', '/..%2fsecret.js', '/constructor', '/assets'],
  ])('is not what %s answers', async (path) => {
    expect(await get(path)).toMatchObject({ status: 404, text: 'none of the console' });
  });

  it('lets no script in but its own, and no text become markup', async () => {
    const policy = (await get('/letters')).headers['content-security-policy'] ?? '';
    expect(policy.split('; ')).toEqual(
      expect.arrayContaining([
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self' https://login.example.com",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
      ]),
    );
  });

  it('is asked for anew each time, its assets once', async () => {
    const asset = await get('/assets/index-abc.js');
    expect(asset.headers['cache-control']).toBe('public, max-age=31536000, immutable');
    expect(asset.headers['content-type']).toBe('text/javascript; charset=utf-8');
    expect(asset.headers['content-security-policy']).toBe('of everything else');
    const again = await get('/').set('If-None-Match', (await get('/')).headers.etag!);
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('is zipped for who takes it so', async () => {
    const zipped = await get('/assets/index-abc.js').set('Accept-Encoding', 'gzip, br');
    expect(zipped.headers['content-encoding']).toBe('gzip');
    expect(Number(zipped.headers['content-length'])).toBeLessThan(200);
    const plain = await get('/assets/index-abc.js').set('Accept-Encoding', 'identity');
    expect(plain.headers['content-encoding']).toBeUndefined();
    expect(plain.text).toBe(zipped.text);
    expect(plain.headers.vary).toBe('Accept-Encoding');
  });

  it('takes no orders', async () => {
    expect((await request(url).post('/letters').send({})).status).toBe(404);
    expect(await request(url).head('/letters')).toMatchObject({ status: 200, text: undefined });
  });

  it('has no pages where it is not built', async () => {
    const next: string[] = [];
    serveConsole([], join(folder, 'missing'))({ url: '/', method: 'GET' } as never, {} as never, () =>
      next.push('next'),
    );
    expect(next).toEqual(['next']);
  });
});
