import { type Logger } from '@allim/platform';
import { type Deliveries } from './deliveries.js';

/** Renewals while a lease lasts: two may fail. */
const renewals = 3;

/** Keeps what was claimed together ours for as long as it is in our hands. */
export class Lease {
  private readonly held: Set<string>;
  private readonly timer?: NodeJS.Timeout;

  constructor(
    readonly holder: Buffer,
    ids: readonly string[],
    private readonly options: { deliveries: Deliveries; leaseMs: number; logger: Logger },
  ) {
    this.held = new Set(ids);
    if (ids.length > 0) this.timer = setInterval(() => void this.renew(), options.leaseMs / renewals);
  }

  /** That one is concluded, or given up. */
  end(id: string): void {
    this.held.delete(id);
    if (this.held.size === 0) clearInterval(this.timer);
  }

  private async renew(): Promise<void> {
    const { deliveries, leaseMs, logger } = this.options;
    try {
      await deliveries.extendLease([...this.held], this.holder, leaseMs);
    } catch (error) {
      // Whoever concludes one that was lost will hear of it.
      logger.warn({ reason: (error as Error).message, deliveries: this.held.size }, 'a lease was not renewed');
    }
  }
}
