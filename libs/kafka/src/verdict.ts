/** What is to become of a record that was handled. */
export type Verdict = { kind: 'done' } | { kind: 'dead'; error: DeadLetterError };

export const done: Verdict = { kind: 'done' };

/** Why a record can never be processed. */
export interface DeadLetterError {
  /** Stable label for operators: `bad-json`, `too-long`, `handler`, … */
  errorClass: string;
  error: Error;
}

export const dead = (errorClass: string, error: Error): Verdict => ({ kind: 'dead', error: { errorClass, error } });

/**
 * What the work depends on is down (a database, a broker): nothing is wrong with the records. The same batch is handed
 * over again, for as long as it takes, and nobody's attempts are counted.
 */
export class InfrastructureDown extends Error {
  override readonly name = 'InfrastructureDown';
}

/**
 * Handles a batch and answers a verdict for each record, in the same order. Throws an InfrastructureDown to be asked
 * again later. Any other throw is a fault of the handler with one of the records: it is searched by halving and, after
 * its retries, a dead letter of class `handler`.
 */
export type BatchHandler<Item> = (items: Item[]) => Promise<Verdict[]>;
