import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort, spawnWatched, workspace } from '@allim/stack';
import { type History } from './history.js';
import { type Samples, sum } from './samples.js';
import { until } from './until.js';

const restartMs = 100;
const lookMs = 250;
const readyMs = 60_000;

/** What was seen of a program at one moment. */
export interface Look {
  at: number;
  pid: number;
  rssMb: number;
  /** Of `/health/live`; undefined: no answer. */
  live: boolean | undefined;
}

/**
 * One of our programs as a child process, started again whenever it ends, as an orchestrator would. Its metrics are looked
 * at all the time, so that what a killed process had counted is not forgotten.
 */
export class Program {
  readonly looks: Look[] = [];
  private child?: ChildProcess;
  private asked = false;
  private closing = false;
  private readonly counted = new Map<number, Samples>();
  private watching?: Promise<void>;

  private constructor(
    readonly name: string,
    readonly port: number,
    private readonly main: string,
    /** Asked before each start. */
    private readonly environment: () => NodeJS.ProcessEnv,
    private readonly history: History,
  ) {}

  /** @param main the file that is run, from the workspace's folder */
  static async start(
    main: string,
    name: string,
    environment: () => NodeJS.ProcessEnv,
    history: History,
  ): Promise<Program> {
    const program = new Program(name, await freePort(), main, environment, history);
    program.run();
    program.watching = program.watch();
    return program;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private run(): void {
    const log = openSync(join(this.history.folder, `${this.name}.log`), 'a');
    this.asked = false;
    const child = spawnWatched(process.execPath, [join(workspace, this.main)], {
      output: log,
      environment: { NODE_ENV: 'test', ...this.environment(), PORT: String(this.port) },
    });
    closeSync(log);
    this.child = child;
    child.once('exit', (code, signal) => {
      this.history.add({ kind: 'exit', program: this.name, code, signal, asked: this.asked });
      this.child = undefined;
      if (!this.closing) setTimeout(() => this.closing || this.run(), restartMs);
    });
  }

  /** Throws when it is not ready within a minute. */
  async ready(): Promise<void> {
    const ms = await until(async () => (await fetch(`${this.url}/health/ready`)).ok, { withinMs: readyMs });
    if (ms === null)
      throw new Error(`${this.name} is not ready after ${readyMs} ms: see its log in ${this.history.folder}`);
  }

  /** SIGKILL; it starts again by itself. */
  kill(): void {
    this.asked = true;
    this.child?.kill('SIGKILL');
  }

  /** SIGTERM; answers how it ended, and starts again by itself. */
  async terminate(): Promise<{ code: number | null; ms: number }> {
    const { child } = this;
    if (!child) return { code: null, ms: 0 };
    const began = Date.now();
    this.asked = true;
    child.kill('SIGTERM');
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, ms: Date.now() - began };
  }

  /** A counter's sum over all processes this program has been, as far as seen. */
  total(metric: string, labels: Record<string, string> = {}): number {
    let total = 0;
    for (const samples of this.counted.values()) total += sum(samples, metric, labels);
    return total;
  }

  private async watch(): Promise<void> {
    while (!this.closing) {
      await this.look();
      await pause(lookMs);
    }
  }

  /** Looks at metrics, memory and health once. */
  async look(): Promise<void> {
    const { pid } = this;
    if (pid === undefined) return;
    try {
      const signal = AbortSignal.timeout(2_000);
      const [metrics, live] = await Promise.all([
        fetch(`${this.url}/metrics`, { signal }).then((answer) => answer.text()),
        fetch(`${this.url}/health/live`, { signal }).then(async (answer) => {
          await answer.text();
          return answer.ok;
        }),
      ]);
      this.counted.set(pid, metrics);
      this.looks.push({ at: Date.now(), pid, rssMb: residentMb(pid), live });
    } catch {
      this.looks.push({ at: Date.now(), pid, rssMb: residentMb(pid), live: undefined });
    }
  }

  async close(): Promise<void> {
    this.closing = true;
    this.asked = true;
    const { child } = this;
    if (child) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await this.watching;
  }
}

function residentMb(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024;
  } catch {
    return 0;
  }
}
