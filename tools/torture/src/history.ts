import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';

/** What happened, one line each. `at`: milliseconds since the run began. */
export type Entry = { at: number } & Happening;

export type Happening =
  /** Handed to the broker, perhaps in vain. Events of one stream and user are sent in their order. */
  | { kind: 'sent'; event: string; user: string; stream: string }
  /** The broker has acknowledged it: from now on it must not be lost. */
  | { kind: 'acknowledged'; event: string }
  /** A record that nobody can process, acknowledged at this place. `again`: a crash may have it buried again. */
  | { kind: 'poisoned'; place: string; poison: string; again?: boolean }
  /** A record on a `.DLT` topic; `place` is that of the record it stands for. */
  | { kind: 'letter'; place: string; differs?: string }
  /** A row of the inbox as it is at the end. */
  | { kind: 'row'; user: string; id: number; event: string }
  /** A notification's hint on Redis. */
  | { kind: 'hinted'; user: string; id: number }
  /** A hint that says how far an inbox goes. */
  | { kind: 'positioned'; user: string; lastId: number }
  /** A client that has to receive, in the end, all of its user's rows. */
  | { kind: 'client'; client: string; user: string }
  | { kind: 'received'; client: string; id: number; event: string }
  /** `during`: events acknowledged and not saved yet at that moment. */
  | { kind: 'fault'; fault: string; target: string; during: number }
  | { kind: 'exit'; program: string; code: number | null; signal: string | null; asked: boolean }
  /** Something that had to be over in time. `ms` null: it never was. */
  | { kind: 'recovered'; what: string; ms: number | null; limitMs: number };

/** Writes what happens to `history.jsonl` in the run's folder, and keeps it for the checker. */
export class History {
  readonly entries: Entry[] = [];
  private readonly file: WriteStream;
  private readonly began = Date.now();

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = createWriteStream(join(folder, 'history.jsonl'));
  }

  add(happening: Happening): void {
    const entry = { at: Date.now() - this.began, ...happening };
    this.entries.push(entry);
    this.file.write(`${JSON.stringify(entry)}\n`);
  }

  count<Kind extends Happening['kind']>(
    kind: Kind,
    wanted: (entry: Extract<Entry, { kind: Kind }>) => boolean = () => true,
  ): number {
    return this.entries.filter((entry) => entry.kind === kind && wanted(entry as Extract<Entry, { kind: Kind }>))
      .length;
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.file.end(resolve));
  }
}
