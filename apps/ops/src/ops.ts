import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { requestLog, securityHeaders, serveOpenApi } from '@allim/http';
import { FoundTopics, kafkaClient } from '@allim/kafka';
import { createLogger, createRegistry, Health, NestLogger, type Program } from '@allim/platform';
import { DeadLetterStore, openDatabase, pingDatabase } from '@allim/store';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Settings } from './config.js';
import { indexLetters } from './index-letters.js';
import { indexMetrics } from './metrics.js';
import { OpsModule } from './ops.module.js';
import { topicMatcher } from './topic-patterns.js';

/** Starts the operators' program; resolves when it takes requests. What is indexed is served without Kafka, which is waited for as long as it takes. */
export async function startOps(settings: Settings): Promise<Program & { port: number }> {
  const logger = createLogger('ops', settings.LOG_LEVEL);
  const registry = createRegistry();
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    connections: settings.DATABASE_CONNECTIONS,
    onWaiting: (error) => logger.warn({ reason: error.message }, 'the database does not answer yet'),
  });
  const letters = new DeadLetterStore(database, { replayMax: settings.REPLAY_MAX });
  const topics = new FoundTopics(
    {
      kafka: kafkaClient('allim-ops', settings, logger),
      matching: topicMatcher(settings.DEAD_LETTER_TOPICS),
      everyMs: settings.DEAD_LETTER_LOOK_MS,
      settings,
      logger,
      registry,
      onFatal: (error) => {
        logger.fatal({ err: error }, 'the index has ended; so does the process, to be started again');
        process.exit(1);
      },
    },
    indexLetters(letters, indexMetrics(registry)),
  );
  const health = new Health({
    live: { kafka: () => topics.live() },
    ready: { database: () => pingDatabase(database) },
  });
  const { module, stop } = OpsModule.wire({ settings, letters, health, registry, logger });
  const app = await NestFactory.create<NestExpressApplication>(module, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(requestLog(logger, registry), securityHeaders());
  serveOpenApi(app, {
    title: 'Allim operations',
    description: 'Dead letters: why records died, and what became of them.',
  });
  const http: Server = app.getHttpServer();
  await app.listen(settings.PORT);
  const { port } = http.address() as AddressInfo;
  topics.start();
  logger.info({ port }, 'ready');

  return {
    logger,
    port,
    shutdownDeadlineMs: settings.SHUTDOWN_DEADLINE_MS,
    stop: [
      { name: 'readiness', run: () => health.drain() },
      { name: 'kafka', run: () => topics.close() },
      { name: 'http', run: () => app.close() },
      { name: 'timers', run: stop },
      { name: 'database', run: () => database.destroy() },
    ],
  };
}
