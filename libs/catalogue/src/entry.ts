import { limits } from '@allim/contracts';
import { core, type z } from 'zod';
import { DataError } from './data-error.js';
import { isLongerThan } from './length.js';
import { type Category, type Notice, type Planned, type Reference } from './notice.js';

/** Who the sample event is for, and a number that makes its references unique. */
export interface SampleSeed {
  user: string;
  number: number;
}

/** What we know of one topic. */
export interface Entry {
  topic: string;
  category: Category;
  /** Whether it passes preferences and quiet hours. */
  critical: boolean;
  /** What a publisher may send. */
  schema: z.ZodObject;
  /** Keys of its texts in the message files. */
  texts: readonly string[];
  /** Null: nobody is told. Throws a DataError. */
  plan(fields: unknown): Planned | null;
  /** A realistic event, as a publisher would send it. */
  sample(seed: SampleSeed): Record<string, unknown>;
}

interface EventDefinition<S extends z.ZodObject> {
  topic: string;
  category: Category;
  /** Passes preferences and quiet hours. Default: false. */
  critical?: boolean;
  schema: S;
  /** Null: nobody is told, because it is the recipient's own doing. */
  notify: (event: z.output<S>) => Notice | null;
  sample: (seed: SampleSeed) => Record<string, unknown>;
  /** Default: the topic. */
  texts?: readonly string[];
}

/** An entry of the catalogue. One event, one file. */
export function defineEvent<S extends z.ZodObject>(definition: EventDefinition<S>): Entry {
  const { topic, category, critical = false, schema, notify, sample, texts = [topic] } = definition;
  return {
    topic,
    category,
    critical,
    schema,
    texts,
    sample,
    plan(fields) {
      const notice = notify(check(topic, schema, fields));
      return notice === null ? null : planned({ topic, category, critical }, notice);
    },
  };
}

/** What a check found. zod's own error would write all of it into a message of its own, which costs more than the check. */
class Issues {
  constructor(readonly issues: core.$ZodIssue[]) {}
}
const safeParse = core._safeParse(Issues as unknown as core.$ZodErrorClass);

/** The fields as the schema reads them. Throws a DataError that names up to three fields and what was expected. */
export function check<S extends z.ZodType>(what: string, schema: S, fields: unknown): z.output<S> {
  const result = safeParse(schema, fields);
  if (result.success) return result.data;
  const { issues } = result.error;
  const tooLong = issues.every(
    (issue) => issue.code === 'too_big' || (issue.code === 'custom' && issue.params?.tooLong),
  );
  const named = issues.slice(0, 3).map((issue) => [...issue.path.map(String), issue.message].join(': '));
  throw new DataError(tooLong ? 'too-long' : 'bad-schema', `${what}: ${named.join('; ')}`);
}

/** Everything that is wrong with the fields by the schema: the way to each, and what was expected there. */
export function faultsOf(schema: z.ZodType, fields: unknown): Pick<core.$ZodIssue, 'path' | 'message'>[] {
  const result = safeParse(schema, fields);
  return result.success ? [] : result.error.issues;
}

function planned(entry: Pick<Entry, 'topic' | 'category' | 'critical'>, notice: Notice): Planned {
  const { topic } = entry;
  const { to, type, reference = null, link = null, params } = notice;
  const paramsJson = JSON.stringify(params);
  if (reference !== null) checkReference(topic, reference);
  if (link !== null && isLongerThan(link, limits.link)) tooLong(topic, 'link', limits.link);
  if (3 * paramsJson.length > limits.paramsBytes && Buffer.byteLength(paramsJson) > limits.paramsBytes) {
    throw new DataError('too-long', `${topic}: texts: expected at most ${limits.paramsBytes} bytes together`);
  }
  const identity = notice.identity ?? reference;
  if (identity === null) throw new Error(`${topic} has neither a reference nor an identity`);
  return {
    to: typeof to === 'string' ? { userId: to } : to,
    type,
    reference,
    identity,
    link,
    params,
    paramsJson,
    channels: notice.channels ?? [],
    category: notice.category ?? entry.category,
    priority: notice.priority ?? 'normal',
    critical: notice.critical ?? entry.critical,
    text: notice.text ?? topic,
    sendAt: notice.sendAt ?? null,
    contact: notice.contact ?? null,
  };
}

function checkReference(topic: string, reference: Reference): void {
  if (isLongerThan(reference.type, limits.referenceType)) tooLong(topic, 'reference type', limits.referenceType);
  if (isLongerThan(reference.id, limits.referenceId)) tooLong(topic, 'reference id', limits.referenceId);
}

function tooLong(topic: string, field: string, most: number): never {
  throw new DataError('too-long', `${topic}: ${field}: expected at most ${most} characters`);
}
