import { type Steps } from './steps.js';

/** Counters as they stood at one moment, by name. */
export interface Counters {
  /** Milliseconds since 1970, as `startedAt`. */
  at: number;
  /** Of their process, to the second; null: it does not say. */
  startedAt: number | null;
  values: ReadonlyMap<string, number>;
}

/** What was counted between two moments. */
export interface Counted {
  from: number;
  until: number;
  counts: ReadonlyMap<string, number>;
}

/** What was counted since `before`. A process that was started anew counts from 0: then since its start. */
export function countedSince(before: Counters, now: Counters): Counted {
  const isAnew =
    before.startedAt !== now.startedAt ||
    [...before.values].some(([name, value]) => (now.values.get(name) ?? 0) < value);
  const start = isAnew ? Math.max(before.at, now.startedAt ?? 0) : before.at;
  return {
    from: Math.min(start, now.at),
    until: now.at,
    counts: new Map(
      [...now.values].map(([name, value]) => [name, value - (isAnew ? 0 : (before.values.get(name) ?? 0))]),
    ),
  };
}

/** What is known of some steps of time: nothing where a step is null. */
export interface KnownSteps {
  isKnown: boolean[];
  /** By name, then by step. */
  counts: Map<string, (number | null)[]>;
}

/** Counts by step of time, as long as they are wanted. A step of which nothing was heard has no counts, not counts of 0. */
export class StepCounts {
  /** By the beginning of the step. */
  private readonly steps = new Map<number, Map<string, number>>();

  constructor(
    private readonly stepMs: number,
    private readonly stepsKept: number,
  ) {}

  /** Counts over more than one step are taken as even, whole numbers. */
  add({ from, until, counts }: Counted): void {
    const first = this.beginOf(from);
    // What ends with a step is of that one, not of the next.
    const last = Math.max(first, this.beginOf(until - 1));
    const share = (moment: number) => (until === from ? 1 : Math.min(1, (moment - from) / (until - from)));
    for (let begin = Math.max(first, last - this.stepsKept * this.stepMs); begin <= last; begin += this.stepMs) {
      const step = this.stepAt(begin);
      for (const [name, count] of counts) {
        if (count === 0) continue;
        const before = begin <= from ? 0 : Math.round(count * share(begin));
        step.set(name, (step.get(name) ?? 0) + Math.round(count * share(begin + this.stepMs)) - before);
      }
    }
    for (const begin of this.steps.keys()) if (begin <= last - this.stepsKept * this.stepMs) this.steps.delete(begin);
  }

  read({ from, count }: Steps): KnownSteps {
    const begins = Array.from({ length: count }, (_, nth) => from.getTime() + nth * this.stepMs);
    const steps = begins.map((begin) => this.steps.get(begin));
    const names = new Set(steps.flatMap((step) => [...(step?.keys() ?? [])]));
    return {
      isKnown: steps.map((step) => step !== undefined),
      counts: new Map([...names].map((name) => [name, steps.map((step) => (step ? (step.get(name) ?? 0) : null))])),
    };
  }

  private beginOf(moment: number): number {
    return Math.floor(moment / this.stepMs) * this.stepMs;
  }

  private stepAt(begin: number): Map<string, number> {
    const known = this.steps.get(begin) ?? new Map<string, number>();
    this.steps.set(begin, known);
    return known;
  }
}

/** Of several that count the same things: nothing is known where nothing is known of any. */
export function together(all: readonly KnownSteps[], count: number): KnownSteps {
  const nths = Array.from({ length: count }, (_, nth) => nth);
  const isKnown = nths.map((nth) => all.some((one) => one.isKnown[nth]));
  const names = new Set(all.flatMap(({ counts }) => [...counts.keys()]));
  const sumOf = (name: string, nth: number) =>
    isKnown[nth] ? all.reduce((sum, { counts }) => sum + (counts.get(name)?.[nth] ?? 0), 0) : null;
  return { isKnown, counts: new Map([...names].map((name) => [name, nths.map((nth) => sumOf(name, nth))])) };
}
