import { type Entry, entries, type JsonSchema, publisherSchema, requestTopic, templates } from '@allim/catalogue';
import { type Document } from './documents.js';

export const schemaFolder = 'docs/schemas';

/** One JSON Schema per topic: what a publisher may send. */
export function schemaDocuments(): Document[] {
  return entries.map((entry) => ({
    path: `${schemaFolder}/${entry.topic}.json`,
    content: `${JSON.stringify(schemaOf(entry), null, 2)}\n`,
  }));
}

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
