import { checkEnvironment, setting } from './settings.js';

const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

it.each([
  ['KAFKA_BROKERS', 'localhost', 'localhost:9092,10.0.0.1:9092'],
  ['DATABASE_URL', 'localhost:3306', 'mysql://root@localhost:3306/allim'],
  ['OPS_URL', 'me:word@ops.example.com', 'https://ops.example.com/allim'],
  ['AUTH_JWT_SECRET', 'short', 'a secret of thirty-two bytes or more'],
] as const)('%s: not %s, but %s', async (name, wrong, right) => {
  process.env[name] = wrong;
  await expect(setting(name)).rejects.toThrow(`${name}: expected `);
  await expect(setting(name)).rejects.not.toThrow(wrong);
  process.env[name] = right;
  expect(await setting(name)).toBe(right);
});

it('starts with nothing that the apps would refuse', () => {
  for (const [name] of Object.entries(process.env)) if (/_URL$|^KAFKA_|^AUTH_/.test(name)) delete process.env[name];
  expect(checkEnvironment).not.toThrow();
  process.env.REDIS_URL = 'localhost:6379';
  expect(checkEnvironment).toThrow('REDIS_URL: expected redis://');
});
