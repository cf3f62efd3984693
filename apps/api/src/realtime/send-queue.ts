import { type Socket } from 'socket.io';

export interface SendQueueLimit {
  packets: number;
  bytes: number;
}

/** Engine.IO's side of a socket. */
type Connection = Socket['conn'];

/** Packets waiting for the transport. Private by its type only; Socket.IO's documentation points to it. */
export function sendQueue(connection: Connection): readonly { data?: string | Buffer }[] {
  return (connection as unknown as { writeBuffer: { data?: string | Buffer }[] }).writeBuffer;
}

/** Below this a queue is not weighed: so few packets of ours never reach the limit in bytes. */
const lightPackets = 32;

/**
 * Closes a socket whose client is too slow: the client comes back and catches up. Looks at Engine.IO's queue each time a
 * packet is added, whoever adds it. (`bufferedAmount` of the websocket stays small: Engine.IO hands over one flush at a time.)
 */
export function boundSendQueue(connection: Connection, limit: SendQueueLimit, onTooSlow: () => void): void {
  connection.on('packetCreate', function look(this: Connection) {
    const queue = sendQueue(this);
    if (queue.length < lightPackets) return;
    if (queue.length < limit.packets && weight(queue) < limit.bytes) return;
    this.removeListener('packetCreate', look);
    onTooSlow();
    this.close(true); // true: without waiting for the queue to empty, which it will not
  });
}

function weight(queue: ReturnType<typeof sendQueue>): number {
  let bytes = 0;
  for (const { data } of queue) bytes += data === undefined ? 0 : Buffer.byteLength(data);
  return bytes;
}
