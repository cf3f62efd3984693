import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { socketPath } from '@allim/contracts';
import { Redis } from 'ioredis';
import { Server } from 'socket.io';
import { answerQuestions } from './questions.js';

/** A socket node in the seed's shape: subscribes to everybody's channel and emits to the user's room. */
async function listen({ redisUrl }: { redisUrl: string }): Promise<string> {
  const http = createServer();
  const io = new Server(http, { path: socketPath, transports: ['websocket'] });
  io.on('connection', (socket) => socket.join(`user:${socket.handshake.auth.user}`));
  const redis = new Redis(redisUrl);
  redis.on('pmessage', (_pattern, channel: string, message: string) => {
    io.to(`user:${channel.slice('notification:'.length)}`).emit('notification', JSON.parse(message));
  });
  await redis.psubscribe('notification:*');
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

answerQuestions({ listen });
