import { type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { requestLog, securityHeaders, serveOpenApi } from '@allim/http';
import { FoundTopics, kafkaClient } from '@allim/kafka';
import { createLogger, createRegistry, Health, NestLogger, type Program } from '@allim/platform';
import { DeadLetterStore, DeliveryStore, InboxStore, openDatabase, pingDatabase, ReplayStore } from '@allim/store';
import { NestFactory } from '@nestjs/core';
import { type NestExpressApplication } from '@nestjs/platform-express';
import { type Settings } from './config.js';
import { isConsoleBuilt, serveConsole } from './console/console.js';
import { issuerOrigins } from './console/console-settings.controller.js';
import { indexLetters } from './index-letters.js';
import { indexMetrics } from './metrics.js';
import { OpsModule } from './ops.module.js';
import { ChannelSamplers } from './overview/channel-samplers.js';
import { GroupLags } from './overview/group-lags.js';
import { Overview } from './overview/overview.js';
import { watchedGroups } from './overview/watched-groups.js';
import { JobFeed } from './replays/job-feed.js';
import { replayMetrics } from './replays/metrics.js';
import { Reading } from './replays/reading.js';
import { ReplayPublisher } from './replays/replay-publisher.js';
import { replayRules } from './replays/replay-rules.js';
import { ReplayRunner } from './replays/replay-runner.js';
import { Timeline } from './timeline/timeline.js';
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
  const replays = new ReplayStore(database);
  const kafka = kafkaClient('allim-ops', settings, logger);
  const isIndexed = topicMatcher(settings.DEAD_LETTER_TOPICS);
  const topics = new FoundTopics(
    {
      kafka,
      matching: isIndexed,
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
  const publisher = new ReplayPublisher({ kafka, partitions: settings.KAFKA_TOPIC_PARTITIONS, logger });
  const reading = new Reading({
    kafka,
    consumerGroup: settings.REPLAY_CONSUMER_GROUP,
    indexGroup: settings.KAFKA_GROUP_ID,
    isIndexed,
  });
  const runner = new ReplayRunner({
    ...{ replays, publisher, reading, logger },
    rules: replayRules(settings),
    metrics: replayMetrics(registry),
  });
  const lags = new GroupLags({ kafka, groups: watchedGroups(settings) });
  const samplers = new ChannelSamplers(settings.CHANNEL_METRICS, { everyMs: settings.CHANNEL_SAMPLE_MS, logger });
  const overview = new Overview({ database, letters, lags, samplers });
  const timeline = new Timeline(new DeliveryStore(database), new InboxStore(database), letters);
  const health = new Health({
    live: { kafka: () => topics.live() },
    ready: { database: () => pingDatabase(database) },
  });
  const { module, access, stop } = OpsModule.wire({
    ...{ settings, database, letters, replays, runner, overview, timeline, health, registry, logger },
  });
  const jobs = new JobFeed({ access, replays, logger });
  const app = await NestFactory.create<NestExpressApplication>(module, {
    bodyParser: false,
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  app.disable('x-powered-by');
  app.use(requestLog(logger, registry), securityHeaders());
  if (!isConsoleBuilt()) logger.warn('the console is not built: run `npm run build`; there is the API only');
  app.use(serveConsole(issuerOrigins(settings)));
  serveOpenApi(app, {
    title: 'Allim operations',
    description: 'Dead letters: why records died, and what became of them.',
  });
  const http: Server = app.getHttpServer();
  jobs.attach(http);
  await app.listen(settings.PORT);
  const { port } = http.address() as AddressInfo;
  topics.start();
  runner.start();
  samplers.start();
  logger.info({ port }, 'ready');

  return {
    logger,
    port,
    shutdownDeadlineMs: settings.SHUTDOWN_DEADLINE_MS,
    stop: [
      { name: 'readiness', run: () => health.drain() },
      { name: 'replays', run: () => runner.close() },
      { name: 'kafka', run: () => Promise.all([topics.close(), publisher.close(), reading.close(), lags.close()]) },
      { name: 'channels', run: () => samplers.close() },
      { name: 'sockets', run: () => jobs.close() },
      { name: 'http', run: () => app.close() },
      { name: 'timers', run: stop },
      { name: 'database', run: () => database.destroy() },
    ],
  };
}
