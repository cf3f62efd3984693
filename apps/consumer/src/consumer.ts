import { sentChannels, subscribedTopics } from '@allim/catalogue';
import { commandTopics, replayTopic } from '@allim/contracts';
import { KafkaBatchServer, kafkaClient } from '@allim/kafka';
import { armFailPoint, createLogger, createRegistry, Health, NestLogger, type Program } from '@allim/platform';
import { DeliveryStore, openDatabase, pingDatabase } from '@allim/store';
import { NestFactory } from '@nestjs/core';
import { type Settings } from './config.js';
import { ConsumerModule } from './consumer.module.js';
import { Dispatcher } from './dispatcher.js';
import { Hints } from './hints.js';

/** Starts a consumer; resolves once it has joined its group and consumes. */
export async function startConsumer(settings: Settings): Promise<Program> {
  const logger = createLogger('consumer', settings.LOG_LEVEL);
  const registry = createRegistry();
  const passing = armFailPoint(settings.FAIL_POINT);
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    connections: settings.DATABASE_CONNECTIONS,
    onWaiting: (error) => logger.warn({ reason: error.message }, 'the database does not answer yet'),
  });
  const hints = new Hints({ url: settings.REDIS_URL, keyPrefix: settings.REDIS_KEY_PREFIX }, logger, registry);
  const deliveries = new DeliveryStore(database);
  const dispatcher = new Dispatcher({
    deliveries,
    kafka: kafkaClient('allim-dispatcher', settings, logger),
    channels: sentChannels,
    partitions: settings.KAFKA_TOPIC_PARTITIONS,
    logger,
    registry,
  });
  const server = new KafkaBatchServer({
    kafka: kafkaClient('allim-consumer', settings, logger),
    topics: subscribedTopics,
    replays: { topic: replayTopic, of: [...subscribedTopics, ...commandTopics(sentChannels)] },
    settings,
    logger,
    registry,
    passing,
    onFatal: (error) => {
      logger.fatal({ err: error }, 'the consumer has ended; so does the process, to be started again');
      process.exit(1);
    },
  });
  const health = new Health({
    live: { kafka: () => server.live() },
    ready: { kafka: () => server.ready(), database: () => pingDatabase(database) },
  });
  const app = await NestFactory.create(
    ConsumerModule.register({ database, deliveries, hints, dispatcher, health, registry, passing }),
    {
      logger: new NestLogger(logger),
    },
  );
  app.connectMicroservice({ strategy: server });
  await app.listen(settings.PORT); // health answers while Kafka is waited for
  dispatcher.start(); // what an earlier process has left is due, whether Kafka has events for us or not
  await app.startAllMicroservices();
  logger.info({ port: settings.PORT, topics: subscribedTopics.length, group: settings.KAFKA_GROUP_ID }, 'consuming');

  return {
    logger,
    shutdownDeadlineMs: settings.SHUTDOWN_DEADLINE_MS,
    stop: [
      { name: 'readiness', run: () => health.drain() },
      { name: 'kafka', run: () => server.close() },
      { name: 'dispatcher', run: () => dispatcher.close() },
      { name: 'hints', run: () => hints.close() },
      { name: 'http', run: () => app.close() },
      { name: 'database', run: () => database.destroy() },
    ],
  };
}
