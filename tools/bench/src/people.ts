import { tokenHash } from '@allim/store';
import { userCount, userOf } from './load.js';
import { type Site } from './site.js';

/** Gives every user of a load an address and a device. */
export async function introduceEverybody({ database }: Site): Promise<void> {
  const users = Array.from({ length: userCount }, (_, number) => userOf(number));
  const now = new Date();
  await database.query('INSERT INTO contact (user_id, email, updated_at) VALUES ?', [
    users.map((user) => [user, `${user}@example.com`, now]),
  ]);
  await database.query('INSERT INTO device (token_hash, token, user_id, platform, last_seen_at, created_at) VALUES ?', [
    users.map((user) => [tokenHash(user), user, user, 'web', now, now]),
  ]);
}
