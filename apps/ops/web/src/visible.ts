/**
 * Characters that show a text as what it is not: control characters, marks of writing direction and other invisible ones,
 * halves of surrogate pairs. The command line shows the same ones.
 */
const harmful = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const names: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** A piece of a text as it is to be shown; `isMark`: it stands for a character that would not be seen. */
export interface Piece {
  text: string;
  isMark: boolean;
}

/**
 * A text of unknown origin in pieces: ESC becomes `\x1b`, U+202E `\u202e`.
 *
 * @param hasLines line feeds and tabs stay what they are, for a place that shows them
 */
export function pieces(text: string, hasLines = false): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const { 0: character, index } of text.matchAll(harmful)) {
    if (hasLines && (character === '\n' || character === '\t')) continue;
    if (index > from) found.push({ text: text.slice(from, index), isMark: false });
    found.push({ text: names[character] ?? escaped(character.codePointAt(0)!), isMark: true });
    from = index + character.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), isMark: false });
  return found;
}

/** The same in one text, where there can be no elements: a title, a label. */
export const visible = (text: string): string =>
  pieces(text)
    .map((piece) => piece.text)
    .join('');

function escaped(code: number): string {
  const hex = code.toString(16);
  if (code < 0x100) return `\\x${hex.padStart(2, '0')}`;
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\u{${hex}}`;
}

/**
 * JSON in which nothing is unseen, and which means the same: such characters stand in texts only, where JSON has escapes of
 * its own for them. What parts its lines stays.
 */
export const visibleJson = (json: string): string =>
  json.replace(harmful, (character) =>
    /[\n\r\t]/.test(character)
      ? character
      : character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
