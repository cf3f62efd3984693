import { z } from 'zod';
import { badRequest } from './refusal.js';

/** `keys`: the fields that zod does not know. */
type Issues = readonly { message: string; path?: readonly unknown[]; keys?: readonly string[] }[];

/** Names the fields and what was expected of each; `name` is that of the value as a whole. */
export function shapeRefusal(issues: Issues, name: string) {
  return badRequest(
    issues
      .flatMap(({ message, path = [], keys }) => {
        const field = path.map((key) => (typeof key === 'object' && key && 'key' in key ? key.key : key));
        if (keys) return keys.map((key) => `${[...field, key].join('.')}: expected no such field`);
        return `${field.join('.') || name}: ${message}`;
      })
      .join('; '),
  );
}

/** Reads what a client sent as its `name`; throws a C003 that names the field and what was expected. */
export function readShape<T>(shape: z.ZodType<T>, given: unknown, name: string): T {
  const read = shape.safeParse(given);
  if (read.success) return read.data;
  throw shapeRefusal(read.error.issues, name);
}

/** A whole number in a path or query: digits only. (`z.coerce.number()` would also take "", " 5 ", "0x10" and "1e2".) */
export function digits(range: { min: number; max?: number }) {
  const { min, max = Number.MAX_SAFE_INTEGER } = range;
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .string(expected)
    .regex(/^\d{1,16}$/, expected)
    .transform(Number)
    .refine((number) => number >= min && number <= max, expected)
    .meta({ type: 'integer', minimum: min, ...(max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max }) });
}
