import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { Redis } from 'ioredis';
import kafkajs from 'kafkajs';
import { createConnection } from 'mysql2/promise';
import { kafkaClient, type Stack, startStack } from './index.js';

const quiet = { log: () => {} };
const kafkaOf = ({ kafkaBrokers }: Stack) => kafkaClient(kafkaBrokers);

async function topics(stack: Stack) {
  const admin = kafkaOf(stack).admin();
  await admin.connect();
  try {
    return await admin.listTopics();
  } finally {
    await admin.disconnect();
  }
}

async function createTopic(stack: Stack, topic: string) {
  const admin = kafkaOf(stack).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();
}

async function query(stack: Stack, sql: string) {
  const connection = await createConnection(stack.databaseUrl);
  try {
    const [rows] = await connection.query(sql);
    return rows;
  } finally {
    await connection.end();
  }
}

async function redisCall<T>(stack: Stack, call: (redis: Redis) => Promise<T>) {
  const redis = new Redis(stack.redisUrl);
  try {
    return await call(redis);
  } finally {
    redis.disconnect();
  }
}

function exists(pid: number) {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe('two stacks side by side', () => {
  let one: Stack;
  let two: Stack;

  beforeAll(async () => {
    [one, two] = await Promise.all([
      startStack(quiet),
      startStack({ ...quiet, kafkaProperties: { 'num.partitions': '7' } }),
    ]);
  }, 180_000);
  afterAll(() => Promise.all([one?.stop(), two?.stop()]));

  it('do not see each other', async () => {
    await createTopic(one, 'only.in.one');
    await query(one, 'CREATE TABLE only_in_one (id INT PRIMARY KEY)');
    await redisCall(one, (redis) => redis.set('only', 'one'));

    expect(await topics(two)).not.toContain('only.in.one');
    expect(await query(two, 'SHOW TABLES')).toEqual([]);
    expect(await redisCall(two, (redis) => redis.get('only'))).toBeNull();
  });

  it('take properties of their own', async () => {
    const admin = kafkaOf(two).admin();
    await admin.connect();
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.BROKER, name: '1', configNames: ['num.partitions'] }],
    });
    await admin.disconnect();
    expect(resources[0]?.configEntries[0]?.configValue).toBe('7');
  });

  it('keep the durability a production database has', async () => {
    expect(await query(one, 'SELECT @@innodb_flush_log_at_trx_commit AS flush, @@time_zone AS zone')).toEqual([
      { flush: 1, zone: '+00:00' },
    ]);
  });

  it.each(['kill', 'stop'] as const)('keep data and ports over %s and start', async (end) => {
    const { kafka, database, redis } = two;
    const topic = `kept.over.${end}`;
    await createTopic(two, topic);
    const producer = kafkaOf(two).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: 'v', partition: 0 }] });
    await producer.disconnect();
    await query(two, `CREATE TABLE kept_over_${end} (id INT PRIMARY KEY)`);
    await query(two, `INSERT INTO kept_over_${end} VALUES (42)`);
    await redisCall(two, (client) => client.set(topic, 'kept'));

    const servers = [kafka, database, redis];
    const pids = servers.map(({ pid }) => pid!);
    await Promise.all(servers.map((server) => server[end]()));
    expect(pids.map(exists)).toEqual([false, false, false]);
    expect(servers.map(({ running, pid }) => running || pid)).toEqual([undefined, undefined, undefined]);
    await Promise.all(servers.map((server) => server.start()));

    const admin = kafkaOf(two).admin();
    await admin.connect();
    const offsets = await admin.fetchTopicOffsets(topic);
    await admin.disconnect();
    expect(offsets.find(({ partition }) => partition === 0)).toMatchObject({ high: '1' });
    expect(await query(two, `SELECT id FROM kept_over_${end}`)).toEqual([{ id: 42 }]);
    expect(await redisCall(two, (client) => client.get(topic))).toBe('kept');
  });

  it('show the log of a server that does not come up', async () => {
    const wrong = startStack({
      ...quiet,
      database: false,
      redis: false,
      kafkaProperties: { 'num.partitions': 'many' },
    });
    await expect(wrong).rejects.toThrow(/many for configuration num.partitions/);
  });

  it('say so when a port is taken', async () => {
    const taken = startStack({ ...quiet, kafka: false, database: false, ports: { redis: one.redis.port } });
    await expect(taken).rejects.toThrow(`Redis cannot start: port ${one.redis.port} is taken`);
  });
});

it.each([
  ['got SIGKILL', 'SIGKILL'],
  ['got SIGTERM', 'SIGTERM'],
  ['forgot them', undefined],
] as const)('servers and their temporary folder go with an owner that %s', async (_, signal) => {
  // From the sources, which name each other .js: no build is needed before the tests.
  const script = `
    const { registerHooks } = await import('node:module');
    registerHooks({
      resolve: (name, from, next) => next(from.parentURL?.endsWith('.ts') ? name.replace(/^(\\.\\/.*)\\.js$/, '$1.ts') : name, from),
    });
    const { startStack } = await import('${new URL('index.ts', import.meta.url)}');
    const stack = await startStack({ log: () => {} });
    const { kafka, database, redis } = stack;
    const pids = [kafka.pid, database.pid, redis.pid];
    const { readlinkSync } = await import('node:fs');
    console.log(JSON.stringify({ pids, folder: readlinkSync('/proc/' + database.pid + '/cwd') }));
    process.stdin.once('data', () => process.stdin.destroy());
  `;
  const owner = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const [line] = await once(createInterface(owner.stdout), 'line');
  const { pids, folder } = JSON.parse(line) as { pids: number[]; folder: string };
  const facts = () => ({ running: pids.filter(exists), folder: existsSync(folder) });
  expect(facts()).toEqual({ running: pids, folder: true });

  const exit = once(owner, 'exit');
  if (signal) owner.kill(signal);
  else owner.stdin.write('your work is done');
  await exit;
  const deadline = Date.now() + 5_000;
  while ((facts().folder || facts().running.length > 0) && Date.now() < deadline) await pause(20);
  expect(facts()).toEqual({ running: [], folder: false });
});
