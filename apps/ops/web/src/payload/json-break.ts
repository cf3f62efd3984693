const blank = /[ \t\r\n]*/y;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what JSON forbids in a text, and no more
const string = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;

/**
 * Where a text stops being JSON, both numbers from 1; undefined: it is JSON. A scanner of our own: engines say no place for
 * most of what can be wrong.
 */
export function brokenAt(text: string): { line: number; column: number } | undefined {
  const at = breakOf(text);
  if (at === undefined) return undefined;
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: before.at(-1)!.length + 1 };
}

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'more';

function breakOf(text: string): number | undefined {
  const ends: ('}' | ']')[] = [];
  let expected: Expected = 'value';
  let at = 0;
  const taken = (part: RegExp): boolean => {
    part.lastIndex = at;
    const length = part.exec(text)?.[0].length ?? 0;
    at += length;
    return length > 0;
  };
  const opened = (end: '}' | ']'): Expected => {
    ends.push(end);
    at++;
    return end === '}' ? 'key or end' : 'value or end';
  };

  for (;;) {
    taken(blank);
    const sign = text[at];
    if (sign === undefined) return expected === 'more' && ends.length === 0 ? undefined : at;
    const mayEnd = expected === 'more' || expected.endsWith('or end');
    if (mayEnd && ends.length > 0 && sign === ends.at(-1)) {
      ends.pop();
      at++;
      expected = 'more';
    } else if (expected === 'more') {
      if (sign !== ',' || ends.length === 0) return at;
      at++;
      expected = ends.at(-1) === '}' ? 'key' : 'value';
    } else if (expected === 'colon') {
      if (sign !== ':') return at;
      at++;
      expected = 'value';
    } else if (expected.startsWith('key')) {
      if (!taken(string)) return at;
      expected = 'colon';
    } else if (sign === '{') expected = opened('}');
    else if (sign === '[') expected = opened(']');
    else if (taken(string) || taken(scalar)) expected = 'more';
    else return at;
  }
}
