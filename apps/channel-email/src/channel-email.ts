import { ChannelWorker, openRedis } from '@allim/channel';
import { kafkaClient } from '@allim/kafka';
import { createLogger, createRegistry, Health, NestLogger, type Program } from '@allim/platform';
import { DeliveryStore, openDatabase, pingDatabase } from '@allim/store';
import { NestFactory } from '@nestjs/core';
import { ChannelEmailModule } from './channel-email.module.js';
import { mailSettings, type Settings, smtpOptions } from './config.js';
import { SmtpProvider } from './providers/smtp.js';
import { mailRenderer } from './render-mail.js';
import { loadTemplates } from './templates.js';

/** Starts the e-mail channel; resolves once it takes commands. */
export async function startChannelEmail(settings: Settings): Promise<Program> {
  const logger = createLogger('channel-email', settings.LOG_LEVEL);
  const registry = createRegistry();
  // First, because it needs nobody: a template that is missing or wrong ends the start at once.
  const provider = new SmtpProvider(smtpOptions(settings), mailRenderer(loadTemplates(), mailSettings(settings)));
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    connections: settings.DATABASE_CONNECTIONS,
    onWaiting: (error) => logger.warn({ reason: error.message }, 'the database does not answer yet'),
  });
  const redis = openRedis(settings.REDIS_URL, logger);
  const worker = new ChannelWorker({
    channel: 'email',
    provider,
    deliveries: new DeliveryStore(database),
    kafka: kafkaClient('allim-channel-email', settings, logger),
    redis,
    settings,
    logger,
    registry,
    onFatal: (error) => {
      logger.fatal({ err: error }, 'a lane has ended; so does the process, to be started again');
      process.exit(1);
    },
  });
  const health = new Health({
    live: { kafka: () => worker.live() },
    ready: { kafka: () => worker.ready(), database: () => pingDatabase(database) },
  });
  const app = await NestFactory.create(ChannelEmailModule.register({ health, registry }), {
    logger: new NestLogger(logger),
  });
  await app.listen(settings.PORT); // health answers while Kafka is waited for
  await worker.start();
  logger.info({ port: settings.PORT, provider: provider.name }, 'sending');

  return {
    logger,
    shutdownDeadlineMs: settings.SHUTDOWN_DEADLINE_MS,
    stop: [
      { name: 'readiness', run: () => health.drain() },
      { name: 'worker', run: () => worker.close() },
      { name: 'redis', run: () => redis.disconnect() },
      { name: 'http', run: () => app.close() },
      { name: 'database', run: () => database.destroy() },
    ],
  };
}
