import { loadSettings, SettingsError } from '@allim/platform';
import { describe, expect, it } from '@jest/globals';
import { settings } from './config.js';
import { throwAwayAccount } from './providers/fcm-server.fixture.js';

const account = throwAwayAccount();
const keyFile = JSON.stringify({
  type: 'service_account',
  project_id: account.projectId,
  private_key: account.privateKey,
  client_email: account.clientEmail,
});
const needed = { KAFKA_BROKERS: 'a:1', DATABASE_URL: 'mysql://a/b', REDIS_URL: 'redis://a' };
const given = { ...needed, FCM_SERVICE_ACCOUNT: keyFile };

function problems(environment: NodeJS.ProcessEnv): string[] {
  try {
    loadSettings(settings, environment);
    return [];
  } catch (error) {
    return (error as SettingsError).problems;
  }
}

describe('settings of the push channel', () => {
  it('give the service account, checked', () => {
    expect(loadSettings(settings, given).FCM_SERVICE_ACCOUNT).toEqual(account);
  });

  it('take the path of its file instead', () => {
    expect(problems({ ...needed, GOOGLE_APPLICATION_CREDENTIALS: '/run/secrets/fcm.json' })).toEqual([]);
  });

  it.each([[needed], [{ ...needed, FCM_ENDPOINT: 'http://localhost:8026', NODE_ENV: 'production' }]])(
    'want a service account',
    (environment) => {
      expect(problems(environment)).toEqual([expect.stringMatching(/^GOOGLE_APPLICATION_CREDENTIALS: is required: /)]);
    },
  );

  it('want none for a server of our own, outside of production', () => {
    expect(problems({ ...needed, FCM_ENDPOINT: 'http://localhost:8026', NODE_ENV: 'development' })).toEqual([]);
  });

  it('refuse two of them', () => {
    expect(problems({ ...given, GOOGLE_APPLICATION_CREDENTIALS: '/run/secrets/fcm.json' })).toEqual([
      'GOOGLE_APPLICATION_CREDENTIALS: expected not to be set together with FCM_SERVICE_ACCOUNT',
    ]);
  });

  it('say once what is wrong with one, and never repeat it', () => {
    const wrong = problems({ ...needed, FCM_SERVICE_ACCOUNT: keyFile.replace('PRIVATE', 'SECRET') });
    expect(wrong).toEqual([expect.stringMatching(/^FCM_SERVICE_ACCOUNT: expected .* wrong in it: private_key$/)]);
    expect(problems({ ...needed, FCM_SERVICE_ACCOUNT: 'my-secret' })).toEqual([
      "FCM_SERVICE_ACCOUNT: expected the JSON of a service account's key file",
    ]);
  });

  it.each(['localhost:8026', 'https://a', 'http://a/b', 'http://a?b', 'http://a#b', 'http://u:p@a', 'http://'])(
    'refuse %s as an endpoint',
    (FCM_ENDPOINT) => {
      const [problem] = problems({ ...given, FCM_ENDPOINT });
      expect(problem).toMatch(/^FCM_ENDPOINT: expected /);
    },
  );

  it('allow fail points to tests only', () => {
    expect(problems({ ...given, FAIL_POINT: 'sent:1' })).toEqual(['FAIL_POINT: expected not to be set in production']);
    expect(problems({ ...given, FAIL_POINT: 'sent:1', NODE_ENV: 'test' })).toEqual([]);
    expect(problems({ ...given, FAIL_POINT: 'saved:1', NODE_ENV: 'test' })).toEqual([
      'FAIL_POINT: expected one of claimed, sent, concluding, concluded, a colon and a number',
    ]);
  });
});
