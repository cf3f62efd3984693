import { type Entry, entries, requestTopic, templates } from '@allim/catalogue';
import { z } from 'zod';
import { type Document } from './documents.js';

export const schemaFolder = 'docs/schemas';

/** One JSON Schema per topic: what a publisher may send. */
export function schemaDocuments(): Document[] {
  return entries.map((entry) => ({
    path: `${schemaFolder}/${entry.topic}.json`,
    content: `${JSON.stringify(schemaOf(entry), null, 2)}\n`,
  }));
}

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/** Unknown fields are allowed: a publisher may add one at any time. */
export function schemaOf(entry: Entry): JsonSchema {
  const { $schema, ...schema } = publisherSchema(entry.schema);
  return {
    $schema,
    title: entry.topic,
    ...schema,
    additionalProperties: true,
    ...(entry.topic === requestTopic ? { anyOf: paramsByTemplate() } : {}),
  };
}

function paramsByTemplate(): JsonSchema[] {
  return templates.map((template) => {
    const { $schema: _, ...params } = publisherSchema(template.schema);
    return { type: 'object', properties: { template: { const: template.name }, params } };
  });
}

/** The schema of what comes in, before it is read: fields of our own describe themselves by their metadata. */
export function publisherSchema(schema: z.ZodType): JsonSchema {
  return z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
}
