import { type DeadLetterState, deadLetterStates } from '@allim/contracts';
import { type Session, type Value } from './database.js';
import { type CaseFacts, keyHash, type Payload, type Place } from './dead-letter-case.js';
import { countColumns } from './dead-letter-summary.js';
import { datetime, keyParts } from './statement.js';

/** Which cases; what is not given does not matter. */
export interface DeadLetterFilter {
  topic?: string;
  errorClass?: string;
  /** Id of a group. */
  group?: string;
  /** The whole of it. */
  key?: Buffer | string;
  state?: DeadLetterState;
  /** Failed last at this moment or later. */
  since?: Date;
  /** Failed last before this moment. */
  until?: Date;
  /** Stands like this in the error's message, or in the first 500 characters of the value. */
  text?: string;
}

/** A case as lists have it. */
export interface DeadLetterCase extends CaseFacts {
  /** What people call it by; later cases have higher ones. */
  number: number;
  /** Its first 1,024 bytes. */
  key: Buffer | null;
  updatedAt: Date;
}

/** A case with everything, the whole key included; `value` may be cut: see `valueBytes`. */
export type DeadLetter = DeadLetterCase & Payload;

export interface DeadLetterPage {
  cases: DeadLetterCase[];
  /** Where to go on from, there may be more even if this page is not full; null: there are no more. */
  next: number | null;
}

/** Cases of one topic, error class and pattern. */
export interface DeadLetterGroup extends Summary {
  id: string;
  topic: string;
  errorClass: string;
  pattern: string;
}

export interface DeadLetterTopic extends Summary {
  topic: string;
}

interface Summary {
  counts: Record<DeadLetterState, number>;
  /** Of all cases that were ever in it, as is `failedAt`. */
  firstFailedAt: Date;
  failedAt: Date;
}

export interface CaseRow {
  id: string;
  consumer_group: Buffer | null;
  topic: Buffer;
  topic_partition: number | null;
  record_offset: string | null;
  record_timestamp: Date | null;
  letter_topic: Buffer;
  letter_partition: number;
  letter_offset: string;
  error_class: Buffer;
  error_type: string | null;
  message: string;
  pattern: string;
  pattern_key: Buffer;
  attempts: number | null;
  failures: number;
  replays: number;
  state: DeadLetterState;
  first_failed_at: Date;
  failed_at: Date;
  updated_at: Date;
  value_bytes: number | null;
  preview: string | null;
}

interface ListRow extends CaseRow {
  record_key: Buffer | null;
}

interface WholeRow extends ListRow {
  value: Buffer | null;
  headers: string;
  stack: string;
}

type SummaryRow = Record<`${DeadLetterState}_count`, string> & {
  topic: Buffer;
  first_failed_at: Date;
  failed_at: Date;
};

/** So long a page looks for what is rare; of a million it would take seconds, and a page is to come at once. */
const lookMs = 40;

/** What one page asks for. */
export interface PageQuery {
  /** Numbers below; default: all. */
  before?: number;
  /** From 1. */
  limit: number;
  /** Milliseconds after which it looks no further; default: 40. */
  lookMs?: number;
}

/** Numbers that are asked for at once, where most of them may not fit. */
const numbersAtOnce = 5_000;

/** A time that has no more cases is a short one: they are all looked at. */
export const shortTime = 10_000;

const keyBytesShown = 1_024;

const facts = `d.id, d.consumer_group, d.topic, d.topic_partition, d.record_offset, d.record_timestamp, d.letter_topic,
  d.letter_partition, d.letter_offset, d.error_class, d.error_type, d.message, d.pattern, d.pattern_key, d.attempts, d.failures,
  d.replays, d.state, d.first_failed_at, d.failed_at, d.updated_at, d.value_bytes, d.preview`;

/**
 * At most `limit` cases, the newest first. Goes through the numbers that the best index has for the filter, and keeps what
 * the whole filter fits.
 */
export async function readPage(session: Session, filter: DeadLetterFilter, query: PageQuery): Promise<DeadLetterPage> {
  const { before = Number.MAX_SAFE_INTEGER, limit } = query;
  const until = performance.now() + (query.lookMs ?? lookMs);
  const cases: DeadLetterCase[] = [];
  const timely = await ofShortTime(session, filter, before);
  let most = limit + 1;
  for (let from = before; ; most = numbersAtOnce) {
    const some = timely ?? (await walk(session, filter, from, most));
    const isEnd = timely !== undefined || some.length < most;
    for (const part of keyParts(some)) {
      cases.push(...(await matching(session, filter, part, limit + 1 - cases.length)));
      if (cases.length > limit) return { cases: cases.slice(0, limit), next: cases[limit - 1]!.number };
      from = part.at(-1)!.id;
      const isLast = isEnd && from === some.at(-1)!.id;
      if (!isLast && performance.now() > until) return { cases, next: from };
    }
    if (isEnd) return { cases, next: null };
  }
}

