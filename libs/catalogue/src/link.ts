/** An id as one path segment of a link: a "/", "?" or "#" in it must not lead elsewhere. */
export function segment(id: string): string {
  return encodeURIComponent(id);
}
