import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { fcmAccount } from './fcm-account.js';
import { throwAwayAccount } from './providers/fcm-server.fixture.js';

const account = throwAwayAccount();
let folder: string;

const file = (content: string) => {
  const path = join(folder, 'key.json');
  writeFileSync(path, content);
  return { GOOGLE_APPLICATION_CREDENTIALS: path };
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'allim-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('the service account', () => {
  it('is read from the file that the settings name', () => {
    const { projectId: project_id, clientEmail: client_email, privateKey: private_key } = account;
    const json = JSON.stringify({ type: 'service_account', project_id, client_email, private_key });
    expect(fcmAccount(file(json))).toEqual(account);
  });

  it('is the one of the settings, or none', () => {
    expect(fcmAccount({ FCM_SERVICE_ACCOUNT: account })).toBe(account);
    expect(fcmAccount({})).toBeNull();
  });

  it('stops the start when its file is missing or wrong, and is not repeated', () => {
    expect(() => fcmAccount({ GOOGLE_APPLICATION_CREDENTIALS: join(folder, 'none.json') })).toThrow(
      'GOOGLE_APPLICATION_CREDENTIALS: expected a file that can be read (ENOENT)',
    );
    expect(() => fcmAccount(file(`secret ${account.privateKey}`))).toThrow(
      /GOOGLE_APPLICATION_CREDENTIALS: expected the JSON of a service account's key file$/,
    );
  });
});
