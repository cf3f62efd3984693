import { ChannelWorker, openRedis } from '@allim/channel';
import { priorities } from '@allim/contracts';
import { kafkaClient } from '@allim/kafka';
import { armFailPoint, createLogger, createRegistry, Health, NestLogger, type Program } from '@allim/platform';
import { DeliveryStore, openDatabase, pingDatabase } from '@allim/store';
import { NestFactory } from '@nestjs/core';
import { ChannelPushModule } from './channel-push.module.js';
import { type Settings } from './config.js';
import { fcmAccount } from './fcm-account.js';
import { FcmProvider } from './providers/fcm.js';

/** Starts the push channel; resolves once it has joined its groups and takes commands. */
export async function startChannelPush(settings: Settings): Promise<Program> {
  const account = fcmAccount(settings); // before anything is waited for
  const logger = createLogger('channel-push', settings.LOG_LEVEL);
  const registry = createRegistry();
  const endpoint = settings.FCM_ENDPOINT;
  if (endpoint) logger.warn({ endpoint }, 'pushes do not go to Google, but to FCM_ENDPOINT');
  const provider = new FcmProvider({
    account,
    endpoint,
    // One for each send at a time: were there fewer, a flood in the lane `low` would keep `high` waiting for one.
    connections: settings.SEND_CONCURRENCY * priorities.length,
    logger,
  });
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    connections: settings.DATABASE_CONNECTIONS,
    onWaiting: (error) => logger.warn({ reason: error.message }, 'the database does not answer yet'),
  });
  const redis = openRedis(settings.REDIS_URL, logger);
  const worker = new ChannelWorker({
    channel: 'push',
    provider,
    deliveries: new DeliveryStore(database),
    kafka: kafkaClient('allim-channel-push', settings, logger),
    redis,
    settings,
    logger,
    registry,
    passing: armFailPoint(settings.FAIL_POINT),
    onFatal: (error) => {
      logger.fatal({ err: error }, 'the push channel has ended; so does the process, to be started again');
      process.exit(1);
    },
  });
  const health = new Health({
    live: { kafka: () => worker.live() },
    ready: { kafka: () => worker.ready(), database: () => pingDatabase(database) },
  });
  const app = await NestFactory.create(ChannelPushModule.register({ health, registry }), {
    logger: new NestLogger(logger),
  });
  await app.listen(settings.PORT); // health answers while Kafka is waited for
  await worker.start();
  logger.info({ port: settings.PORT }, 'sending');

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
