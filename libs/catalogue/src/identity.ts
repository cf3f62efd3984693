import { hash } from 'node:crypto';
import { type NotificationType } from '@allim/contracts';
import { type Reference } from './notice.js';

/**
 * What makes a notification the same one: 16 bytes, the first half of a SHA-256 over user id, notification type,
 * reference type and reference id, each as UTF-8 after its length in bytes (4 bytes, big-endian). The type belongs in
 * it: an order's cancellation has the same reference as its creation.
 */
export function identityOf(userId: string, type: NotificationType, reference: Reference): Buffer {
  const fields = [userId, type, reference.type, reference.id];
  let most = 0;
  for (const field of fields) most += 4 + 3 * field.length;
  const bytes = Buffer.allocUnsafe(most);
  let end = 0;
  for (const field of fields) {
    const length = bytes.write(field, end + 4, 'utf8');
    bytes.writeUInt32BE(length, end);
    end += 4 + length;
  }
  // By way of a text: a Buffer that `hash` makes is memory of its own, which takes four times as long.
  return Buffer.from(hash('sha256', bytes.subarray(0, end), 'hex').slice(0, 32), 'hex');
}
