/**
 * How many commands of one lane may wait for a worker: `least` at first, twice as many whenever they are nearly all taken by the
 * next look, up to `most`; half as many when none was. Where workers are quick they never wait for us; where there are none,
 * few commands lie in Kafka, and a consumer with a backlog has the database for its inboxes.
 */
export class LaneWindow {
  private current: number;
  private wasFilled = false;

  constructor(
    private readonly least: number,
    private readonly most: number,
  ) {
    this.current = least;
  }

  get size(): number {
    return this.current;
  }

  /** Told how many are waiting now, counted up to `size`; answers how many more there may be. */
  look(waiting: number): number {
    if (this.wasFilled && waiting <= this.current / 4) this.current = Math.min(this.current * 2, this.most);
    else if (this.wasFilled && waiting >= this.current) this.current = Math.max(this.current / 2, this.least);
    this.wasFilled = false;
    return Math.max(0, this.current - waiting);
  }

  /** It is full from now on. */
  fill(): void {
    this.wasFilled = true;
  }
}
