import { type IHeaders } from 'kafkajs';

/** A record as it lies in Kafka. */
export interface KafkaRecord {
  topic: string;
  partition: number;
  /** A decimal string: offsets may be larger than a number is exact. */
  offset: string;
  key: Buffer | null;
  value: Buffer | null;
  headers: IHeaders;
  /** Milliseconds since 1970 UTC, as a decimal string. */
  timestamp: string;
  /** Set by the publisher, or by the broker when it was appended. */
  timestampType: 'CreateTime' | 'LogAppendTime';
  /**
   * Only of one that is replayed: by which replay, which of its replays it is (from 1), and in which group it failed (null:
   * unknown) when. The rest is as it was where it failed first.
   */
  replay?: { id: string; count: number; group: string | null; firstFailedAt: Date | null };
}

/**
 * The headers that a record really has. kafkajs collects them in a plain object: one that is named like an inherited
 * member (`toString`, `constructor`) gets that member as its first value, and `__proto__` becomes the prototype.
 */
export function ownHeaders(headers: IHeaders): IHeaders {
  const prototype: unknown = Object.getPrototypeOf(headers);
  const entries = Object.entries(headers);
  if (entries.length === 0 && prototype === Object.prototype) return headers; // as of most records
  if (Array.isArray(prototype)) entries.push(['__proto__', prototype]);
  return Object.fromEntries(
    entries.map(([name, value]) => [name, Array.isArray(value) && name in Object.prototype ? value.slice(1) : value]),
  );
}

/** The trace a record belongs to, from its W3C `traceparent` header; undefined without one. */
export function traceIdOf(record: KafkaRecord): string | undefined {
  const header = record.headers.traceparent;
  const text = Array.isArray(header) ? header[0] : header;
  return /^[0-9a-f]{2}-([0-9a-f]{32})-/.exec(text?.toString() ?? '')?.[1];
}
