import { type DeadLetterState, deadLetterStates } from '@allim/contracts';
import { type Transaction, type Value } from './database.js';
import { type CaseFacts } from './dead-letter-case.js';
import { datetime, deferRows } from './statement.js';

/** What is counted of a case, and where. */
export type Counted = Pick<
  CaseFacts,
  'topic' | 'errorClass' | 'pattern' | 'group' | 'state' | 'firstFailedAt' | 'failedAt'
>;

/** By state, the column that counts it. */
export const countColumns = Object.fromEntries(deadLetterStates.map((state) => [state, `${state}_count`])) as {
  [State in DeadLetterState]: `${State}_count`;
};

const shared = [...Object.values(countColumns), 'first_failed_at', 'failed_at'];

// A row that is there is added to. VALUES(): see the intake.
const onDuplicate = [
  ...Object.values(countColumns).map((column) => `${column} = ${column} + VALUES(${column})`),
  'first_failed_at = LEAST(first_failed_at, VALUES(first_failed_at))',
  'failed_at = GREATEST(failed_at, VALUES(failed_at))',
].join(', ');

/**
 * Counts what cases were (`from`; nothing: they are new) and what they have become, by group and by topic, in the order of
 * the keys. To be called in the transaction that moves them, last: the rows of what fails most are everybody's.
 */
export async function countMoves(
  transaction: Transaction,
  moves: readonly { from?: Counted; to: Counted }[],
): Promise<void> {
  const changes = moves.flatMap(({ from, to }) => [...(from ? [{ one: from, by: -1 }] : []), { one: to, by: 1 }]);
  const groups = Map.groupBy(changes, ({ one }) => one.group);
  await deferRows(
    transaction,
    { into: `dead_letter_group (pattern_key, topic, error_class, pattern, ${shared.join(', ')})`, onDuplicate },
    [...groups.keys()].sort().map((group) => {
      const some = groups.get(group)!;
      const { topic, errorClass, pattern } = some[0]!.one;
      return [Buffer.from(group, 'hex'), topic, errorClass, pattern, ...sharedValues(some)];
    }),
  );
  const topics = Map.groupBy(changes, ({ one }) => one.topic);
  await deferRows(
    transaction,
    { into: `dead_letter_topic (topic, ${shared.join(', ')})`, onDuplicate },
    [...topics.keys()].sort().map((topic) => [topic, ...sharedValues(topics.get(topic)!)]),
  );
}

/** A case that is moved from one state to another, and where it is counted. */
export interface Shift {
  topic: Buffer;
  group: Buffer;
  from: DeadLetterState;
}

/** Counts what known cases have become, all the same, in the order of the keys. See `countMoves`. */
export async function countShifts(
  transaction: Transaction,
  shifts: readonly Shift[],
  to: DeadLetterState,
): Promise<void> {
  for (const [table, key, of] of [
    ['dead_letter_group', 'pattern_key', ({ group }: Shift) => group.toString('latin1')],
    ['dead_letter_topic', 'topic', ({ topic }: Shift) => topic.toString('latin1')],
  ] as const) {
    const alike = Map.groupBy(shifts, of);
    for (const one of [...alike.keys()].sort()) {
      const some = alike.get(one)!;
      const by = Map.groupBy(some, ({ from }) => from);
      const columns = [...by].map(([from, left]) => `${countColumns[from]} = ${countColumns[from]} - ${left.length}`);
      await transaction.defer(
        `UPDATE ${table} SET ${columns.join(', ')}, ${countColumns[to]} = ${countColumns[to]} + ? WHERE ${key} = ?`,
        [some.length, Buffer.from(one, 'latin1')],
      );
    }
  }
}

function sharedValues(changes: readonly { one: Counted; by: number }[]): Value[] {
  const counts = deadLetterStates.map((state) =>
    changes.reduce((sum, { one, by }) => (one.state === state ? sum + by : sum), 0),
  );
  const first = changes.reduce((least, { one }) => Math.min(least, one.firstFailedAt.getTime()), Infinity);
  const last = changes.reduce((most, { one }) => Math.max(most, one.failedAt.getTime()), -Infinity);
  return [...counts, datetime(first), datetime(last)];
}
