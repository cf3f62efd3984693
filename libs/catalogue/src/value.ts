import { isUtf8 } from 'node:buffer';
import { DataError } from './data-error.js';

/** A JSON number that a double cannot hold: a large Java Long, a long BigDecimal. Its digits as they were written. */
export class ExactNumber {
  constructor(readonly digits: string) {}
}

/** Jackson refuses deeper JSON too, so nobody can send by Java what we refuse here. */
const deepest = 1_000;

// Up to 15 significant digits and a two-digit exponent survive the way through a double; anything longer may not.
// Also finds such text within strings, which costs those records the slower parse and nothing else.
const maybeInexact = /[:,[]\s*-?(?:[\d.]{16}|[\d.]+[eE][+-]?\d{3})/;
const inexact = /^-?(?:[\d.]{16}|[\d.]+[eE][+-]?\d{3})/;

// The reviver's third argument (JSON.parse source text access) is not in TypeScript's library yet.
const parseWithSource = JSON.parse as (
  text: string,
  reviver: (key: string, value: unknown, context: { source?: string }) => unknown,
) => unknown;

/**
 * Decodes a record's value: UTF-8 (a byte order mark is tolerated) holding JSON. Numbers that a double cannot hold
 * come as `ExactNumber`. Throws a DataError of class `empty`, `bad-encoding` or `bad-json`.
 */
export function readValue(value: Buffer | null): unknown {
  if (value === null || value.length === 0) throw new DataError('empty', 'value: expected JSON, got nothing');
  if (!isUtf8(value)) throw new DataError('bad-encoding', 'value: expected UTF-8');
  if (isTooDeep(value)) throw new DataError('bad-json', `value: expected JSON nested at most ${deepest} deep`);
  const text = withoutByteOrderMark(value.toString('utf8'));
  try {
    if (!maybeInexact.test(text)) return JSON.parse(text);
    return parseWithSource(text, (_key, parsed, { source }) =>
      typeof parsed === 'number' && source !== undefined && inexact.test(source) ? new ExactNumber(source) : parsed,
    );
  } catch (error) {
    // The engine's own message quotes the payload; only the position is taken over.
    const position = error instanceof Error ? /at position \d+/.exec(error.message)?.[0] : undefined;
    throw new DataError('bad-json', `value: expected JSON${position ? `, broken ${position}` : ''}`);
  }
}

function withoutByteOrderMark(text: string): string {
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** Counts brackets outside of strings. In UTF-8 no byte of a longer character looks like a bracket or a quote. */
function isTooDeep(value: Buffer): boolean {
  // Each level takes two bytes at least, so ordinary events are not scanned at all.
  if (value.length <= 2 * deepest) return false;
  let depth = 0;
  let inString = false;
  for (let at = 0; at < value.length; at++) {
    const byte = value[at];
    if (inString) {
      if (byte === 0x5c) at++;
      else if (byte === 0x22) inString = false;
    } else if (byte === 0x22) inString = true;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > deepest) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}
