import { serviceAccount } from '@allim/mailbox';
import { type Benchmark } from '../benchmark.js';
import { figures, sideBySide, what } from '../sending.js';

export const push: Benchmark = {
  name: 'push',
  what: what('pushes'),
  figures,
  run: () =>
    sideBySide({
      channel: 'push',
      server: 'push-server',
      raw: 'raw-pushes',
      settings: async (url) => ({
        NODE_ENV: 'production',
        FCM_ENDPOINT: url,
        FCM_SERVICE_ACCOUNT: JSON.stringify(await serviceAccount(url)),
      }),
    }),
};
