import { startChannel } from '@allim/channel';
import { priorities } from '@allim/contracts';
import { type Program } from '@allim/platform';
import { type Settings } from './config.js';
import { fcmAccount } from './fcm-account.js';
import { FcmProvider } from './providers/fcm.js';

/** Starts the push channel; resolves once it takes commands. */
export function startChannelPush(settings: Settings): Promise<Program> {
  return startChannel({
    channel: 'push',
    settings,
    provider: (logger) => {
      const endpoint = settings.FCM_ENDPOINT;
      if (endpoint) logger.warn({ endpoint }, 'pushes do not go to Google, but to FCM_ENDPOINT');
      return new FcmProvider({
        account: fcmAccount(settings),
        endpoint,
        // One for each send at a time: were there fewer, a flood in the lane `low` would keep `high` waiting for one.
        connections: settings.SEND_CONCURRENCY * priorities.length,
        logger,
      });
    },
  });
}
