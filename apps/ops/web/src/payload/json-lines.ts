export interface JsonPiece {
  kind: 'key' | 'text' | 'number' | 'word' | 'sign';
  text: string;
}

/** A line of JSON as it is shown. */
export interface JsonLine {
  depth: number;
  pieces: JsonPiece[];
  /** Of the member or element that begins in this line: `["items", "0", "price"]`; null for a closing bracket's line. */
  path: string[] | null;
}

const token = /"[^"\\]*(?:\\.[^"\\]*)*"|[[{]\s*[\]}]|[[\]{}:,]|[^\s"[\]{}:,]+/g;

/**
 * JSON with a line for each member. The text is only set in lines, not read and written anew, which would change what people
 * look at: 9007199254740993 would end in 2, one of two equal keys would be gone.
 *
 * @returns undefined when it is no JSON
 */
export function jsonLines(text: string): JsonLine[] | undefined {
  if (!isJson(text)) return undefined;
  const lines: JsonLine[] = [];
  /** Where we are: the key, or the index, that is being read in each open bracket. */
  const open: { isList: boolean; key: string; index: number }[] = [];
  let line: JsonLine | undefined;
  let isKey = false;

  const path = () => open.map(({ isList, key, index }) => (isList ? String(index) : key));
  const put = (kind: JsonPiece['kind'], piece: string) => {
    if (!line) {
      const top = open.at(-1);
      line = { depth: open.length, pieces: [], path: top && !top.isList && kind === 'key' ? null : path() };
      lines.push(line);
    }
    line.pieces.push({ kind, text: piece });
  };

  for (const [piece] of text.match(token)?.map((found) => [found] as const) ?? []) {
    const top = open.at(-1);
    if (piece === '{' || piece === '[') {
      put('sign', piece);
      open.push({ isList: piece === '[', key: '', index: 0 });
      isKey = piece === '{';
      line = undefined;
    } else if (piece === '}' || piece === ']') {
      open.pop();
      line = { depth: open.length, pieces: [{ kind: 'sign', text: piece }], path: null };
      lines.push(line);
    } else if (piece === ',') {
      line?.pieces.push({ kind: 'sign', text: ',' });
      line = undefined;
      if (top?.isList) top.index++;
      isKey = top !== undefined && !top.isList;
    } else if (piece === ':') {
      put('sign', ': ');
      isKey = false;
    } else if (isKey && top) {
      top.key = JSON.parse(piece) as string;
      put('key', piece);
      line!.path = path();
    } else put(kindOf(piece), piece.replace(/^([[{])\s+/, '$1'));
  }
  return lines;
}

/** The same as one text, to be edited. */
export function indented(text: string): string | undefined {
  return jsonLines(text)
    ?.map(({ depth, pieces }) => '  '.repeat(depth) + pieces.map((piece) => piece.text).join(''))
    .join('\n');
}

function kindOf(piece: string): JsonPiece['kind'] {
  if (piece.startsWith('"')) return 'text';
  if (/^[[{]/.test(piece)) return 'sign';
  return /^[-\d]/.test(piece) ? 'number' : 'word';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
