/**
 * The address behind a notification's link: a path is one of the publisher's site, an http(s) address is itself. Null
 * where there is none, and for what would lead elsewhere than it looks (`//host`, `javascript:`).
 */
export function absoluteLink(link: string | null, publicUrl: string): string | null {
  if (link === null) return null;
  const isPath = link.startsWith('/');
  if (isPath ? /^\/[/\\]/.test(link) : !/^https?:\/\//i.test(link)) return null;
  // Not resolved against the site: its own path stays before the link's.
  const url = URL.parse(isPath ? publicUrl.replace(/\/+$/, '') + link : link);
  if (url === null || url.username !== '' || url.password !== '') return null;
  return url.href;
}