/** Those of these cases that there are, in no order. */
export async function readNumbers(session: Session, numbers: readonly number[]): Promise<DeadLetterCase[]> {
  const cases: DeadLetterCase[] = [];
  for (const part of keyParts([...new Set(numbers)])) {
    const rows = await session.query<ListRow[]>(
      `SELECT ${facts}, LEFT(p.record_key, ?) AS record_key FROM dead_letter AS d FORCE INDEX (PRIMARY)
       LEFT JOIN dead_letter_payload AS p ON p.id = d.id WHERE d.id IN (?)`,
      [keyBytesShown, part],
    );
    cases.push(...rows.map(listed));
  }
  return cases;
}

/** A case by its number, and whether it is of the time asked for. */
interface Candidate {
  id: number;
  fits: boolean;
}

/** All of the time asked for, if it is a short one. */
async function ofShortTime(
  session: Session,
  filter: DeadLetterFilter,
  before: number,
): Promise<Candidate[] | undefined> {
  if (!filter.since && !filter.until) return undefined;
  const { where, values } = conditions(timeOf(filter));
  const rows = await session.query<{ id: string }[]>(
    `SELECT id FROM dead_letter FORCE INDEX (failed_at) WHERE ${where} LIMIT ?`,
    [...values, shortTime + 1],
  );
  if (rows.length > shortTime) return undefined;
  const ids = rows.map(({ id }) => Number(id)).filter((id) => id < before);
  return ids.sort((a, b) => b - a).map((id) => ({ id, fits: true }));
}

/** The next `limit` below `before`, by the index that leaves least to be looked at, and from that alone. */
async function walk(session: Session, filter: DeadLetterFilter, before: number, limit: number): Promise<Candidate[]> {
  const { index, where, values } = wayOf(filter);
  const time = conditions(timeOf(filter));
  const branch = (more: string) =>
    `(SELECT id, ${time.where} AS fits FROM dead_letter FORCE INDEX (${index}) WHERE ${where}${more} AND id < ?
      ORDER BY id DESC LIMIT ?)`;
  const states = filter.state ? [listState(filter.state)] : [...new Set(deadLetterStates.map(listState))];
  // An index that ends in the state has its numbers in order for each state.
  const [text, all] = endsInState.has(index)
    ? [
        states.map(() => branch(' AND list_state = ?')).join(' UNION ALL '),
        states.flatMap((state) => [...time.values, ...values, state, before, limit]),
      ]
    : [branch(''), [...time.values, ...values, before, limit]];
  const rows = await session.query<{ id: string; fits: number }[]>(`${text} ORDER BY id DESC LIMIT ?`, [...all, limit]);
  return rows.map(({ id, fits }) => ({ id: Number(id), fits: Number(fits) === 1 }));
}

/** As the indexes have it: what is being replayed lies among what is open (decision 0028). */
const listState = (state: DeadLetterState) => (state === 'replaying' ? 'open' : state);

const endsInState = new Set(['state', 'topic', 'error_class', 'topic_class', 'pattern']);

function wayOf({ topic, errorClass, group, key, state }: DeadLetterFilter) {
  if (key !== undefined) return { index: 'record_key', ...conditions([['key_hash = ?', keyHash(key)]]) };
  if (group !== undefined) return { index: 'pattern', ...conditions([['pattern_key = ?', Buffer.from(group, 'hex')]]) };
  const where = conditions([
    ['topic = ?', topic],
    ['error_class = ?', errorClass],
  ]);
  if (topic !== undefined && errorClass !== undefined) return { index: 'topic_class', ...where };
  if (topic !== undefined) return { index: 'topic', ...where };
  if (errorClass !== undefined) return { index: 'error_class', ...where };
  return { index: state ? 'state' : 'every', ...where };
}

/** At most `limit` of some that follow each other in a list. */
async function matching(
  session: Session,
  filter: DeadLetterFilter,
  some: readonly Candidate[],
  limit: number,
): Promise<DeadLetterCase[]> {
  const ids = some.filter(({ fits }) => fits).map(({ id }) => id);
  if (ids.length === 0) return [];
  // Where nothing lies between them that is not to be looked at, a range is found in a third of the time.
  const [among, bounds] =
    wayOf(filter).index === 'every' ? ['d.id BETWEEN ? AND ?', [ids.at(-1)!, ids[0]!]] : ['d.id IN (?)', [ids]];
  const { topic, errorClass, group, key, state, text } = filter;
  const { where, values } = conditions([
    ['d.topic = ?', topic],
    ['d.error_class = ?', errorClass],
    ['d.pattern_key = ?', group && Buffer.from(group, 'hex')],
    ['d.key_hash = ?', key === undefined ? key : keyHash(key)],
    ['d.state = ?', state],
    ...timeOf(filter),
    // By bytes: three times as fast as by characters, and no less exact in UTF-8.
    ['(LOCATE(?, d.message) > 0 OR LOCATE(?, d.preview) > 0)', text && Buffer.from(text)],
  ]);
  const rows = await session.query<ListRow[]>(
    `SELECT ${facts}, LEFT(p.record_key, ?) AS record_key
     FROM dead_letter AS d FORCE INDEX (PRIMARY) LEFT JOIN dead_letter_payload AS p ON p.id = d.id
     WHERE ${among} AND ${where} ORDER BY d.id DESC LIMIT ?`,
    [keyBytesShown, ...bounds, ...values, limit],
  );
  return rows.map(listed);
}

