import { type IncomingHttpHeaders } from 'node:http';

/**
 * Whether a page of this origin may connect. No Origin: not a browser, so there is no foreign page to guard against.
 * Our own page: its Origin is the host it talks to.
 */
export function originAllowed(headers: IncomingHttpHeaders, allowed: readonly string[]): boolean {
  const { origin, host } = headers;
  if (origin === undefined) return true;
  if (allowed.includes('*') || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}
