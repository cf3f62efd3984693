import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Line {
  level: number;
  msg: string;
  step?: string;
  err?: { message: string };
}

/** Runs the fixture to its end. `onLine` is told every log line as it comes and may send signals. */
async function run(trouble: string, onLine: (line: Line, kill: (signal: NodeJS.Signals) => void) => void = () => {}) {
  const child = spawn(process.execPath, [here('../dist/program.fixture.js'), trouble]);
  const lines: Line[] = [];
  let complaints = '';
  child.stderr.on('data', (chunk) => {
    complaints += chunk;
  });
  createInterface(child.stdout).on('line', (text) => {
    const line = JSON.parse(text) as Line;
    lines.push(line);
    onLine(line, (signal) => child.kill(signal));
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, complaints, lines, messages: lines.map(({ msg, step }) => (step ? `${msg}: ${step}` : msg)) };
}

const killWhenBooted =
  (...signals: NodeJS.Signals[]) =>
  ({ msg }: Line, kill: (signal: NodeJS.Signals) => void) => {
    if (msg === 'booted') for (const signal of signals) kill(signal);
  };

describe('a program', () => {
  // What runs here is what is shipped.
  beforeAll(() => {
    execFileSync(here('../../../node_modules/.bin/tsc'), ['-b', here('..')]);
  });

  const orderly = ['booted', 'stopping', 'stopped: intake', 'stopped: work', 'closed', 'stopped: connections'];

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'takes its stop steps in their order on %s, then ends with 0',
    async (signal) => {
      const { code, messages } = await run('', killWhenBooted(signal));
      expect(messages).toEqual(orderly);
      expect(code).toBe(0);
    },
  );

  it('stops once, however often it is told', async () => {
    const { code, messages } = await run('', killWhenBooted('SIGTERM', 'SIGTERM', 'SIGINT'));
    expect(messages).toEqual(orderly);
    expect(code).toBe(0);
  });

  it('goes on with the next step after one that fails, then ends with 1', async () => {
    const { code, messages, lines } = await run('failing step', killWhenBooted('SIGTERM'));
    expect(messages.slice(2)).toEqual([
      'stopped: intake',
      'a stop step failed: work',
      'closed',
      'stopped: connections',
    ]);
    expect(lines.find(({ err }) => err)?.err?.message).toBe('could not be finished');
    expect(code).toBe(1);
  });

  it('ends with 1 at the deadline and names the step that hangs, also when nothing else keeps it alive', async () => {
    const { code, messages } = await run('stuck', killWhenBooted('SIGTERM'));
    expect(messages).toEqual(['booted', 'stopping', 'stopped: intake', 'did not stop in time: work']);
    expect(code).toBe(1);
  });

  it('ends at once when it is stopped while it boots', async () => {
    const { code, messages } = await run('long boot', ({ msg }, kill) => msg === 'booting' && kill('SIGTERM'));
    expect(messages).toEqual(['booting']);
    expect(code).toBe(0);
  });

  it('ends with 2 and one readable message when its settings are wrong', async () => {
    const { code, complaints, lines } = await run('wrong settings');
    expect(complaints).toBe('wrong settings:\n  PORT: expected a whole number\n');
    expect(lines).toEqual([]);
    expect(code).toBe(2);
  });

  it('ends with 1 and the reason when it cannot boot', async () => {
    const { code, complaints } = await run('no boot');
    expect(complaints).toContain('the database is away');
    expect(code).toBe(1);
  });

  it.each(['uncaught', 'unhandled'])('ends with 1 and a log line by an error that is %s', async (trouble) => {
    const { code, lines } = await run(trouble);
    expect(lines).toContainEqual(
      expect.objectContaining({ level: 60, err: expect.objectContaining({ type: 'SyntaxError' }) }),
    );
    expect(code).toBe(1);
  });
});
