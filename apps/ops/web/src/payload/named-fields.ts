import { type JsonLine } from './json-lines.js';

/** A line of the payload that an error's message speaks of. */
export interface NamedField {
  /** Index of the line. */
  line: number;
  /** What the message says of it. */
  what: string;
  /** It is not there: the line is the one it should stand in. */
  isMissing: boolean;
}

/**
 * Finds in a payload what a message names. Ours are `shopping.order.created: items: 0: price: expected …; userId: …`, the
 * API's `items.0.price: expected …`, Jackson's end in `…Order["items"]->…ArrayList[0]->…Item["price"])`.
 */
export function namedFields(message: string, lines: readonly JsonLine[]): NamedField[] {
  const byPath = new Map(lines.flatMap(({ path }, index) => (path ? [[JSON.stringify(path), index] as const] : [])));
  const found = (path: string[]) => byPath.get(JSON.stringify(path));
  return candidates(message).flatMap(({ paths, what }): NamedField[] => {
    const line = paths.map(found).find((index) => index !== undefined);
    if (line !== undefined) return [{ line, what, isMissing: false }];
    if (!isRequired(what)) return [];
    const missing = paths
      .map((path) => ({ path, holder: found(path.slice(0, -1)) }))
      .filter(({ holder }) => holder !== undefined)
      .sort((a, b) => b.path.length - a.path.length)[0];
    return missing ? [{ line: missing.holder!, what: `${missing.path.at(-1)}: ${what}`, isMissing: true }] : [];
  });
}

/** A message may name what is no field at all; that one is missing is said by what was expected of it. */
const isRequired = (what: string) => /expected|required|missing|null/i.test(what);

/** What each part of a message may be about: the paths that it may mean. */
function candidates(message: string): { paths: string[][]; what: string }[] {
  const [text = '', chain] = message.split('(through reference chain:');
  if (chain !== undefined) {
    const path = [...chain.matchAll(/\["([^"]+)"\]|\[(\d+)\]/g)].map(([, key, index]) => key ?? index!);
    return path.length > 0 ? [{ paths: [path], what: text.trim() }] : [];
  }
  return text.split('; ').map((part) => {
    const words = part.split(': ');
    const end = words.findIndex((word, index) => /\s/.test(word) || index === words.length - 1);
    const keys = words.slice(0, end);
    // The first may be the topic's name; a key may hold dots, or stand for a path.
    const paths = [keys, keys.slice(1), keys.flatMap((key) => key.split('.'))].filter((path) => path.length > 0);
    return { paths, what: words.slice(end).join(': ') };
  });
}
