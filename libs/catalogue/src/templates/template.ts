import { type Channel } from '@allim/contracts';
import { type z } from 'zod';
import { check } from '../entry.js';
import { type Category, type Params } from '../notice.js';

/** What other services may ask for by `notification.requested`. */
export interface Template {
  name: string;
  category: Category;
  /** Channels beside the inbox when the request names none. */
  channels: readonly Channel[];
  /** What a request's `params` may hold. */
  schema: z.ZodObject;
  /** The parameters of a request. Throws a DataError. */
  read(params: unknown): Params;
  sample: Record<string, unknown>;
}

interface TemplateDefinition<S extends z.ZodObject> {
  name: string;
  category: Category;
  channels: readonly Channel[];
  params: S;
  sample: Record<string, unknown>;
}

/** A template of the catalogue. One template, one file; its texts stand under `notification.requested/<name>`. */
export function defineTemplate<S extends z.ZodType<Params> & z.ZodObject>(definition: TemplateDefinition<S>): Template {
  const { params: schema, ...rest } = definition;
  return { ...rest, schema, read: (params) => check(`template ${rest.name}: params`, schema, params) };
}
