import { programSettings, wholeNumber } from '@allim/platform';
import { z } from 'zod';

const port = () => wholeNumber({ max: 65_535 });

/** This program's settings. It is for development: no deployment runs it. */
export const settings = z.object({
  ...programSettings,
  SMTP_PORT: port().default(8027).describe('Port of the SMTP server; 0 lets the system choose one.'),
  FCM_PORT: port().default(8026).describe('Port of the FCM server; 0 lets the system choose one.'),
  MAILBOX_PORT: port().default(8025).describe('Port of the mailbox page; 0 lets the system choose one.'),
  MAILBOX_HOST: z.string().default('127.0.0.1').describe('Address all three listen on; 0.0.0.0 inside a container.'),
});
