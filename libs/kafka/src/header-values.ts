import { isUtf8 } from 'node:buffer';
import { type IHeaders } from 'kafkajs';

/** The last one that date columns hold. */
const latestMs = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** A header's values, in the order they stand in. */
export function valuesOf(headers: IHeaders, name: string): Buffer[] {
  // Kafka's may be null, whatever kafkajs' types say.
  const values: (Buffer | string | null | undefined)[] = [headers[name]].flat();
  return values.flatMap((value) => (typeof value === 'string' ? Buffer.from(value) : (value ?? [])));
}

export function readText(bytes: Buffer | undefined): string | undefined {
  return bytes && bytes.length > 0 && isUtf8(bytes) ? bytes.toString() : undefined;
}

/** Only a name that a topic can have. */
export function readTopicName(bytes: Buffer | undefined): string | undefined {
  return /^[\w.-]{1,249}$/.exec(readText(bytes) ?? '')?.[0];
}

/** Big-endian; null: it is none, or negative. */
export function readInt32(bytes: Buffer | undefined): number | null {
  const value = bytes?.length === 4 ? bytes.readInt32BE() : -1;
  return value < 0 ? null : value;
}

/** Big-endian; null: it is none, or negative. */
export function readInt64(bytes: Buffer | undefined): bigint | null {
  const value = bytes?.length === 8 ? bytes.readBigInt64BE() : -1n;
  return value < 0n ? null : value;
}

export function readCount(bytes: Buffer | undefined): number | null {
  const digits = /^\d{1,9}$/.exec(readText(bytes) ?? '')?.[0];
  return digits === undefined ? null : Number(digits);
}

/** Null: milliseconds that are no date which can be kept. */
export function dateOf(ms: number): Date | null {
  return ms >= 0 && ms <= latestMs ? new Date(ms) : null;
}

/** Only as we write it: ISO 8601 with milliseconds, UTC. */
export function readIsoDate(bytes: Buffer | undefined): Date | null {
  const iso = readText(bytes) ?? '';
  const read = dateOf(Date.parse(iso));
  return read?.toISOString() === iso ? read : null;
}

/** 4 bytes, big-endian. */
export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

/** 8 bytes, big-endian. */
export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}
