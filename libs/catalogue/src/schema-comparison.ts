import { catalogue } from './catalogue.js';
import { DataError } from './data-error.js';
import { faultsOf } from './entry.js';
import { publisherSchema, typeName } from './publisher-schema.js';
import { ExactNumber, readValue } from './value.js';

export const jsonTypes = ['string', 'number', 'boolean', 'array', 'object', 'null'] as const;
export type JsonType = (typeof jsonTypes)[number];

/** How one field of a payload stands against what its topic's schema wants. */
export interface ComparedField {
  field: string;
  /** In a few words; null: the schema does not know the field, which is accepted and not read. */
  expected: string | null;
  isNeeded: boolean;
  /** Null: it is not there. */
  found: JsonType | null;
  /** What is wrong with it; of something within it, after the way there: `0: price: expected …`. */
  faults: string[];
}

/**
 * Compares a payload with the schema of its topic, field by field: those of the schema in its order, then those that it does
 * not know. Null: nothing can be compared, because the catalogue does not know the topic, or the payload is no JSON object.
 */
export function compareWithSchema(topic: string, value: Buffer): ComparedField[] | null {
  const entry = catalogue.entry(topic);
  const fields = entry && objectIn(value);
  if (!entry || !fields) return null;
  const { properties = {}, required = [] } = publisherSchema(entry.schema);
  const faults = Map.groupBy(faultsOf(entry.schema, fields), ({ path }) => String(path[0]));
  const names = new Set([...Object.keys(properties), ...Object.keys(fields)]);
  return [...names].map((field) => ({
    field,
    expected: Object.hasOwn(properties, field) ? typeName(properties[field]!) : null,
    isNeeded: required.includes(field),
    found: Object.hasOwn(fields, field) ? typeOf(fields[field]) : null,
    faults: (faults.get(field) ?? []).map(({ path, message }) => [...path.slice(1).map(String), message].join(': ')),
  }));
}

function objectIn(value: Buffer): Record<string, unknown> | undefined {
  try {
    const read = readValue(value);
    return typeOf(read) === 'object' ? (read as Record<string, unknown>) : undefined;
  } catch (error) {
    if (error instanceof DataError) return undefined;
    throw error;
  }
}

function typeOf(value: unknown): JsonType {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (value instanceof ExactNumber) return 'number';
  return typeof value as Exclude<JsonType, 'null' | 'array'>;
}
