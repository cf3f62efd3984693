const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' });

// Characters that are a grapheme of their own, whatever follows within this set: ASCII, Hangul syllables, ideographs.
const plain = /^[\x20-\x7e\uac00-\ud7a3\u4e00-\u9fff]*$/;

/** The first `most` graphemes (what a reader takes for a character), with `...` added if there was more. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  // One more than is kept: what follows the cut could otherwise belong to the last grapheme.
  if (plain.test(text.slice(0, most + 1))) return `${text.slice(0, most)}...`;
  let count = 0;
  for (const { index } of segmenter.segment(text)) if (count++ === most) return `${text.slice(0, index)}...`;
  return text;
}
