/** What the list can be asked for: the same names as in the API, on the command line and in the address. */
export const filterFields = ['topic', 'class', 'group', 'key', 'since', 'until', 'text', 'state'] as const;
export type FilterField = (typeof filterFields)[number];
export type Filter = Partial<Record<FilterField, string>>;

export function filterOf(query: URLSearchParams): Filter {
  return Object.fromEntries(filterFields.flatMap((field) => (query.get(field) ? [[field, query.get(field)]] : [])));
}

/** A moment as a date-and-time field has it, in the operator's own time; '' for what is none. */
export function localMoment(iso: string | undefined): string {
  const at = new Date(iso ?? '');
  if (Number.isNaN(at.getTime())) return '';
  const two = (number: number) => String(number).padStart(2, '0');
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day}T${two(at.getHours())}:${two(at.getMinutes())}`;
}

/** The reverse: in UTC, as the API wants it. */
export function utcMoment(local: string): string {
  const at = new Date(local);
  return Number.isNaN(at.getTime()) ? '' : at.toISOString().replace('.000Z', 'Z');
}
