import { Redis } from 'ioredis';
import { type Server, server } from './server.js';

/** Redis that keeps its data over a kill (append-only file). */
export function redis(directory: string, temporary: boolean, port: number): Server {
  return server({
    name: 'Redis',
    port,
    directory,
    temporary,
    command: 'redis-server',
    args: ['--bind', '127.0.0.1', '--port', `${port}`, '--dir', directory, '--appendonly', 'yes', '--save', ''],
    prepare: async () => {},
    async answers() {
      const client = new Redis({
        host: '127.0.0.1',
        port,
        lazyConnect: true,
        retryStrategy: null,
        connectTimeout: 2_000,
      });
      client.on('error', () => {}); // told by the rejected promise
      try {
        await client.connect();
        await client.ping();
      } finally {
        client.disconnect();
      }
    },
  });
}
