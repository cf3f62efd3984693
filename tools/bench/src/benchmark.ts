/** One figure of a benchmark and what is asked of it. */
export interface FigureSettings {
  label: string;
  /** Digits after the point; 0 unless given. */
  digits?: number;
  must?: { atLeast: number } | { atMost: number };
  aim?: number;
}

export interface Benchmark {
  name: string;
  /** What it does, for the reader of the figures. */
  what: string;
  figures: Record<string, FigureSettings>;
  /** One run on fresh servers. Throws a VoidRun when its figures cannot be true. */
  run(): Promise<Record<string, number>>;
}
