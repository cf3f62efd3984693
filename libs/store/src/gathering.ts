interface Waiting<Item, Answer> {
  item: Item;
  resolve: (answer: Answer) => void;
  reject: (error: unknown) => void;
}

/**
 * Does together what is asked at the same time: while one round is under way the next gathers. Alone, nobody waits.
 * `work` answers in the order of its items. When it fails because of one of them, each is done alone.
 */
export class Gathering<Item, Answer> {
  private readonly waiting: Waiting<Item, Answer>[] = [];
  private underWay = 0;

  constructor(
    private readonly work: (items: Item[]) => Promise<Answer[]>,
    private readonly options: { limit: number; rounds: number; concernsAll: (error: unknown) => boolean },
  ) {}

  ask(item: Item): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ item, resolve, reject });
      this.next();
    });
  }

  private next(): void {
    while (this.waiting.length > 0 && this.underWay < this.options.rounds) {
      this.underWay++;
      void this.round(this.waiting.splice(0, this.options.limit)).finally(() => {
        this.underWay--;
        this.next();
      });
    }
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
