import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import Handlebars from 'handlebars';

export const languages = ['ko', 'en'] as const;
export type Language = (typeof languages)[number];

const formats = ['subject', 'html', 'text'] as const;
type Format = (typeof formats)[number];

/** Where the templates lie, seen from `src` and from `dist` alike. */
export const templateFolder = fileURLToPath(new URL('../templates', import.meta.url));

/** The template of every text that has none of its own. */
export const defaultTemplate = 'notification';

/** What a template may name. Texts are plain already; they are escaped where they become HTML. */
export interface MailValues {
  language: Language;
  /** Who sends: the name of the service. */
  sender: string;
  /** Who is behind it, for the foot of the mail; Korean law wants it in promotions. */
  imprint: string | null;
  /** The same in its parts, so that a line breaks between them and not within a phone number. */
  imprintParts: readonly string[];
  title: string;
  message: string;
  link: string | null;
  /** The start page. */
  home: string;
  unsubscribe: string | null;
  params: Readonly<Record<string, string>>;
}

const valueNames = new Set<string>([
  ...['language', 'sender', 'imprint', 'imprintParts', 'title', 'message', 'link', 'home', 'unsubscribe', 'params'],
  ...['preview', 'text', 'label'], // handed from a mail to a part
]);

/** A mail in one language, compiled. */
export interface Template {
  name: string;
  /** The parameters that it cannot be rendered without. */
  params: readonly string[];
  render(values: MailValues): Record<Format, string>;
}

/** The templates by text key, each in every language. */
export type Templates = ReadonlyMap<string, Readonly<Record<Language, Template>>>;

/**
 * Reads and compiles all templates of a folder: `mails/<text key>/<language>.<subject|html|text>.hbs`, and what they share
 * in `parts/<name>[.<language>].<html|text>.hbs`. Throws an Error that names every missing, superfluous or wrong file.
 */
export function loadTemplates(folder = templateFolder): Templates {
  const problems: string[] = [];
  const files = new Map(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(folder, path).split(sep).join('/'), readFileSync(path, 'utf8').trimEnd()]),
  );
  const names = new Set([defaultTemplate, ...mailNames(files.keys())]);
  const expected = new Set([...names].flatMap((name) => languages.flatMap((language) => filesOf(name, language))));
  for (const file of expected) if (!files.has(file)) problems.push(`${file} is missing`);
  for (const file of files.keys()) {
    if (!expected.has(file) && !partName.test(file)) problems.push(`${file} is neither a mail's file nor a part`);
  }
  if (problems.length > 0) throw wrong(problems);

  const templates = new Map<string, Record<Language, Template>>();
  for (const name of names) {
    const inEach = languages.map((language) => [language, compile(name, language, files, problems)]);
    templates.set(name, Object.fromEntries(inEach));
  }
  if (problems.length > 0) throw wrong(problems);
  return templates;
}

const partName = new RegExp(`^parts/[a-z-]+(?:\\.(?:${languages.join('|')}))?\\.(?:html|text)\\.hbs$`);

const filesOf = (name: string, language: Language) =>
  formats.map((format) => `mails/${name}/${language}.${format}.hbs`);

const wrong = (problems: string[]) =>
  new Error(`wrong templates:\n${problems.map((problem) => `  ${problem}`).join('\n')}`);

function* mailNames(files: Iterable<string>): Iterable<string> {
  for (const file of files) if (file.startsWith('mails/')) yield dirname(file).slice('mails/'.length);
}

/** Only `if`, `each` and the like: a template decides nothing but what to show. */
const compiling = { knownHelpersOnly: true, preventIndent: true } as const;
const running = { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false } as const;

