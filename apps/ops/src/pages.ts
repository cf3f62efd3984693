import { digits } from '@allim/http';

export const defaultSize = 50;
export const size = digits({ min: 1, max: 200 })
  .optional()
  .describe(`Items at most, 1 to 200; default ${defaultSize}.`);

/** A page of what was found, where one more than its size was asked for; `next`: where to go on from, null: there are no more. */
export function pageOf<Item extends { number: number }>(found: readonly Item[], size: number) {
  const items = found.slice(0, size);
  return { items, next: found.length > size ? items.at(-1)!.number : null };
}
