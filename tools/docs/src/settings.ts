import { z } from 'zod';
import { type Document } from './documents.js';

/** The settings of one app, as its `config.ts` has them. */
export interface AppSettings {
  app: string;
  settings: z.ZodObject;
}

/** `docs/settings.md`: every setting of every app with its meaning and default. */
export function settingsDocument(apps: readonly AppSettings[]): Document {
  const head = [
    '# Settings',
    '',
    'Generated from the `config.ts` of each app. Settings come from the environment; an empty variable counts as not set.',
    'Wrong ones are named all at once, and the program ends with exit code 2.',
  ];
  return { path: 'docs/settings.md', content: `${[...head, ...apps.flatMap(section)].join('\n')}\n` };
}

function section({ app, settings }: AppSettings): string[] {
  const rows = Object.entries(settings.shape).map(([name, setting]) => row(app, name, setting as z.ZodType));
  return ['', `## ${app}`, '', '| setting | default | meaning |', '|---|---|---|', ...rows];
}

function row(app: string, name: string, setting: z.ZodType): string {
  const meaning = setting.meta()?.description;
  if (meaning === undefined) throw new Error(`${app}: ${name} has no description`);
  return `| \`${name}\` | ${defaultOf(setting)} | ${meaning.replaceAll('|', '\\|')} |`;
}

function defaultOf(setting: z.ZodType): string {
  const unset = setting.safeParse(undefined);
  if (!unset.success) return '**required**';
  if (unset.data === undefined || (Array.isArray(unset.data) && unset.data.length === 0)) return '–';
  return `\`${String(unset.data)}\``;
}
