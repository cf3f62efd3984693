import { setTimeout as sleep } from 'node:timers/promises';

/** Slots that become free one by one are worth a wait of so long: one claim for many costs the database less. */
const gatherMs = 5;

/** How many may send at the same time. */
export class Slots {
  private free: number;
  private waiting: (() => void)[] = [];

  constructor(private readonly size: number) {
    this.free = size;
  }

  get taken(): number {
    return this.size - this.free;
  }

  /** Waits until at least one slot is free and takes as many as are, up to `wanted`. Answers how many. */
  async take(wanted: number): Promise<number> {
    // Only a moment: others may be held for a minute by sends that hang.
    if (this.free > 0 && this.free < Math.min(wanted, this.size / 2)) await sleep(gatherMs);
    while (this.free === 0) await new Promise<void>((resolve) => this.waiting.push(resolve));
    const taken = Math.min(wanted, this.free);
    this.free -= taken;
    return taken;
  }

  release(count = 1): void {
    this.free += count;
    for (const wake of this.waiting.splice(0)) wake();
  }
}
