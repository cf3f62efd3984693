import type { DeadLetterState, ReplayItemState } from '@allim/contracts';

export const filterFields = ['topic', 'class', 'group', 'key', 'since', 'until', 'text', 'state'] as const;
export type FilterField = (typeof filterFields)[number];
/** Which cases, in the names and shapes of ops' API. */
export type Filter = Partial<Record<FilterField, string>>;

// Not the list of @allim/contracts: no command shall wait for its schemas. A state too many or too few does not compile.
const states: Record<DeadLetterState, true> = {
  open: true,
  replaying: true,
  replayed: true,
  parked: true,
  discarded: true,
};
export const filterStates = Object.keys(states);

/** Cases that a replay may be asked for. */
export const replayableStates = ['open', 'parked'] as const satisfies DeadLetterState[];

const jobLetters: Record<ReplayItemState, true> = { pending: true, claimed: true, published: true, skipped: true };
export const jobLetterStates = Object.keys(jobLetters);

/**
 * @param texts each `field=value` pairs joined by `,`; `\,` in a value is a comma
 * @param fields those that make sense here
 * @param states those that make sense here
 * @throws with what was expected
 */
export function readFilter(
  texts: readonly string[],
  fields: readonly FilterField[] = filterFields,
  states: readonly string[] = filterStates,
): Filter {
  const filter: Filter = {};
  for (const pair of texts.flatMap((text) => text.split(/(?<!\\),/))) {
    const [, name, value] = /^\s*(\w*)\s*=(.*)$/s.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      throw new Error(
        `--filter: "${pair}": expected field=value, several joined by commas (\\, is a comma in a value)`,
      );
    const field = fields.find((known) => known === name);
    if (!field) throw new Error(`--filter: there is no field "${name}" here; expected some of ${fields.join(', ')}`);
    // The last one would win silently, and hit other cases than were meant.
    if (field in filter) throw new Error(`--filter: ${field} stands there twice; expected it once`);
    filter[field] = checked(field, value.replaceAll('\\,', ','), states);
  }
  return filter;
}

function checked(field: FilterField, value: string, known: readonly string[]): string {
  const fail = (expected: string) => new Error(`--filter: ${field}: expected ${expected}`);
  if (value === '') throw fail('a value after the =');
  switch (field) {
    case 'since':
    case 'until': {
      const moment = readMoment(value);
      if (moment === undefined)
        throw fail('a moment in UTC, like 2026-02-06, 2026-02-06 10:00 or 2026-02-06T10:00:00Z');
      return moment;
    }
    case 'state':
      if (!known.includes(value)) throw fail(`one of ${known.join(', ')}`);
      return value;
    case 'group':
      if (!/^[\da-f]{32}$/.test(value)) throw fail('the id of a group, 32 hexadecimal digits: see dlt groups');
      return value;
    default:
      return value;
  }
}

/** As tables show it, or ISO 8601 in UTC; a day alone is its beginning. */
function readMoment(text: string): string | undefined {
  const [, day, time = '00:00'] = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)Z?)?$/.exec(text) ?? [];
  const moment = new Date(`${day}T${time}Z`);
  // Date makes 2 March of 30 February.
  return day && !Number.isNaN(moment.getTime()) && moment.toISOString().startsWith(day)
    ? moment.toISOString()
    : undefined;
}
