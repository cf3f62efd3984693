import { createLogger, loadSettings, runProgram } from '@allim/platform';
import { settings as schema } from './config.js';
import { startFcmServer } from './fcm-server.js';
import { startPage } from './page-server.js';
import { startSmtpServer } from './smtp-server.js';

await runProgram(async () => {
  const settings = loadSettings(schema);
  const logger = createLogger('mailbox', settings.LOG_LEVEL);
  const host = settings.MAILBOX_HOST;
  const smtp = await startSmtpServer({ host, port: settings.SMTP_PORT });
  const fcm = await startFcmServer({ host, port: settings.FCM_PORT });
  const page = await startPage({ host, port: settings.MAILBOX_PORT, smtp, fcm });
  logger.info({ port: page.port, smtpPort: smtp.port, fcmPort: fcm.port }, 'ready');
  return {
    logger,
    shutdownDeadlineMs: settings.SHUTDOWN_DEADLINE_MS,
    stop: [
      { name: 'page', run: () => page.stop() },
      { name: 'smtp', run: () => smtp.stop() },
      { name: 'fcm', run: () => fcm.stop() },
    ],
  };
});
