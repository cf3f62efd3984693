import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { state, workspace } from '@allim/stack';

/** What the e-mail app prints: its own rendering, so that a preview is what people get. */
interface Preview {
  /** `notification.requested/campaign` */
  name: string;
  /** By language. */
  mails: Record<string, { subject: string; html: string; text: string }>;
}

const app = 'apps/channel-email';

/**
 * Writes a mail template with sample values into files: HTML and text, in each language.
 *
 * @param name as the templates are named, or the last part of it
 * @returns the paths of the files
 * @throws with the names there are when it is none of them
 */
export async function templatePreview(name: string, folder = `${state}/previews`): Promise<string[]> {
  const main = `${workspace}${app}/dist/preview-main.js`;
  if (!existsSync(main)) throw new Error(`${app} is not built: run \`npm run build\` first.`);
  const { stdout } = await promisify(execFile)(process.execPath, [main, name], { maxBuffer: 16 * 1024 * 1024 }).catch(
    ({ stderr, message }) => {
      throw new Error(stderr?.trim() || message);
    },
  );
  const preview = JSON.parse(stdout) as Preview;
  await mkdir(folder, { recursive: true });
  const files = Object.entries(preview.mails).flatMap(([language, { subject, html, text }]) => {
    const path = join(folder, `${preview.name.replaceAll('/', '.')}.${language}`);
    return [
      { path: `${path}.html`, content: html },
      // A text part has no place for its subject.
      { path: `${path}.txt`, content: `${subject}\n\n${text}` },
    ];
  });
  for (const { path, content } of files) await writeFile(path, content);
  return files.map(({ path }) => path);
}
