import { Access, Allowance, AnswerFilter, authenticator, BodyGuard, ShapePipe } from '@allim/http';
import { kafkaClient } from '@allim/kafka';
import { createRegistry, Health, type Logger, OperationsModule } from '@allim/platform';
import {
  ContactStore,
  DeliveryStore,
  DeviceStore,
  ErasureStore,
  InboxStore,
  openDatabase,
  PreferenceStore,
  pingDatabase,
  SubscriptionStore,
} from '@allim/store';
import { type DynamicModule } from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';
import { Revocations } from './access/revocations.js';
import { type Settings } from './config.js';
import { DeliveriesController } from './deliveries/deliveries.controller.js';
import { SampleTokens, SampleUsersController } from './development/sample-users.controller.js';
import { InboxController } from './inbox/inbox.controller.js';
import { Inbox } from './inbox/inbox.js';
import { apiMetrics } from './metrics.js';
import { ContactsController } from './people/contacts.controller.js';
import { DevicesController } from './people/devices.controller.js';
import { PreferencesController } from './people/preferences.controller.js';
import { UnsubscribeController } from './people/unsubscribe.controller.js';
import { Unsubscriptions } from './people/unsubscriptions.js';
import { UsersController } from './people/users.controller.js';
import { Broadcast } from './realtime/broadcast.js';
import { ClientMessages } from './realtime/client-messages.js';
import { Gateway } from './realtime/gateway.js';
import { takeHints } from './realtime/hints.js';
import { InboxFeed } from './realtime/inbox-feed.js';
import { RedisLink } from './realtime/redis-link.js';
import { SessionWatch } from './realtime/session-watch.js';
import { socketServer } from './realtime/socket-server.js';
import { Topics } from './realtime/topics.js';
import { RequestsController } from './requests/requests.controller.js';
import { Requests } from './requests/requests.js';
import { SessionsController } from './sessions/sessions.controller.js';

const tidyEveryMs = 60_000;

/** Without Redis we start all the same, but let nobody in. */
const redisPatienceMs = 3_000;

/** Everything the program is made of, from its servers up to its controllers. */
export async function wireApi(settings: Settings, logger: Logger) {
  const prefix = settings.REDIS_KEY_PREFIX;
  const registry = createRegistry();
  const metrics = apiMetrics(registry);

  // Servers
  const database = await openDatabase({
    url: settings.DATABASE_URL,
    connections: settings.DATABASE_CONNECTIONS,
    onWaiting: (error) => logger.warn({ reason: error.message }, 'the database does not answer yet'),
  });
  const link = new RedisLink(settings.REDIS_URL, metrics, logger);

  // Who may come in
  const revocations = new Revocations(link, { prefix, keptS: settings.AUTH_REVOCATION_KEPT_S }, logger);
  const allowance = new Allowance({ perSecond: settings.REQUESTS_PER_SECOND, burst: settings.REQUEST_BURST });
  const access = new Access(authenticator(settings), revocations, allowance);

  // People, and what they want
  const preferences = new PreferenceStore(database);
  const clicks = new Allowance({ perSecond: 1, burst: 20 });
  const unsubscriptions = new Unsubscriptions(preferences, settings.UNSUBSCRIBE_SECRET, clicks);

  const tidying = setInterval(() => {
    for (const one of [allowance, clicks]) one.tidy();
  }, tidyEveryMs).unref();

  // The inbox, and its sockets
  const io = socketServer(link, prefix);
  const broadcast = new Broadcast(io);
  const inboxStore = new InboxStore(database);
  const inbox = new Inbox(inboxStore, broadcast);
  const topics = new Topics(new SubscriptionStore(database), broadcast);
  const messages = new ClientMessages(inbox, topics, settings.CATCH_UP_LIMIT);
  const feed = new InboxFeed(inboxStore, settings, metrics, logger);
  const gateway = new Gateway(io, access, feed, messages, { settings, metrics, logger });
  const sessions = new SessionWatch(io, revocations, metrics);
  takeHints(link, prefix, feed, broadcast, metrics);

  // What is asked of the consumer
  const requests = new Requests(kafkaClient('api', settings, logger), metrics);

  // Not Kafka: an inbox is served without it.
  const health = new Health({
    live: {},
    ready: { database: () => pingDatabase(database), redis: () => link.check() },
  });

  const answers = new AnswerFilter(logger);
  const development = settings.NODE_ENV === 'development';
  const module: DynamicModule = {
    module: ApiModule,
    imports: [OperationsModule.register(health, registry)],
    controllers: [
      InboxController,
      ContactsController,
      DevicesController,
      PreferencesController,
      UnsubscribeController,
      UsersController,
      RequestsController,
      DeliveriesController,
      SessionsController,
      ...(development ? [SampleUsersController] : []),
    ],
    providers: [
      { provide: APP_GUARD, useValue: new BodyGuard() },
      { provide: APP_FILTER, useValue: answers },
      { provide: AnswerFilter, useValue: answers },
      { provide: Unsubscriptions, useValue: unsubscriptions },
      { provide: APP_PIPE, useValue: new ShapePipe() },
      { provide: Access, useValue: access },
      { provide: Inbox, useValue: inbox },
      { provide: Topics, useValue: topics },
      { provide: ContactStore, useValue: new ContactStore(database) },
      { provide: DeviceStore, useValue: new DeviceStore(database) },
      { provide: PreferenceStore, useValue: preferences },
      { provide: ErasureStore, useValue: new ErasureStore(database) },
      { provide: DeliveryStore, useValue: new DeliveryStore(database) },
      { provide: Requests, useValue: requests },
      { provide: Revocations, useValue: revocations },
      { provide: SampleTokens, useValue: new SampleTokens(settings) },
    ],
  };

  await revocations.whenKnown(redisPatienceMs);
  return {
    module,
    health,
    registry,
    gateway,
    /** After the sockets are gone. */
    async closeServers(): Promise<void> {
      clearInterval(tidying);
      sessions.stop();
      revocations.stop();
      await feed.stop();
      await requests.close();
      link.close();
      await database.destroy();
    },
  };
}

export class ApiModule {}
