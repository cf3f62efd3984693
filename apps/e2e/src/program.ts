import { type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { freePort, spawnWatched, workspace } from '@allim/stack';
import { waitFor } from '@allim/testing';

const logs = `${workspace}.stack/e2e`;

export type App = 'api' | 'consumer' | 'channel-email' | 'channel-push' | 'ops';

/** One of our apps as it is started in production: its built main.js, in a process of its own. */
export class Program {
  private child?: ChildProcess;

  private constructor(
    readonly name: string,
    private readonly app: App,
    readonly port: number,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  static async start(name: string, app: App, environment: NodeJS.ProcessEnv): Promise<Program> {
    const program = new Program(name, app, await freePort(), environment);
    await program.start();
    return program;
  }

  /** `127.0.0.1` with the port: what a browser and a client are given. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** Starts it (again), on the same port; resolves when it is ready. */
  async start(): Promise<void> {
    mkdirSync(logs, { recursive: true });
    const log = openSync(`${logs}/${this.name}.log`, 'w');
    this.child = spawnWatched(process.execPath, [`${workspace}apps/${this.app}/dist/main.js`], {
      output: log,
      environment: { ...this.environment, PORT: `${this.port}` },
    });
    closeSync(log);
    await waitFor(async () => (await fetch(`${this.url}/health/ready`)).ok, {
      what: `${this.name} to be ready (its log is .stack/e2e/${this.name}.log)`,
      timeoutMs: 60_000,
    });
  }

  /** Answers the exit code; null when the signal killed it. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    const { child } = this;
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const exit = once(child, 'exit');
    child.kill(signal);
    const [code] = (await exit) as [number | null];
    return code;
  }

  /** The sum of a counter's samples that carry these labels. */
  async metric(name: string, labels: Record<string, string> = {}): Promise<number> {
    const lines = (await (await fetch(`${this.url}/metrics`)).text()).split('\n');
    const carries = (line: string) =>
      Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`));
    return lines
      .filter((line) => (line.startsWith(`${name}{`) || line.startsWith(`${name} `)) && carries(line))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
  }
}
