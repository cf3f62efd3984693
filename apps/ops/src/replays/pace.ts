/** What a stall leaves behind is not made up for in one burst. */
const longestDebtMs = 1_000;
/** So long records gather: a transaction for each would be many. */
const gatherMs = 100;

/** Says how many records may go now, so that in the long run it is `rate` a second. */
export class Pace {
  private since: number;
  private gone = 0;

  /**
   * @param rate 0: as many as there are
   * @param now milliseconds that only rise
   */
  constructor(
    private readonly rate: number,
    now: number,
  ) {
    this.since = now - gatherMs; // the first ones need not gather
  }

  /** How many are due, at most `most`; 0: look again after `waitMs`. What is answered counts as gone. */
  next(now: number, most: number): { due: number; waitMs: number } {
    if (this.rate === 0) return { due: most, waitMs: 0 };
    const lastMs = this.since + (this.gone / this.rate) * 1_000; // when the last one was due
    if (now - lastMs > longestDebtMs) {
      this.since = now - longestDebtMs;
      this.gone = 0;
    }
    const due = Math.min(most, Math.floor(((now - this.since) / 1_000) * this.rate) - this.gone);
    const together = Math.max(1, Math.floor((this.rate * gatherMs) / 1_000));
    if (due < Math.min(together, most)) {
      const missing = Math.min(together, most) - Math.max(due, 0);
      return { due: 0, waitMs: Math.max(1, Math.ceil((missing / this.rate) * 1_000)) };
    }
    this.gone += due;
    return { due, waitMs: 0 };
  }
}
