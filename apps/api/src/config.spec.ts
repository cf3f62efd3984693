import { loadSettings, SettingsError } from '@allim/platform';
import { settings } from './config.js';

const least = {
  DATABASE_URL: 'mysql://root@localhost:3306/allim',
  REDIS_URL: 'redis://localhost:6379',
  KAFKA_BROKERS: 'localhost:9092',
  AUTH_JWT_SECRET: 'a secret of thirty-two bytes or more',
};

function problems(environment: Record<string, string | undefined>): string[] {
  try {
    loadSettings(settings, { ...least, ...environment });
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

it('needs little', () => {
  expect(loadSettings(settings, least)).toMatchObject({ PORT: 8084, CATCH_UP_LIMIT: 500, REDIS_KEY_PREFIX: 'allim:' });
});

it.each([
  [{ AUTH_JWT_SECRET: undefined }, 'AUTH_JWT_SECRET: is required: .* Either this or AUTH_JWKS_URL'],
  [{ AUTH_JWKS_URL: 'https://login.example/jwks' }, 'AUTH_JWT_SECRET: expected exactly one'],
  [{ AUTH_JWT_SECRET: 'short' }, 'AUTH_JWT_SECRET: expected at least 32 bytes'],
  [{ AUTH_GATEWAY_SECRET: 'short' }, 'AUTH_GATEWAY_SECRET: expected at least 32 bytes'],
  [{ PORT: '99999' }, 'PORT: expected a whole number'],
  [{ KAFKA_BROKERS: 'localhost' }, 'KAFKA_BROKERS: expected host:port'],
  [{ KAFKA_BROKERS: undefined }, 'KAFKA_BROKERS: is required'],
  [{ REDIS_URL: 'localhost' }, 'REDIS_URL: expected an address'],
  [{ WEBSOCKET_ALLOWED_ORIGINS: 'https://a.example/' }, 'WEBSOCKET_ALLOWED_ORIGINS: expected origins like'],
  [
    { WEBSOCKET_ALLOWED_ORIGINS: 'capacitor://localhost,a.example' },
    'WEBSOCKET_ALLOWED_ORIGINS: expected origins like',
  ],
  [{ UNSUBSCRIBE_SECRET: `${'x'.repeat(32)},short` }, 'UNSUBSCRIBE_SECRET: expected at least 32 characters each'],
  [{ REDIS_KEY_PREFIX: 'a b' }, 'REDIS_KEY_PREFIX: expected letters'],
])('%j: %s', (environment, problem) => {
  expect(problems(environment)).toEqual([expect.stringMatching(problem)]);
});

it('takes the origins of pages and of apps', () => {
  expect(
    problems({ WEBSOCKET_ALLOWED_ORIGINS: 'http://localhost:5173, https://a.example,capacitor://localhost' }),
  ).toEqual([]);
});

it('names all at once', () => {
  const wrong = { PORT: 'x', WEBSOCKET_ALLOWED_ORIGINS: '*', AUTH_JWT_SECRET: undefined };
  expect(
    problems(wrong)
      .map((problem) => problem.split(':')[0])
      .sort(),
  ).toEqual(['AUTH_JWT_SECRET', 'PORT', 'WEBSOCKET_ALLOWED_ORIGINS']);
});

it('allows every origin in development only', () => {
  expect(problems({ WEBSOCKET_ALLOWED_ORIGINS: '*', NODE_ENV: 'development' })).toEqual([]);
  expect(problems({ WEBSOCKET_ALLOWED_ORIGINS: 'https://a.example, *' })).toHaveLength(1);
});
