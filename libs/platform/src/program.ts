import { type Logger } from './logger.js';
import { SettingsError } from './settings.js';

/** One step of an orderly stop. */
export interface StopStep {
  name: string;
  run: () => unknown | Promise<unknown>;
}

export interface Program {
  logger: Logger;
  /** From SIGTERM to the end of the process, at most. */
  shutdownDeadlineMs: number;
  /** In the order in which they are taken. A step that fails is logged; the next one is taken all the same. */
  stop: StopStep[];
}

/**
 * Runs a program until SIGTERM or SIGINT, then takes its stop steps in their order, then ends the process: 0 when all
 * were taken in time, 1 otherwise. Nest would close sockets and HTTP before its microservices; here every app says its
 * own order. Wrong settings end with 2 and one readable message; an error nobody caught ends with 1: whoever supervises us starts us
 * again, and what was under way is redelivered.
 */
export async function runProgram(boot: () => Promise<Program>): Promise<void> {
  let program: Program | undefined;
  let stopping = false;

  const fail = (error: unknown): void => {
    if (program) program.logger.fatal({ err: error }, 'ends by an error that nobody caught');
    else console.error(error);
    process.exit(1);
  };
  process.on('uncaughtException', fail);
  process.on('unhandledRejection', fail);

  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    if (!program) process.exit(0); // nothing was promised to anybody yet
    const { logger, shutdownDeadlineMs } = program;
    logger.info({ signal }, 'stopping');
    let step = '';
    setTimeout(() => {
      logger.error({ step }, 'did not stop in time');
      process.exit(1);
    }, shutdownDeadlineMs); // keeps the process alive: a step that waits for ever must not look like one that is done
    const clean = await takeSteps(program, (name) => {
      step = name;
    });
    process.exit(clean ? 0 : 1);
  };
  process.on('SIGTERM', (signal) => void stop(signal));
  process.on('SIGINT', (signal) => void stop(signal));

  try {
    program = await boot();
  } catch (error) {
    const { code, port } = error as NodeJS.ErrnoException & { port?: number };
    if (error instanceof SettingsError) console.error(error.message);
    else if (code === 'EADDRINUSE') console.error(`wrong settings:\n  PORT: ${port} is taken, expected a free port`);
    else return fail(error);
    process.exit(2);
  }
}

async function takeSteps({ stop, logger }: Program, onStep: (name: string) => void): Promise<boolean> {
  let clean = true;
  for (const { name, run } of stop) {
    onStep(name);
    const began = performance.now();
    try {
      await run();
      logger.info({ step: name, ms: Math.round(performance.now() - began) }, 'stopped');
    } catch (error) {
      clean = false;
      logger.error({ step: name, err: error }, 'a stop step failed');
    }
  }
  return clean;
}
