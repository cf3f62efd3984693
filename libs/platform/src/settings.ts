import { z } from 'zod';

/** All wrong settings of a program at once, by name, with what was expected. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  constructor(readonly problems: string[]) {
    super(`wrong settings:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);
  }
}

/**
 * Reads a program's settings from the environment (12-factor). An empty variable counts as not set.
 * `schema` is an object of settings, each with its meaning (`.describe()`), default and check.
 * Throws a SettingsError that names every wrong one. Never repeats a value: it may be a secret.
 */
export function loadSettings<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<z.ZodObject<Shape>> {
  const given = Object.fromEntries(
    Object.keys(schema.shape).flatMap((name) => {
      const value = environment[name];
      return value === undefined || value === '' ? [] : [[name, value]];
    }),
  );
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  throw new SettingsError(
    read.error.issues.map((issue) => {
      const name = String(issue.path[0] ?? '(together)');
      const missing = issue.path.length > 0 && given[name] === undefined;
      return `${name}: ${missing ? `is required: ${meaning(schema, name)}` : issue.message}`;
    }),
  );
}

function meaning(schema: z.ZodObject, name: string): string {
  return schema.shape[name]?.meta()?.description ?? 'no description';
}

/** A whole number of the environment, e.g. `wholeNumber({ min: 1 }).default(20)`. */
export function wholeNumber(range: { min?: number; max?: number } = {}) {
  const { min = 0, max = Number.MAX_SAFE_INTEGER } = range;
  // Not z.coerce: it takes a blank for 0, and 0x10 and 1e3 for numbers.
  return z
    .string()
    .refine(
      (text) => /^-?\d{1,16}$/.test(text) && Number(text) >= min && Number(text) <= max,
      `expected a whole number from ${min} to ${max}`,
    )
    .transform(Number);
}

/** A list separated by commas; blanks around an entry do not count, empty entries neither. */
export function commaList() {
  return z.string().transform((text) =>
    text
      .split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== ''),
  );
}

/** An address such as `redis://host:6379`, of one of the given protocols. */
export function address(...protocols: string[]) {
  const expected = `expected an address like ${protocols[0]}://host:port`;
  return z.string().refine((text) => {
    const url = URL.parse(text);
    return url !== null && url.host !== '' && protocols.includes(url.protocol.slice(0, -1));
  }, expected);
}
