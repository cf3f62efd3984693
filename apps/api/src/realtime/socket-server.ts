import { type ClientToServerEvents, type ServerToClientEvents, socketPath } from '@allim/contracts';
import { type Caller } from '@allim/http';
import { Server, type Socket } from 'socket.io';
import { type Follower } from './follower.js';
import { nodeToNode } from './node-to-node.js';
import { type RedisLink } from './redis-link.js';

/** What we keep of a socket; nothing else of its handshake stays in memory. */
export interface SocketData {
  caller: Caller;
  follower: Follower;
}

type NoEvents = Record<string, never>;
export type SocketServer = Server<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>;
export type ClientSocket = Socket<ClientToServerEvents, ServerToClientEvents, NoEvents, SocketData>;

/**
 * Socket.IO without Nest's gateway around it: Nest's guards do not run on connecting, and its pipeline is made anew for
 * each message of each socket, which is memory we want for sockets. Not attached to a server yet.
 */
export function socketServer(link: RedisLink, prefix: string): SocketServer {
  return new Server({
    path: socketPath,
    transports: ['websocket'],
    serveClient: false,
    // Seconds to say who one is. Also bounds fetching the issuer's keys.
    connectTimeout: 5_000,
    maxHttpBufferSize: 64 * 1024,
    perMessageDeflate: false,
    httpCompression: false,
    adapter: nodeToNode(link, prefix),
  });
}
