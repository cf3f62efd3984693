import '@allim/platform/small-heap'; // before anything is allocated
import 'reflect-metadata';
import { createLogger, loadSettings, runProgram } from '@allim/platform';
import { startApi } from './api.js';
import { settings as schema } from './config.js';

await runProgram(async () => {
  const settings = loadSettings(schema);
  const logger = createLogger('api', settings.LOG_LEVEL);
  const { port, stop } = await startApi(settings, logger);
  logger.info({ port }, 'ready');
  return { logger, shutdownDeadlineMs: settings.SHUTDOWN_DEADLINE_MS, stop };
});
