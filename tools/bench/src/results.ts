import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { workspace } from '@allim/stack';
import { type Benchmark, type FigureSettings } from './benchmark.js';

/** What `<name>.json` holds. */
export interface Result {
  name: string;
  what: string;
  at: string;
  revision: string;
  machine: { cpu: string; cores: number; memoryGb: number; os: string; node: string; servers: string };
  /** Every run: figures by their key. */
  runs: Record<string, number>[];
  figures: (FigureSettings & { key: string; min: number; median: number; max: number; verdict: Verdict })[];
}

/** Judged by the median. */
type Verdict = 'aim' | 'must' | 'missed' | 'reported';

export function resultOf(benchmark: Benchmark, runs: Record<string, number>[], servers: string): Result {
  const { name, what } = benchmark;
  return {
    name,
    what,
    at: new Date().toISOString(),
    revision: revision(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      os: `Linux ${release()}`,
      node: process.version,
      servers,
    },
    runs,
    figures: Object.entries(benchmark.figures).map(([key, settings]) => {
      const sorted = runs.map((run) => run[key] ?? Number.NaN).sort((a, b) => a - b);
      const median = middle(sorted);
      const [min = Number.NaN] = sorted;
      return { key, ...settings, min, median, max: sorted.at(-1) ?? Number.NaN, verdict: judge(settings, median) };
    }),
  };
}

function middle(sorted: number[]): number {
  const half = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(half)] ?? Number.NaN) + (sorted[Math.ceil(half)] ?? Number.NaN)) / 2;
}

function judge({ must, aim }: FigureSettings, value: number): Verdict {
  if (!must) return 'reported';
  const reaches = (bound: number) => ('atLeast' in must ? value >= bound : value <= bound);
  if (!reaches('atLeast' in must ? must.atLeast : must.atMost)) return 'missed';
  return aim === undefined || reaches(aim) ? 'aim' : 'must';
}

function revision(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: workspace, encoding: 'utf8' }).trim();
  try {
    return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'apps', 'libs') ? ' with changes' : '');
  } catch {
    return 'unknown';
  }
}

export function save(result: Result, folder: string): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${result.name}.json`, `${JSON.stringify(result, null, 2)}\n`);
}

/** The results in a folder, in the order of `names`; some may be missing. */
export function savedResults(names: string[], folder: string): Result[] {
  const files = names.map((name) => `${folder}/${name}.json`);
  return files.filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, 'utf8')));
}
