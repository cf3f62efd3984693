import { type Anomaly } from './anomaly.js';
import { type Arena } from './arena.js';

/** A figure of a run, with its bounds if it has any. */
export interface Figure {
  name: string;
  value: number;
  unit?: string;
  atMost?: number;
  atLeast?: number;
}

export interface Finding {
  /** Out of bounds: failed. */
  figures: Figure[];
  /** That the faults have hit. Out of bounds: the run is void. */
  proofs: Figure[];
}

export type Length = 'short' | 'full';

export interface FaultTest {
  name: string;
  /** What is done, in the size of a full run. */
  fault: string;
  /** Whether connections to Kafka are to be cut. Default: false. */
  withKafkaProxy?: boolean;
  run(arena: Arena, length: Length): Promise<Finding>;
}

export interface Outcome extends Finding {
  name: string;
  seed: number;
  seconds: number;
  verdict: 'passed' | 'failed' | 'void';
  anomalies: Anomaly[];
}

const inBounds = ({ value, atMost = Number.POSITIVE_INFINITY, atLeast = Number.NEGATIVE_INFINITY }: Figure): boolean =>
  value >= atLeast && value <= atMost;

/** Anomalies and figures out of bounds fail a run; a run that no fault has hit says nothing. */
export function verdictOn({ figures, proofs }: Finding, anomalies: readonly Anomaly[]): Outcome['verdict'] {
  if (anomalies.length > 0 || !figures.every(inBounds)) return 'failed';
  return proofs.length > 0 && proofs.every(inBounds) ? 'passed' : 'void';
}
