import { setTimeout as sleep } from 'node:timers/promises';

/** Slots that become free one by one are worth a wait of so long: one claim for many costs the database less. */
const gatherMs = 5;

/** How many may be in hand at the same time. */
export class Slots {
  private free: number;
  /** One after another: who comes first takes many, instead of each a few. */
  private turn: Promise<unknown> = Promise.resolve();
  private waiting?: { atLeast: number; resolve: () => void };

  /** @param longestGatherMs for how long slots may wait for others to become free */
  constructor(
    private readonly size: number,
    private readonly longestGatherMs = gatherMs,
  ) {
    this.free = size;
  }

  get taken(): number {
    return this.size - this.free;
  }

  /** Waits until at least one slot is free and takes as many as are, up to `wanted`. Answers how many. */
  take(wanted: number): Promise<number> {
    const taken = this.turn.then(() => this.gather(wanted));
    this.turn = taken;
    return taken;
  }

  release(count = 1): void {
    this.free += count;
    if (this.waiting && this.free >= this.waiting.atLeast) this.waiting.resolve();
  }

  private async gather(wanted: number): Promise<number> {
    const enough = Math.min(wanted, Math.ceil(this.size / 2));
    await this.until(1);
    // Only a moment: others may be held for a minute by sends that hang.
    await this.until(enough, this.longestGatherMs);
    const taken = Math.min(wanted, this.free);
    this.free -= taken;
    return taken;
  }

  /** Resolves when so many are free, or after `ms`. */
  private until(atLeast: number, ms?: number): Promise<void> {
    if (this.free >= atLeast) return Promise.resolve();
    return new Promise((done) => {
      const resolve = () => {
        clearTimeout(timer);
        this.waiting = undefined;
        done();
      };
      const timer = ms === undefined ? undefined : setTimeout(resolve, ms);
      this.waiting = { atLeast, resolve };
    });
  }
}

/** So many at a time, in the order in which they ask. */
export class Turns {
  private readonly waiting: (() => void)[] = [];

  constructor(private free: number) {}

  async take(): Promise<void> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  end(): void {
    const next = this.waiting.shift();
    if (next) next();
    else this.free++;
  }
}

/**
 * The right of way of what somebody waits for: while some of it is under way, others wait before they begin, but none longer
 * than `longestMs`, so that neither one that hangs nor a long run of them keeps them out.
 */
export class RightOfWay {
  private underWay = 0;
  private over?: PromiseWithResolvers<void> & { timer: NodeJS.Timeout };
  private waiting = 0;
  /** Whoever waits last may begin. */
  private last = Promise.resolve();
  /** By performance.now(). */
  private lastBegun = Number.NEGATIVE_INFINITY;
  private lastSpare = Promise.resolve();
  private spareSince = performance.eventLoopUtilization();

  /** @param recentMs for how long after something that had it `spare` still leaves half of the processor to more of it */
  constructor(
    private readonly longestMs: number,
    private readonly recentMs = 1_000,
  ) {}

  begin(): void {
    if (!this.isRecent()) this.spareSince = performance.eventLoopUtilization();
    this.lastBegun = performance.now();
    this.underWay++;
    this.over ??= { ...Promise.withResolvers<void>(), timer: setTimeout(() => this.letGo(), this.longestMs) };
  }

  end(): void {
    this.underWay--;
    if (this.underWay === 0) this.letGo();
  }

  /**
   * Resolves when others may begin. Those who had to wait begin one in each turn of the event loop: what has the right of way
   * may come in between.
   */
  async clear(): Promise<void> {
    if (this.over === undefined && this.waiting === 0) return;
    this.waiting++;
    const over = this.over?.promise; // not of what begins later, or a long run would keep out whoever waits
    this.last = this.last.then(async () => {
      await over;
      await new Promise(setImmediate);
    });
    await this.last;
    this.waiting--;
  }

  /**
   * Resolves when what nobody waits for may begin: at once, but while something had the right of way lately, one by one, each
   * when the event loop has been idle for as long as it was busy since the last one. Where a provider is what takes the time
   * that is at once, too; where the processor is, half of it stays free.
   */
  async spare(): Promise<void> {
    if (!this.isRecent()) return;
    this.lastSpare = this.lastSpare.then(async () => {
      for (;;) {
        const { active, idle } = performance.eventLoopUtilization(this.spareSince);
        if (active <= idle || !this.isRecent()) break;
        await sleep(Math.min(active - idle, this.longestMs));
      }
      this.spareSince = performance.eventLoopUtilization();
    });
    await this.lastSpare;
  }

  private isRecent(): boolean {
    return performance.now() - this.lastBegun < this.recentMs;
  }

  private letGo(): void {
    clearTimeout(this.over?.timer);
    this.over?.resolve();
    this.over = undefined;
  }
}
