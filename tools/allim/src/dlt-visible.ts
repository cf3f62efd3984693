/**
 * What must not reach a terminal: control characters (an escape sequence clears the screen, renames the window or fills the
 * clipboard), marks of writing direction (a text shows in another order than it has) and other invisible ones, halves of
 * surrogate pairs.
 */
const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const names: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A text of unknown origin in one line: ESC becomes `\x1b`, a line feed `\n`, U+202E `\u202e`. */
export const visible = (text: string): string =>
  text.replace(harmful, (character) => names[character] ?? escaped(character.codePointAt(0)!));

/** The same in the lines that the text has; a tab becomes blanks. */
export const visibleLines = (text: string): string[] =>
  text.split('\n').map((line) => visible(line.replaceAll('\t', '    ')));

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/**
 * The same for JSON, which stays what it was: a string may hold such characters in JSON's own escapes, and only line feeds
 * stand between its parts.
 */
export const visibleJson = (json: string): string =>
  json.replace(harmful, (character) =>
    character === '\n'
      ? character
      : character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

/** Deeper levels stay at this one's indentation: 32,000 levels would be gigabytes of blanks. */
const deepest = 30;

/**
 * JSON with a line per member. The text is only set in lines, not read and written anew, which would change what people look
 * at: 9007199254740993 would end in 2, one of two equal keys would be gone.
 *
 * @returns undefined when it is no JSON
 */
export function indentedJson(text: string): string | undefined {
  if (!isJson(text)) return undefined;
  let depth = 0;
  let output = '';
  const line = () => `\n${'  '.repeat(Math.min(depth, deepest))}`;
  const tokens = text.match(/"[^"\\]*(?:\\.[^"\\]*)*"|[[{]\s*[\]}]|[[\]{}:,]|[^\s"[\]{}:,]+/g) ?? [];
  for (const token of tokens) {
    if (token === '{' || token === '[') {
      depth++;
      output += token + line();
    } else if (token === '}' || token === ']') {
      depth--;
      output += line() + token;
    } else if (token === ',') output += token + line();
    else if (token === ':') output += ': ';
    else output += /^[[{]/.test(token) ? token.replace(/\s/g, '') : token;
  }
  return visibleJson(output);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
