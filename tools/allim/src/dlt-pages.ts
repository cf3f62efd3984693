import type { Ask } from './dlt-api.js';

/** The most that ops answers at once. */
export const pageSize = 200;

export interface Page<Item> {
  items: Item[];
  /** Where there may be more; null: there are none. */
  next: number | null;
}

/**
 * So many, page by page. Ops looks so far at a time: where there are few, a page may be empty and not the last.
 *
 * @param cursor how `path` wants the next page: those `before` a number come newest first, those `after` it ascending
 */
export async function pages<Item>(
  ask: Ask,
  path: string,
  filter: Record<string, string>,
  limit: number,
  cursor: 'before' | 'after' = 'before',
): Promise<Page<Item>> {
  const items: Item[] = [];
  for (let from: number | undefined; ; ) {
    const query = { ...filter, [cursor]: from, size: Math.min(pageSize, limit - items.length) };
    const page: Page<Item> = await ask(path, { query });
    items.push(...page.items);
    if (page.next === null || items.length >= limit) return { items, next: page.next };
    const isFurther =
      cursor === 'before'
        ? page.next < (from ?? Number.POSITIVE_INFINITY)
        : page.next > (from ?? Number.NEGATIVE_INFINITY);
    if (!isFurther) throw new Error('ops goes round in circles: its pages do not end.');
    from = page.next;
  }
}
