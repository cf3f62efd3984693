/**
 * Marks that turn or hide text without being seen (bidirectional overrides and isolates, a byte order mark, annotations):
 * a name written with them could make a mail read as another one.
 */
const unseen = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/** What a mail program takes for an encoded word (RFC 2047) and decodes, line breaks and all; no mail library escapes it. */
const encodedWord = /=\?(?=[^\s?]+\?[bq]\?)/gi;

/**
 * A text that is to stand on one line, in a header or a sentence: without line breaks, control and bidirectional
 * characters, and without what would be read as an encoded word.
 */
export function oneLine(text: string): string {
  return text
    .toWellFormed()
    .replace(unseen, '')
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/ {2,}/g, ' ')
    .replace(encodedWord, '= ?')
    .trim();
}

/** A text that may have paragraphs: as `oneLine`, but line breaks stay, at most two in a row. */
export function paragraphs(text: string): string {
  return text
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .split('\n')
    .map(oneLine)
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}