type Condition = [condition: string, value: Value | undefined];

const timeOf = ({ since, until }: DeadLetterFilter): Condition[] => [
  ['failed_at >= ?', since && datetime(since)],
  ['failed_at < ?', until && datetime(until)],
];

/** Those whose value is given, of all that may be asked for; each `?` of one stands for it. */
function conditions(all: readonly Condition[]) {
  const given = all.filter((one): one is [string, Value] => one[1] !== undefined);
  return {
    where: given.map(([condition]) => condition).join(' AND ') || 'TRUE',
    values: given.flatMap(([condition, value]) => Array<Value>(condition.split('?').length - 1).fill(value)),
  };
}

/** The largest first. */
export async function readGroups(
  session: Session,
  { state = 'open', topic, limit }: { state?: DeadLetterState; topic?: string; limit: number },
): Promise<DeadLetterGroup[]> {
  const { where, values } = conditions([['topic = ?', topic]]);
  const rows = await session.query<(SummaryRow & { pattern_key: Buffer; error_class: Buffer; pattern: string })[]>(
    `SELECT pattern_key, error_class, pattern, ${summary} FROM dead_letter_group
     WHERE ${where} AND ${countColumns[state]} > 0 ORDER BY ${countColumns[state]} DESC, pattern_key DESC LIMIT ?`,
    [...values, limit],
  );
  return rows.map((row) => ({
    id: row.pattern_key.toString('hex'),
    topic: row.topic.toString(),
    errorClass: row.error_class.toString(),
    pattern: row.pattern,
    ...summaryOf(row),
  }));
}

/** By name. */
export async function readTopics(session: Session): Promise<DeadLetterTopic[]> {
  const rows = await session.query<SummaryRow[]>(`SELECT ${summary} FROM dead_letter_topic ORDER BY topic`);
  return rows.map((row) => ({ topic: row.topic.toString(), ...summaryOf(row) }));
}

const summary = ['topic', ...Object.values(countColumns), 'first_failed_at', 'failed_at'].join(', ');

function summaryOf(row: SummaryRow): Summary {
  const counts = Object.fromEntries(deadLetterStates.map((state) => [state, Number(row[countColumns[state]])]));
  return {
    counts: counts as Summary['counts'],
    firstFailedAt: row.first_failed_at,
    failedAt: row.failed_at,
  };
}

/** @param valueLimit bytes of the value that are read */
export async function readOne(session: Session, number: number, valueLimit: number): Promise<DeadLetter | null> {
  const [row] = await session.query<WholeRow[]>(
    `SELECT ${facts}, p.record_key, LEFT(p.value, ?) AS value, p.headers, p.stack
     FROM dead_letter AS d JOIN dead_letter_payload AS p ON p.id = d.id WHERE d.id = ?`,
    [valueLimit, number],
  );
  if (!row) return null;
  return { ...listed(row), value: row.value, headers: readHeaders(row.headers), stack: row.stack };
}

function listed(row: ListRow): DeadLetterCase {
  return { number: Number(row.id), ...factsOf(row), key: row.record_key, updatedAt: row.updated_at };
}

export function factsOf(row: CaseRow): CaseFacts {
  return {
    consumerGroup: row.consumer_group?.toString() ?? null,
    topic: row.topic.toString(),
    partition: row.topic_partition,
    offset: row.record_offset,
    recordTimestamp: row.record_timestamp,
    letter: placeOf(row),
    errorClass: row.error_class.toString(),
    errorType: row.error_type,
    message: row.message,
    pattern: row.pattern,
    group: row.pattern_key.toString('hex'),
    attempts: row.attempts,
    failures: row.failures,
    replays: row.replays,
    state: row.state,
    firstFailedAt: row.first_failed_at,
    failedAt: row.failed_at,
    valueBytes: row.value_bytes,
    preview: row.preview,
  };
}

export type PlaceRow = Pick<CaseRow, 'letter_topic' | 'letter_partition' | 'letter_offset'>;

export function placeOf(row: PlaceRow): Place {
  return { topic: row.letter_topic.toString(), partition: row.letter_partition, offset: row.letter_offset };
}

/** Headers as their column has them: base64, for a value may be any bytes, and names may repeat. */
export function writtenHeaders(headers: Record<string, Buffer[]>): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(headers).map(([name, values]) => [name, values.map((value) => value.toString('base64'))]),
    ),
  );
}

export function readHeaders(text: string): Record<string, Buffer[]> {
  return Object.fromEntries(
    Object.entries(JSON.parse(text) as Record<string, string[]>).map(([name, values]) => [
      name,
      values.map((value) => Buffer.from(value, 'base64')),
    ]),
  );
}
