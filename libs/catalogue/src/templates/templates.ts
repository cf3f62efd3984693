import { announcement } from './announcement.js';
import { authCode } from './auth-code.js';
import { campaign } from './campaign.js';
import { type Template } from './template.js';

/** Every template, one line each. */
export const templates: readonly Template[] = [announcement, authCode, campaign];

/** The templates by name. Throws an Error when two share one. */
export function byName(all: readonly Template[]): ReadonlyMap<string, Template> {
  const map = new Map<string, Template>();
  for (const template of all) {
    if (map.has(template.name)) throw new Error(`two templates are named ${template.name}`);
    map.set(template.name, template);
  }
  return map;
}
