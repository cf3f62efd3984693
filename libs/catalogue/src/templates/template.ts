import { type Channel, type Priority } from '@allim/contracts';
import { type z } from 'zod';
import { check } from '../entry.js';
import { type Category, type Params } from '../notice.js';

/** What other services may ask for by `notification.requested`. */
export interface Template {
  name: string;
  category: Category;
  /** Whether it passes preferences and quiet hours. */
  critical: boolean;
  /** When the request names none. */
  priority: Priority;
  /** Channels beside the inbox when the request names none. */
  channels: readonly Channel[];
  /** What a request's `params` may hold. */
  schema: z.ZodObject;
  /** The parameters of a request, and the link they hold for a request that has none. Throws a DataError. */
  read(params: unknown): { params: Params; link: string | undefined };
  sample: Record<string, unknown>;
}

interface TemplateDefinition<S extends z.ZodType> {
  name: string;
  category: Category;
  /** Default: false. */
  critical?: boolean;
  /** Default: normal. */
  priority?: Priority;
  channels: readonly Channel[];
  params: S;
  /** Default: none. */
  link?: (params: z.output<S>) => string;
  sample: Record<string, unknown>;
}

/** A template of the catalogue. One template, one file; its texts stand under `notification.requested/<name>`. */
export function defineTemplate<S extends z.ZodType<Params> & z.ZodObject>(definition: TemplateDefinition<S>): Template {
  const { params: schema, link, critical = false, priority = 'normal', ...rest } = definition;
  return {
    ...rest,
    critical,
    priority,
    schema,
    read(given) {
      const params = check(`template ${rest.name}: params`, schema, given);
      return { params, link: link?.(params) };
    },
  };
}
