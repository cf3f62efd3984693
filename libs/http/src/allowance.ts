import { type Clock, systemClock } from '@allim/platform';

/** A bucket per user, in this node's memory: with n nodes a user may have up to n times as much, which still bounds what one person can cost. */
export class Allowance {
  private readonly buckets = new Map<string, { left: number; at: number }>();

  constructor(
    private readonly limit: { perSecond: number; burst: number },
    private readonly clock: Clock = systemClock,
  ) {}

  /** Takes one. Answers 0, or the whole seconds until there is one again. */
  take(userId: string): number {
    const now = this.clock();
    const bucket = this.buckets.get(userId) ?? { left: this.limit.burst, at: now };
    bucket.left = Math.min(this.limit.burst, bucket.left + ((now - bucket.at) / 1000) * this.limit.perSecond);
    bucket.at = now;
    this.buckets.set(userId, bucket);
    if (bucket.left < 1) return Math.max(1, Math.ceil((1 - bucket.left) / this.limit.perSecond));
    bucket.left -= 1;
    return 0;
  }

  /** Forgets the buckets that are full again; to be called now and then. */
  tidy(): void {
    const fullAfterMs = (this.limit.burst / this.limit.perSecond) * 1000;
    for (const [userId, { at }] of this.buckets) if (this.clock() - at >= fullAfterMs) this.buckets.delete(userId);
  }

  get size(): number {
    return this.buckets.size;
  }
}
