// A program for program.int.spec.ts. It says "booted" when it can be stopped; its argument names what goes wrong.
import { createLogger } from './logger.js';
import { runProgram } from './program.js';
import { SettingsError } from './settings.js';

const [trouble] = process.argv.slice(2);
const logger = createLogger('fixture', 'info');
const never = () => new Promise<never>(() => {});

await runProgram(async () => {
  if (trouble === 'wrong settings') throw new SettingsError(['PORT: expected a whole number']);
  if (trouble === 'no boot') throw new Error('the database is away');
  const alive = setInterval(() => {}, 60_000);
  if (trouble === 'long boot') {
    logger.info('booting');
    await never();
  }
  if (trouble === 'uncaught') setImmediate(() => JSON.parse('{'));
  if (trouble === 'unhandled') void Promise.reject(new SyntaxError('nobody awaits this'));
  logger.info('booted');
  return {
    logger,
    shutdownDeadlineMs: trouble === 'stuck' ? 200 : 10_000,
    stop: [
      { name: 'intake', run: () => clearInterval(alive) },
      {
        name: 'work',
        run: async () => {
          if (trouble === 'failing step') throw new Error('could not be finished');
          if (trouble === 'stuck') await never();
        },
      },
      { name: 'connections', run: async () => logger.info('closed') },
    ],
  };
});
