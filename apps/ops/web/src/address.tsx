import { type AnchorHTMLAttributes, type MouseEvent, useSyncExternalStore } from 'react';

/** Where the console is: its address says everything that is shown, so that it can be sent to a colleague. */
export interface Address {
  path: string;
  query: URLSearchParams;
}

let current = read();
const listeners = new Set<() => void>();

function read(): Address & { href: string } {
  const { pathname, search } = location;
  return { path: pathname, query: new URLSearchParams(search), href: pathname + search };
}

function changed(): void {
  if (current.href === location.pathname + location.search) return;
  current = read();
  for (const listener of listeners) listener();
}

addEventListener('popstate', changed);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useAddress = (): Address & { href: string } => useSyncExternalStore(subscribe, () => current);

/** Shows another page. `replace`: "back" does not lead to the present one. */
export function goTo(href: string, { replace = false } = {}): void {
  const isOtherPage = new URL(href, location.origin).pathname !== location.pathname;
  history[replace ? 'replaceState' : 'pushState'](null, '', href);
  changed();
  if (isOtherPage) scrollTo(0, 0);
}

/** A path with a query of what is given; what is empty is left out. */
export function hrefOf(path: string, fields: Record<string, string | number | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== '') query.set(name, String(value));
  return query.size > 0 ? `${path}?${query}` : path;
}

/** A link within the console. A click with a modifier key opens a tab, as everywhere. */
export function Link({ href, ...more }: { href: string } & AnchorHTMLAttributes<HTMLAnchorElement>) {
  const follow = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    goTo(href);
  };
  return <a href={href} onClick={follow} {...more} />;
}
