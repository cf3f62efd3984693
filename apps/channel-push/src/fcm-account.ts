import { readFileSync } from 'node:fs';
import { SettingsError } from '@allim/platform';
import { type Settings } from './config.js';
import { parseServiceAccount, type ServiceAccount } from './providers/service-account.js';

/**
 * The service account of the settings, read from its file where they name one; nothing where there is none, which they
 * allow only with an FCM_ENDPOINT. Throws a SettingsError that repeats nothing of the file.
 */
export function fcmAccount(
  settings: Pick<Settings, 'FCM_SERVICE_ACCOUNT' | 'GOOGLE_APPLICATION_CREDENTIALS'>,
): ServiceAccount | null {
  const path = settings.GOOGLE_APPLICATION_CREDENTIALS;
  if (path === undefined) return settings.FCM_SERVICE_ACCOUNT ?? null;
  try {
    return parseServiceAccount(readFileSync(path, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = code ? `expected a file that can be read (${code})` : message;
    throw new SettingsError([`GOOGLE_APPLICATION_CREDENTIALS: ${problem}`]);
  }
}
