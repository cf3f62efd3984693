import { notificationResponse } from '@allim/contracts';
import { z } from 'zod';
import { type Inbox } from './inbox.js';
import { defaultSize, type ListQuery } from './inbox-query.js';

const items = z.array(notificationResponse);

export const numberedPage = z.object({
  items,
  page: z.int(),
  size: z.int(),
  totalElements: z.int(),
  totalPages: z.int(),
});

/** Stable while new rows arrive. The cursor of an empty page is the one that was asked with. */
export const pageBefore = z.object({ items, nextBefore: z.int(), hasMore: z.boolean() });
export const pageAfter = z.object({ items, nextAfter: z.int(), hasMore: z.boolean() });

export const anyPage = z.union([numberedPage, pageBefore, pageAfter]);
export type AnyPage = z.infer<typeof anyPage>;

export async function readPage(
  inbox: Inbox,
  userId: string,
  { page = 1, size = defaultSize, before, after }: ListQuery,
  unreadOnly: boolean,
): Promise<AnyPage> {
  // One more than asked for, to know whether there are more.
  const ahead = { size: size + 1, unreadOnly };
  if (before !== undefined) {
    const { items, hasMore } = cut(await inbox.before(userId, { before, ...ahead }), size);
    return { items, nextBefore: items.at(-1)?.id ?? before, hasMore };
  }
  if (after !== undefined) {
    const { items, hasMore } = cut(await inbox.after(userId, { after, ...ahead }), size);
    return { items, nextAfter: items.at(-1)?.id ?? after, hasMore };
  }
  const { items, totalElements } = await inbox.page(userId, { page, size, unreadOnly });
  return { items, page, size, totalElements, totalPages: Math.ceil(totalElements / size) };
}

function cut<T>(items: T[], size: number): { items: T[]; hasMore: boolean } {
  return { items: items.slice(0, size), hasMore: items.length > size };
}
