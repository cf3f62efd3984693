import {
  type Entry,
  entries,
  type JsonSchema,
  languages,
  messageFiles,
  type Planned,
  publisherSchema,
  requestTopic,
  templates,
  typeName,
} from '@allim/catalogue';
import { type Document } from './documents.js';
import { schemaOf } from './schemas.js';

/** docs/events.md: what publishers need to know of each topic. */
export function eventsDocument(): Document {
  const domain = entries.filter((entry) => entry.topic !== requestTopic);
  const request = entries.filter((entry) => entry.topic === requestTopic);
  const parts = [preface, overview(domain), ...domain.map(eventSection), ...request.map(requestSection)];
  return { path: 'docs/events.md', content: `${parts.join('\n\n')}\n` };
}

const preface = `<!-- Generated from libs/catalogue by tools/docs. Do not edit: change the event's file there. -->

# Events

What a service publishes to Kafka so that people are told. The reader is tolerant, within these rules:

- The value is a JSON object in UTF-8, nested at most 1,000 deep. Unknown fields are accepted; the \`__TypeId__\` header is ignored.
- An id is a string or an integer and is kept as a string. It is not empty and holds no control characters; a user id has at most 64 characters, any other at most 200. Integers keep every digit.
- An amount is a number or a decimal string of at most 100 digits and is kept exact.
- A time is ISO-8601 (without a zone it is UTC) or Jackson's array form, \`[2026,2,6,10,0,0]\`.
- A shown text is a string; null or absent, it shows as nothing. Any other field that is not needed may be null or absent, too, but is of its type when present.
- Whatever does not fit goes to \`<topic>.DLT\` at once, unchanged: bad JSON or UTF-8, an empty value, a needed field that is missing, a wrong type, a text longer than its column (title 200, message 1,000, link 500 characters).
- The same fact may be published again: a notification is the same one when user, type and reference are. Nobody is notified of what they did themselves.
- Use the user's id as the record's key, so that one person's notifications keep their order.

Each topic has a JSON Schema in [schemas/](schemas/).`;

function overview(domain: readonly Entry[]): string {
  const rows = domain.map((entry) => {
    const { to, type } = told(entry);
    return [`[\`${entry.topic}\`](#${anchor(entry.topic)})`, to, type, messageFiles.ko[entry.topic]?.title ?? ''];
  });
  return table(['topic', 'to', 'type', 'title'], rows);
}

function eventSection(entry: Entry): string {
  const { to, type, link, reference, channels, category, priority } = told(entry);
  return [
    `## ${entry.topic}`,
    table(
      ['to', 'type', 'reference', 'link', 'channels', 'category', 'priority'],
      [[to, type, reference, link, channels, category, priority]],
    ),
    fields(schemaOf(entry), cuts(entry)),
    texts(entry.topic),
    example(entry),
  ].join('\n\n');
}

function requestSection(entry: Entry): string {
  const byTemplate = templates.flatMap((template) => [
    `### Template ${template.name}`,
    `Channels unless the request names its own: ${template.channels.join(', ') || 'none'}. Category: ${template.category}. Its \`params\`:`,
    fields(publisherSchema(template.schema), new Map()),
    texts(`${entry.topic}/${template.name}`),
  ]);
  return [
    `## ${entry.topic}`,
    'What is not a domain event: a service asks for a notification by template. The same request is one of the same `requestId`, user and type.',
    fields(schemaOf(entry), new Map()),
    example(entry),
    ...byTemplate,
  ].join('\n\n');
}

/** What the entry says of an event whose every id is its own field name in braces. */
function told(entry: Entry) {
  const planned = plan(entry, {});
  const to = 'userId' in planned.to ? `\`${planned.to.userId}\`` : `subscribers of \`${planned.to.topic}\``;
  return {
    to,
    type: planned.type,
    reference: reference(planned),
    link: planned.link ? `\`${decodeURIComponent(planned.link)}\`` : '–',
    channels: planned.channels.join(', ') || '–',
    category: planned.category,
    priority: planned.priority,
  };
}

/** What deduplicates stands on further lines of the identity, when it is more than the reference. */
function reference({ reference, identity }: Planned): string {
  if (reference === null) return '–';
  const [, ...more] = identity.id.split('\n');
  return [`${reference.type} : \`${reference.id}\``, ...more.map((id) => `once per \`${id}\``)].join(', ');
}

function plan(entry: Entry, changes: Record<string, string>): Planned {
  const fields = Object.entries(schemaOf(entry).properties ?? {}).filter(([, schema]) => ids.has(typeName(schema)));
  const placeholders = Object.fromEntries(fields.map(([name]) => [name, `{${name}}`]));
  const planned = entry.plan({ ...entry.sample({ user: 'user-1', number: 1 }), ...placeholders, ...changes });
  if (planned === null) throw new Error(`the sample of ${entry.topic} tells nobody`);
  return planned;
}

/** After how many characters a shown field is cut, found by trying. */
function cuts(entry: Entry): Map<string, number> {
  const found = new Map<string, number>();
  for (const name of shownFields(schemaOf(entry))) {
    const text = plan(entry, { [name]: 'x'.repeat(500) }).params[name];
    if (typeof text === 'string' && text.endsWith('...')) found.set(name, text.length - '...'.length);
  }
  return found;
}

const ids: ReadonlySet<string> = new Set(['id', 'user id']);

function shownFields(schema: JsonSchema): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => (isShown(property) ? [name] : []));
}

function isShown(property: JsonSchema | boolean): boolean {
  return typeName(property) === 'shown text';
}

const quoted = (name: string) => `\`${name}\``;

function fields(schema: JsonSchema, cutAfter: ReadonlyMap<string, number>): string {
  const rows = Object.entries(schema.properties ?? {}).map(([name, property]) => {
    const needed = schema.required?.includes(name) ? '**yes**' : 'no';
    const cut = cutAfter.get(name);
    return [`\`${name}\``, needed, typeName(property, quoted), cut === undefined ? '' : `cut after ${cut} characters`];
  });
  return table(['field', 'needed', 'type', ''], rows);
}

function texts(key: string): string {
  const rows = languages.map((language) => {
    const { title = '', message = '' } = messageFiles[language][key] ?? {};
    return [language, `\`${title}\``, `\`${message}\``];
  });
  return table(['', 'title', 'message'], rows);
}

function example(entry: Entry): string {
  const json = JSON.stringify(entry.sample({ user: 'user-1', number: 1 }), null, 2);
  return `\`\`\`json\n${json}\n\`\`\`\n\n[JSON Schema](schemas/${entry.topic}.json)`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** GitHub's anchor of a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');
}
