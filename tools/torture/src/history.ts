import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs';
import { join } from 'node:path';
import { type Channel, type DeliveryState } from '@allim/contracts';

/** What happened, one line each. `at`: milliseconds since the run began. */
export type Entry = { at: number } & Happening;

/** The entries of one kind. */
export type Of<Kind extends Happening['kind']> = Extract<Entry, { kind: Kind }>;

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
  /** A delivery that is committed: from now on it must be sent. Its message carries the number, whatever its ids are. */
  | { kind: 'planned'; delivery: string; channel: Channel; number: number }
  /** A message as its provider has it. `key`: what the provider, or who reads it, recognises a second one by. */
  | { kind: 'arrived'; channel: Channel; number: number; key: string }
  /** A delivery's row as it is at the end. */
  | { kind: 'delivery'; delivery: string; channel: Channel; state: DeliveryState; attempts: number; tries: Try[] }
  /** `during`: what was under way at that moment: events acknowledged and not saved yet, or deliveries not concluded. */
  | { kind: 'fault'; fault: string; target: string; during: number }
  | { kind: 'exit'; program: string; code: number | null; signal: string | null; asked: boolean }
  /** Something that had to be over in time. `ms` null: it never was. */
  | { kind: 'recovered'; what: string; ms: number | null; limitMs: number };

/** An attempt on record. */
export interface Try {
  /** Milliseconds since the run began. */
  from: number;
  until: number;
  outcome: string;
  reason: string | null;
}

/** Writes what happens to `history.jsonl` in the run's folder, and keeps it for the checker. */
export class History {
  readonly entries: Entry[] = [];
  private readonly file: WriteStream;
  private readonly began = Date.now();

  constructor(readonly folder: string) {
    mkdirSync(folder, { recursive: true });
    this.file = createWriteStream(join(folder, 'history.jsonl'));
  }

  /** Milliseconds since the run began. */
  get now(): number {
    return this.at(new Date());
  }

  /** The moment of somebody else on this machine, in milliseconds since the run began. */
  at(moment: Date): number {
    return moment.getTime() - this.began;
  }

  add(happening: Happening): void {
    const entry = { at: this.now, ...happening };
    this.entries.push(entry);
    this.file.write(`${JSON.stringify(entry)}\n`);
  }

  count<Kind extends Happening['kind']>(kind: Kind, wanted: (entry: Of<Kind>) => boolean = () => true): number {
    return this.all(kind).filter(wanted).length;
  }

  all<Kind extends Happening['kind']>(kind: Kind): Of<Kind>[] {
    return this.entries.filter((entry): entry is Of<Kind> => entry.kind === kind);
  }

  close(): Promise<void> {
    return new Promise((resolve) => this.file.end(resolve));
  }
}
