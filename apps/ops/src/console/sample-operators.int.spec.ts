import { loadSettings } from '@allim/platform';
import { migrate } from '@allim/store/migrate';
import { useStack } from '@allim/testing';
import request from 'supertest';
import { settings } from '../config.js';
import { startOps } from '../ops.js';
import { issuerOrigins } from './console-settings.controller.js';

type Ops = Awaited<ReturnType<typeof startOps>>;

const secret = 'a secret for the specs of this very program';
const stack = useStack({ redis: false });
const running = new Set<Ops>();

beforeAll(() => migrate(stack.databaseUrl));
afterEach(async () => {
  for (const ops of running) for (const { run } of ops.stop) await run();
  running.clear();
});

async function start(overrides: Record<string, string>): Promise<string> {
  const ops = await startOps(
    loadSettings(settings, {
      LOG_LEVEL: 'error',
      PORT: '0',
      KAFKA_BROKERS: stack.kafkaBrokers,
      DATABASE_URL: stack.databaseUrl,
      AUTH_JWT_SECRET: secret,
      ...overrides,
    }),
  );
  running.add(ops);
  return `http://127.0.0.1:${ops.port}`;
}

describe('sample operators', () => {
  it('let a developer in, with the scopes they have', async () => {
    const url = await start({ NODE_ENV: 'development' });
    const { body } = await request(url).get('/dev/sample-operators');
    expect(body.map(({ operator }: { operator: string }) => operator)).toEqual(['operator', 'reader']);
    const tokenOf = async (operator: string) => (await request(url).post('/dev/token').send({ operator })).body.token;
    const discard = async (operator: string) =>
      request(url)
        .post('/api/v1/ops/dead-letters/discard')
        .set('Authorization', `Bearer ${await tokenOf(operator)}`)
        .send({ numbers: [1], reason: 'a spec' });
    expect((await discard('operator')).body).toEqual({ success: true, data: { discarded: [] } });
    expect((await discard('reader')).status).toBe(403);
    expect((await request(url).post('/dev/token').send({ operator: 'root' })).status).toBe(400);
  });

  it.each(['production', 'test'])('are not there in %s', async (NODE_ENV) => {
    const url = await start({ NODE_ENV });
    expect((await request(url).get('/dev/sample-operators')).status).toBe(404);
    expect((await request(url).post('/dev/token').send({ operator: 'operator' })).status).toBe(404);
    const { body } = await request(url).get('/console-settings');
    expect(body).toEqual({ success: true, data: { oidc: null, hasSampleOperators: false } });
  });
});

describe('the settings of the console', () => {
  it('say where operators sign in, to everybody, and nothing that is secret', async () => {
    const url = await start({
      NODE_ENV: 'production',
      OIDC_AUTHORITY: 'https://login.example.com/realms/shop',
      OIDC_CLIENT_ID: 'allim-console',
    });
    const { body, headers, text } = await request(url).get('/console-settings');
    expect(body.data.oidc).toEqual({
      authority: 'https://login.example.com/realms/shop',
      clientId: 'allim-console',
      scope: 'openid ops:read ops:payload ops:replay',
    });
    expect(headers['cache-control']).toBe('no-store');
    expect(text).not.toContain(secret);
  });

  it('are both given, or neither', () => {
    const given = { DATABASE_URL: 'mysql://a/b', KAFKA_BROKERS: 'a:1', AUTH_JWT_SECRET: secret };
    expect(() => loadSettings(settings, { ...given, OIDC_AUTHORITY: 'https://login.example.com' })).toThrow(
      'OIDC_CLIENT_ID: is required',
    );
    expect(() => loadSettings(settings, { ...given, OIDC_CLIENT_ID: 'x' })).toThrow('OIDC_AUTHORITY');
  });

  it.each(['oauth2.example.com', 'https://a.example.com/', 'https://a/token', 'ftp://a', 'https://a; script-src *'])(
    'take no %s for an origin of the issuer',
    (OIDC_ORIGINS) => {
      const given = { DATABASE_URL: 'mysql://a/b', KAFKA_BROKERS: 'a:1', AUTH_JWT_SECRET: secret, OIDC_ORIGINS };
      expect(() => loadSettings(settings, given)).toThrow('OIDC_ORIGINS: expected origins');
    },
  );

  it('let the console call the origins of the issuer', () => {
    const given = { DATABASE_URL: 'mysql://a/b', KAFKA_BROKERS: 'a:1', AUTH_JWT_SECRET: secret };
    const oidc = { OIDC_AUTHORITY: 'https://login.example.com/realms/shop', OIDC_CLIENT_ID: 'allim-console' };
    const OIDC_ORIGINS = 'https://tokens.example.com, http://localhost:8080';
    expect(issuerOrigins(loadSettings(settings, { ...given, ...oidc, OIDC_ORIGINS }))).toEqual([
      'https://login.example.com',
      'https://tokens.example.com',
      'http://localhost:8080',
    ]);
    expect(issuerOrigins(loadSettings(settings, { ...given, OIDC_ORIGINS }))).toEqual([]);
  });
});
