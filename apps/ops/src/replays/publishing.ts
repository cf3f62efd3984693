import { type ReplayLetter } from '@allim/store';
import { type Publication } from './replay-publisher.js';

const nothing: Publication = { published: [], refused: [] };

/** Publishes batches of letters and notes what became of them, in their order: while one is noted, the next is published. */
export class Publishing {
  private published = Promise.resolve(nothing);
  private noted = Promise.resolve();

  constructor(
    private readonly publish: (letters: readonly ReplayLetter[]) => Promise<Publication>,
    private readonly note: (publication: Publication) => Promise<void>,
  ) {}

  /** Resolves when the batch is on its way: those before it are published, and noted but for the last. Rejects when one of those failed. */
  async add(letters: readonly ReplayLetter[]): Promise<void> {
    const publication = await this.published;
    await this.noted;
    const { published, refused } = publication;
    if (published.length + refused.length > 0) this.noted = this.note(publication);
    if (letters.length > 0) this.published = this.publish(letters);
    else this.published = Promise.resolve(nothing);
    for (const later of [this.noted, this.published]) later.catch(() => {}); // told where it is awaited
  }

  /** Resolves when all of it is noted; rejects when something failed. */
  async end(): Promise<void> {
    await this.add([]);
    await this.noted;
  }

  /** Resolves when nothing is under way any more, whatever became of it. */
  async settle(): Promise<void> {
    await this.end().catch(() => this.noted.catch(() => {}));
  }
}