function compile(name: string, language: Language, files: ReadonlyMap<string, string>, problems: string[]): Template {
  const params = new Set<string>();
  const render = Object.fromEntries(
    formats.map((format) => {
      const plain = format !== 'html';
      // A blank line too many is taken out of a text afterwards; without, a part's last line would swallow the next one.
      const options = { ...compiling, noEscape: plain, ignoreStandalone: plain };
      const engine = Handlebars.create();
      const read = (file: string) => {
        const source = files.get(file) ?? '';
        // What indents a template for its reader would be encoded and sent with each mail.
        const program = engine.parse(plain ? source : source.replace(/^[ \t]+/gm, ''), options);
        const seen = new NamedValues();
        seen.accept(program);
        for (const value of seen.unknown) problems.push(`${file}: nothing is named ${value}`);
        for (const param of seen.params) params.add(param);
        return engine.compile(program, options);
      };
      const named = (file: string) => {
        try {
          return read(file);
        } catch (error) {
          problems.push(`${file}: ${error instanceof Error ? error.message : error}`);
          return () => '';
        }
      };
      for (const [part, file] of partsFor(language, format, files.keys())) engine.registerPartial(part, named(file));
      const file = `mails/${name}/${language}.${format}.hbs`;
      const template = named(file);
      return [format, { file, run: (values: object) => template(values, running) }];
    }),
  ) as Record<Format, { file: string; run: (values: object) => string }>;

  // Handlebars looks for parts only when it renders; a part that is missing must stop the start, not a mail.
  for (const format of formats) {
    try {
      render[format].run(trial(params));
    } catch (error) {
      problems.push(`${render[format].file}: ${error instanceof Error ? error.message : error}`);
    }
  }
  return {
    name,
    params: [...params],
    render: (values) => ({
      subject: render.subject.run(values),
      html: render.html.run(values),
      text: `${render.text
        .run(values)
        .replace(/[ \t]+$/gm, '')
        .replace(/\n{3,}/g, '\n\n')
        .trim()}\n`,
    }),
  };
}

const trial = (params: ReadonlySet<string>): Record<string, unknown> => ({
  ...Object.fromEntries([...valueNames].map((name) => [name, name])),
  params: Object.fromEntries([...params].map((param) => [param, param])),
});

/** The parts of a language and format by their names: what has a language of its own goes before what has none. */
function partsFor(language: Language, format: Format, files: Iterable<string>): Map<string, string> {
  const parts = new Map<string, string>();
  for (const file of [...files].filter((path) => path.startsWith('parts/')).sort()) {
    const [part = '', ...rest] = basename(file, '.hbs').split('.');
    if (rest.join('.') === format || rest.join('.') === `${language}.${format}`) parts.set(part, file);
  }
  return parts;
}

/** What a template's expressions name: the parameters, and whatever nobody gives it. */
class NamedValues extends Handlebars.Visitor {
  readonly params = new Set<string>();
  readonly unknown = new Set<string>();

  override PathExpression(path: hbs.AST.PathExpression): void {
    if (path.data || path.original === 'this') return; // @partial-block, @last; what `each` goes through
    const [root = '', param] = path.parts;
    if (root === 'params' && param !== undefined && path.parts.length === 2) this.params.add(param);
    else if (root === 'params' || path.parts.length !== 1 || !valueNames.has(root)) this.unknown.add(path.original);
  }
  // The names of helpers, parts and inline parts are no values.
  override BlockStatement(block: hbs.AST.BlockStatement): void {
    this.acceptArray(block.params);
    this.acceptKey(block, 'program');
    this.acceptKey(block, 'inverse');
  }
  override PartialStatement(partial: hbs.AST.PartialStatement): void {
    this.acceptArray(partial.params);
    this.acceptKey(partial, 'hash');
  }
  override PartialBlockStatement(partial: hbs.AST.PartialBlockStatement): void {
    this.acceptArray(partial.params);
    this.acceptKey(partial, 'hash');
    this.acceptKey(partial, 'program');
  }
  override DecoratorBlock(decorator: hbs.AST.DecoratorBlock): void {
    this.acceptKey(decorator, 'program');
  }
}
