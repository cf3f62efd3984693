import { z } from 'zod';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** The schema of what comes in, before it is read: fields of our own describe themselves by their metadata. */
export function publisherSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}

/**
 * A JSON Schema in a few words. That null is allowed they do not say: it goes with not being needed.
 *
 * @param quoted how names of fields, and values, are to be written
 */
export function typeName(schema: JsonSchema | boolean, quoted = (name: string): string => name): string {
  if (typeof schema === 'boolean') return 'anything';
  if (schema.title) return schema.title;
  if (schema.anyOf) return unique(schema.anyOf.map((one) => typeName(one as JsonSchema | boolean, quoted)));
  if (schema.enum) return schema.enum.map((value) => quoted(String(value))).join(', ');
  if (schema.type === 'array')
    return `array of ${typeof schema.items === 'object' ? typeName(schema.items as JsonSchema, quoted) : 'anything'}`;
  if (schema.type === 'object') {
    const names = Object.keys(schema.properties ?? {});
    return names.length === 0 ? 'object' : `{ ${names.map(quoted).join(', ')} }`;
  }
  return unique([schema.type ?? 'anything'].flat());
}

function unique(names: readonly string[]): string {
  return [...new Set(names)].filter((name) => name !== 'null' && name !== '').join(' or ');
}
