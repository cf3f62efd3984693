interface Waiting<Item, Answer> {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

interface GatheringOptions {
  /** Items of one round, at most. */
  limit: number;
  /** Rounds under way, at most. */
  rounds: number;
  /** Milliseconds between the beginnings of two rounds, unless a quarter of the limit waits. */
  restMs: number;
  /** Milliseconds after which a round may take as long as it likes: the next one does not wait for it any more. */
  longMs: number;
  concernsAll: (error: unknown) => boolean;
}

/**
 * Does together what is asked at the same time: while one round is under way, and for a moment after it began, the next
 * gathers; another one beside it begins when a quarter of its limit waits. Alone, nobody waits. `work` answers in the
 * order of its items. When it fails because of one of them, each is done alone.
 */
export class Gathering<Item, Answer> {
  private readonly waiting: Waiting<Item, Answer>[] = [];
  private underWay = 0;
  /** When the last round began, by performance.now(). */
  private began = Number.NEGATIVE_INFINITY;
  private timer?: NodeJS.Timeout;

  constructor(
    private readonly work: (items: Item[]) => Promise<Answer[]>,
    private readonly options: GatheringOptions,
  ) {}

  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    while (this.waiting.length > 0 && this.underWay < this.options.rounds) {
      const waitMs = this.waiting.length < this.options.limit / 4 ? this.leastMs() : 0;
      if (waitMs > 0) {
        this.lookAgain(waitMs);
        return;
      }
      this.underWay++;
      this.began = performance.now();
      void this.round(this.waiting.splice(0, this.options.limit)).finally(() => {
        this.underWay--;
        this.next();
      });
    }
  }

  /** For how long a few may still gather. */
  private leastMs(): number {
    const { longMs, restMs } = this.options;
    return this.began + (this.underWay > 0 ? longMs : restMs) - performance.now();
  }

  private lookAgain(ms: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.next(), Math.ceil(ms));
  }

  private async round(round: Waiting<Item, Answer>[]): Promise<void> {
    try {
      const answers = await this.work(round.map(({ item }) => item));
      for (const [index, { resolve }] of round.entries()) resolve(answers[index]!);
    } catch (error) {
      if (round.length > 1 && !this.options.concernsAll(error)) {
        for (const one of round) await this.round([one]);
        return;
      }
      for (const { reject } of round) reject(error);
    }
  }
}
