/** A generated file. */
export interface Document {
  /** Relative to the repository's root. */
  path: string;
  content: string;
}

/**
 * The files that are not as they should be, each with what is wrong. `present` are the contents of the files that
 * exist, by path, among them whatever else lies in a folder that holds generated files only.
 */
export function drift(documents: readonly Document[], present: ReadonlyMap<string, string>): Map<string, string> {
  const wrong = new Map<string, string>();
  for (const { path, content } of documents) {
    const found = present.get(path);
    if (found === undefined) wrong.set(path, 'is missing');
    else if (found !== content) wrong.set(path, 'differs from what is generated');
  }
  const expected = new Set(documents.map(({ path }) => path));
  for (const path of present.keys()) if (!expected.has(path)) wrong.set(path, 'belongs to nothing any more');
  return wrong;
}
