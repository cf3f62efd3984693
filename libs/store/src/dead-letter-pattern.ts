/** Characters of a pattern. */
export const patternCharacters = 300;

// The first alternative that fits at a place wins. Digits within words count, too: ORD-2026-1 and user42 vary as 42 does.
// An apostrophe within a word is none of a quotation (can't). What is cut leaves a quotation open: it ends with the text.
const variable = new RegExp(
  [
    String.raw`(?<time>\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?)?)`,
    String.raw`(?<uuid>[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12})`,
    String.raw`(?<text>"(?:\\[^]|[^"\\])*(?:"|\\?$)|(?<!\w)'(?:[^']|(?<=\w)'(?=\w))*'(?!\w)|${'`[^`]*`'})`,
    // Of hexadecimal runs some have no letter, by chance: one placeholder for both.
    String.raw`(?<number>0x[\da-f]+|(?<![\da-z])(?=[a-f]*\d)[\da-f]{8,}(?![\da-z])|\d+(?:[.,]\d+)*)`,
  ].join('|'),
  'gi',
);

/**
 * An error's message without what varies from case to case: what fails for one reason is one group. In place of it stands
 * `<time>` (ISO-8601), `<uuid>`, `<text>` (a quotation) or `<number>` (hexadecimal runs, too); white space is one blank.
 * At most `patternCharacters`.
 */
export function patternOf(message: string): string {
  const pattern = message.replaceAll(variable, (...match) => {
    const [kind] = Object.entries(match.at(-1) as Record<string, string | undefined>).find(([, found]) => found) ?? [];
    return `<${kind}>`;
  });
  return firstCharacters(pattern.replaceAll(/\s+/g, ' ').trim(), patternCharacters);
}

/** The first characters of a text, none of them split. Looks no further: a header may hold megabytes. */
export function firstCharacters(text: string, most: number): string {
  return text.length <= most ? text : [...text.slice(0, 2 * most)].slice(0, most).join('');
}
