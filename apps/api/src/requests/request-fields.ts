import {
  DataError,
  entries,
  languages,
  type Planned,
  readEvent,
  render,
  requestTopic,
  templates,
} from '@allim/catalogue';
import { notificationType, notificationTypes } from '@allim/contracts';
import { badRequest, Refusal, shapeRefusal } from '@allim/http';
import { z } from 'zod';

const entry = entries.find(({ topic }) => topic === requestTopic)!;

/** The event without its requestId, which is made of the Idempotency-Key. */
export const requestBody = z.strictObject(entry.schema.omit({ requestId: true }).shape);

export const requestAccepted = z.object({ requestId: z.string() });

/** Names only: what stands in the fields is judged by the catalogue, from the bytes as they came. */
export const requestNames = onlyNames(requestBody);
const paramNames = new Map(templates.map(({ name, schema }) => [name, z.object({ params: onlyNames(schema) })]));

/** Publishers may send fields that we do not know; who calls us learns of a slip of the pen. */
function onlyNames(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return onlyNames(schema.unwrap() as z.ZodType).nullish();
  if (!(schema instanceof z.ZodObject) || schema.def.catchall instanceof z.ZodUnknown) return z.unknown();
  return z.strictObject(
    Object.fromEntries(Object.entries(schema.shape).map(([name, field]) => [name, onlyNames(field).optional()])),
  );
}

const keyExpected = 'expected 1 to 200 visible ASCII characters';
export const idempotencyKey = z.string(keyExpected).regex(/^[!-~]{1,200}$/, keyExpected);

/** The record's value: the bytes as they came, so that no number loses a digit, with the id before everything else. */
export function requestValue(requestId: string, body: Buffer): Buffer {
  const inside = body.subarray(body.indexOf('{') + 1); // a byte order mark or blanks may stand before it
  const separator = /^\s*\}/.test(inside.toString('latin1')) ? '' : ',';
  return Buffer.concat([Buffer.from(`{"requestId":${JSON.stringify(requestId)}${separator}`), inside]);
}

/**
 * Reads a request as the consumer will, texts included: what is accepted here is no dead letter there. Throws an N003
 * for an unknown type, else a C003 that names the field.
 */
export function readRequest(value: Buffer, fields: { type?: unknown; template?: unknown; params?: unknown }): Planned {
  if (typeof fields.type === 'string' && !notificationType.safeParse(fields.type).success)
    throw new Refusal('N003', `type: expected one of ${notificationTypes.join(', ')}`);
  const names = paramNames.get(String(fields.template))?.safeParse({ params: fields.params });
  if (names?.error) throw shapeRefusal(names.error.issues, 'body');
  try {
    const planned = readEvent(requestTopic, value)!;
    for (const language of languages) render(planned, language);
    return planned;
  } catch (error) {
    if (error instanceof DataError) throw badRequest(error.message.replace(prefix, ''));
    throw error;
  }
}

/** A data error names the topic, or its text, before the field. */
const prefix = new RegExp(`^${requestTopic}(/\\w+)?: `);
