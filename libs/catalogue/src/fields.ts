import { limits } from '@allim/contracts';
import { z } from 'zod';
import { canonicalDecimal, mostDigits } from './decimal.js';
import { isLongerThan } from './length.js';
import { readTime } from './time.js';
import { ExactNumber } from './value.js';

/** Why a value is refused; `tooLong` makes the data error's class `too-long`. */
interface Refusal {
  expected: string;
  tooLong?: boolean;
}

/** A field read by a function of ours. `schema` is JSON Schema: it tells publishers what they may send. */
function field<T extends string>(read: (value: unknown) => T | Refusal, schema: Record<string, unknown>) {
  return z
    .unknown()
    .transform((value, context): T => {
      const got = read(value);
      if (typeof got === 'string') return got;
      context.addIssue({ code: 'custom', message: `expected ${got.expected}`, params: { tooLong: got.tooLong } });
      return z.NEVER;
    })
    .meta(schema);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: ids must not hold any
const control = /[\u0000-\u001f\u007f-\u009f]/;

function readId(value: unknown, most: number): string | Refusal {
  const text = idText(value);
  if (text === undefined) return { expected: 'an id: a string or an integer' };
  if (text === '') return { expected: 'an id that is not empty' };
  if (isLongerThan(text, most)) return { expected: `an id of at most ${most} characters`, tooLong: true };
  // Half a surrogate pair has no UTF-8 form: two such ids would become the same one.
  if (control.test(text) || !text.isWellFormed()) return { expected: 'an id without control characters' };
  return text;
}

function idText(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Number.isSafeInteger(value)) return String(value);
  if (value instanceof ExactNumber && /^-?\d+$/.test(value.digits)) return value.digits;
  return undefined;
}

const idSchema = (title: string, most: number) => ({
  title,
  type: ['string', 'integer'],
  minLength: 1,
  maxLength: most,
  pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]*$',
  description: 'Kept as a string; no control characters',
});

/** What an event is about: a string or an integer (a Java Long keeps every digit), kept as a string. */
export const id = field((value) => readId(value, limits.referenceId), idSchema('id', limits.referenceId));

/** A person's user id. */
export const person = field((value) => readId(value, limits.userId), idSchema('user id', limits.userId));

/** An amount, kept exact as a canonical decimal string: `45000`, `45000.5`. */
export const amount = field(
  (value) => {
    const got = canonicalDecimal(value instanceof ExactNumber ? value.digits : amountText(value));
    if (got === null) return { expected: `an amount of at most ${mostDigits} digits`, tooLong: true };
    return got ?? { expected: 'an amount: a number or a decimal string' };
  },
  {
    title: 'amount',
    type: ['number', 'string'],
    pattern: '^[+-]?\\d+(\\.\\d*)?([eE][+-]?\\d+)?$',
    description: 'Number or decimal string, kept exact',
  },
);

function amountText(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

/** A moment, as ISO-8601 in UTC. */
export const time = field(
  (value) =>
    readTime(value) ?? { expected: 'a time: ISO-8601, or [year, month, day, hour, minute, second, nanosecond]' },
  {
    title: 'time',
    anyOf: [
      {
        type: 'string',
        pattern: '^\\d{4}-\\d{2}-\\d{2}([Tt ]\\d{2}:\\d{2}(:\\d{2}(\\.\\d{1,9})?)?([Zz]|[+-]\\d{2}(:?\\d{2})?)?)?$',
        description: 'ISO-8601; without a zone it is UTC',
      },
      { type: 'array', items: { type: 'integer', minimum: 0 }, minItems: 3, maxItems: 7 },
    ],
    description: "ISO-8601 (without a zone it is UTC) or Jackson's array form",
  },
);

/** A name, title or reason that is only shown: a string, or null or absent, which shows as nothing. */
export const shown = z
  .string()
  .nullish()
  // Half a surrogate pair cannot be stored as UTF-8.
  .transform((text) => text?.toWellFormed() ?? '')
  .meta({ title: 'shown text', description: 'Empty when null or absent' });

/** A text that has to be there and to say something. */
export const required = z
  .string()
  .min(1)
  .overwrite((text) => text.toWellFormed());

/** Where a notification leads: a path within the publisher's site, or an http(s) address. */
export const link = z
  .string()
  // A scheme of a script's, or a second slash that leads to a foreign host, would be one click away.
  .regex(/^(https?:\/\/|\/(?![/\\]))[!-~\u00a1-\uffff]*$/, 'expected a path like "/orders/1", or an http(s) address');

/** A string that is neither shown nor kept. */
export const note = z.string().nullish();

/** A field that may be null or absent, but is of its type when present. */
export function optional<S extends z.ZodType>(schema: S) {
  return schema.nullish();
}
