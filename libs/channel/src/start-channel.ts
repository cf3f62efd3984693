import { type Channel } from '@allim/contracts';
import { kafkaClient } from '@allim/kafka';
import {
  armFailPoint,
  createLogger,
  createRegistry,
  Health,
  type Logger,
  NestLogger,
  type Program,
} from '@allim/platform';
import { DeliveryStore, openDatabase, pingDatabase } from '@allim/store';
import { NestFactory } from '@nestjs/core';
import { ChannelModule } from './channel.module.js';
import { ChannelWorker } from './channel-worker.js';
import { type Provider } from './provider.js';
import { openRedis } from './redis.js';
import { type ChannelProgramSettings } from './settings.js';

/** What one channel app is, beside the sending that all of them have. */
export interface ChannelProgram {
  channel: Channel;
  settings: ChannelProgramSettings;
  /** Called before anything is waited for: what it throws (a wrong template, a wrong key) ends the start at once. */
  provider: (logger: Logger) => Provider;
}

/** Starts a channel app; resolves once it has joined its groups and takes commands. Waits for servers as long as it takes. */
export async function startChannel({ channel, settings, provider: open }: ChannelProgram): Promise<Program> {
  const name = `channel-${channel}`;
  const logger = createLogger(name, settings.LOG_LEVEL);
  const registry = createRegistry();
  const provider = open(logger);
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    connections: settings.DATABASE_CONNECTIONS,
    onWaiting: (error) => logger.warn({ reason: error.message }, 'the database does not answer yet'),
  });
  const redis = openRedis(settings.REDIS_URL, logger);
  const worker = new ChannelWorker({
    channel,
    provider,
    deliveries: new DeliveryStore(database),
    kafka: kafkaClient(`allim-${name}`, settings, logger),
    redis,
    settings,
    logger,
    registry,
    passing: armFailPoint(settings.FAIL_POINT),
    onFatal: (error) => {
      logger.fatal({ err: error }, 'a lane has ended; so does the process, to be started again');
      process.exit(1);
    },
  });
  const health = new Health({
    live: { kafka: () => worker.live() },
    ready: { kafka: () => worker.ready(), database: () => pingDatabase(database) },
  });
  const app = await NestFactory.create(ChannelModule.register({ health, registry }), {
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
      { name: 'redis', run: () => redis.quit().catch(() => redis.disconnect()) },
      { name: 'http', run: () => app.close() },
      { name: 'database', run: () => database.destroy() },
    ],
  };
}
