import { z } from 'zod';
import { badRequest } from './refusal.js';

type Issues = readonly { message: string; path?: readonly unknown[] }[];

/** Names the fields and what was expected of each; `name` is that of a value that has none by itself. */
export function shapeRefusal(issues: Issues, name = '') {
  return badRequest(
    issues
      .map(({ message, path = [] }) => {
        const field =
          path.map((key) => (typeof key === 'object' && key && 'key' in key ? key.key : key)).join('.') || name;
        return field === '' ? message : `${field}: ${message}`;
      })
      .join('; '),
  );
}

/** Reads what a client sent; throws a C003 that names the field and what was expected. */
export function readShape<T>(shape: z.ZodType<T>, given: unknown): T {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  throw shapeRefusal(read.error.issues);
}

/** A whole number in a path or query: digits only. (`z.coerce.number()` would also take "", " 5 ", "0x10" and "1e2".) */
export function digits(range: { min: number; max?: number }) {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  const upTo = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
  const expected = `expected a whole number ${upTo}`;
  return z
    .string(expected)
    .regex(/^\d{1,16}$/, expected)
    .transform(Number)
    .refine((number) => number >= min && number <= max, expected)
    .meta({ type: 'integer', minimum: min, ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }) });
}
