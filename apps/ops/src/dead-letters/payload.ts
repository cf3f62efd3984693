import { isUtf8 } from 'node:buffer';
import { z } from 'zod';

/** What is shown of each, in bytes. */
export const shownBytes = { value: 65_536, header: 4_096 };

/** Bytes as a person can read them. */
export const bytesShown = z.object({
  as: z.enum(['text', 'hex']).describe('Text where the bytes are UTF-8.'),
  shown: z.string(),
  bytes: z.int().describe('Of the whole.'),
  isCut: z.boolean(),
});
export type BytesShown = z.infer<typeof bytesShown>;

/** @param whole bytes of all of it, where `bytes` is its beginning only */
export const showValue = (bytes: Buffer | null, whole?: number | null): BytesShown | null =>
  bytes && show(bytes, shownBytes.value, whole ?? bytes.length);

export const showHeaders = (headers: Record<string, Buffer[]>): { name: string; value: BytesShown }[] =>
  Object.entries(headers).flatMap(([name, values]) =>
    values.map((value) => ({ name, value: show(value, shownBytes.header, value.length) })),
  );

function show(given: Buffer, limit: number, bytes: number): BytesShown {
  const isCut = bytes > limit;
  const head = given.subarray(0, limit);
  const text = isCut ? wholeCharacters(head) : head;
  return isUtf8(text)
    ? { as: 'text', shown: text.toString('utf8'), bytes, isCut }
    : { as: 'hex', shown: head.toString('hex'), bytes, isCut };
}

/** Without the first bytes of a character whose others are cut off. */
function wholeCharacters(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const lead = bytes[bytes.length - back]!;
    if (lead < 0x80) break;
    if (lead < 0xc0) continue;
    const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    return length > back ? bytes.subarray(0, bytes.length - back) : bytes;
  }
  return bytes;
}
