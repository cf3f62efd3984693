export interface KeepLimits {
  /** How many, at most. */
  count: number;
  /** Bytes of all together, at most. */
  bytes: number;
}

/** What came in last: a bounded list that forgets its oldest. One that alone is over the limit is forgotten at once. */
export class Kept<Item extends { readonly id: string; readonly bytes: number }> {
  // A Map keeps the order of insertion, and finds and forgets in constant time.
  private readonly items = new Map<string, Item>();
  private readonly watchers = new Set<() => void>();
  private bytes = 0;
  private counted = 0;

  constructor(private readonly limits: KeepLimits) {}

  /** How many came in since the start, the forgotten ones included. */
  get received(): number {
    return this.counted;
  }

  get size(): number {
    return this.items.size;
  }

  /** @param make told the id of the new one: '1', '2', '3' …, never used twice, also not after `clear()` */
  add(make: (id: string) => Item): Item {
    this.counted += 1;
    const item = make(String(this.counted));
    this.items.set(item.id, item);
    this.bytes += item.bytes;
    for (const oldest of this.items.values()) {
      if (this.items.size <= this.limits.count && this.bytes <= this.limits.bytes) break;
      this.items.delete(oldest.id);
      this.bytes -= oldest.bytes;
    }
    this.tell();
    return item;
  }

  get(id: string): Item | undefined {
    return this.items.get(id);
  }

  newestFirst(): Item[] {
    return [...this.items.values()].reverse();
  }

  clear(): void {
    this.items.clear();
    this.bytes = 0;
    this.tell();
  }

  /** `changed` is called after each change, at once. Answers how to end that. */
  watch(changed: () => void): () => void {
    this.watchers.add(changed);
    return () => void this.watchers.delete(changed);
  }

  private tell(): void {
    for (const changed of this.watchers) changed();
  }
}
