import { setTimeout as pause } from 'node:timers/promises';
import { replayTopic } from '@allim/contracts';
import { deadLetter, deadLetterTopic, kafkaClient, replayRecord } from '@allim/kafka';
import { createLogger } from '@allim/platform';
import { type Message } from 'kafkajs';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { type Benchmark } from '../benchmark.js';
import { reach, watch } from '../drain.js';
import { allTopics, connectProducer, createTopics, partitions, recordCount } from '../load.js';
import { asking, startOps } from '../operators.js';
import { percentile } from '../percentile.js';
import { type App, whenReady } from '../process.js';
import { say } from '../progress.js';
import { type Site, withSite } from '../site.js';
import { mustEqual, VoidRun } from '../void-run.js';

const letters = 100_000;
const group = 'notification-group';
export const preloadBatch = 2_000;
const statementRows = 500;
const errors = [
  { errorClass: 'bad-schema', says: (number: number) => `order ${number}: totalAmount: expected a number` },
  { errorClass: 'bad-json', says: (number: number) => `value: Unexpected end of JSON input at ${number % 997}` },
  { errorClass: 'too-long', says: () => 'title: expected at most 200 characters' },
  { errorClass: 'handler', says: (number: number) => `connect ETIMEDOUT 10.0.0.${number % 250}:3306` },
];

/** Letters of all topics in turn, of four error classes, on their `.DLT` topics: `count`, a multiple of what is sent at once. */
export async function preloadLetters(site: Site, count = letters): Promise<void> {
  await createTopics(site, allTopics.topics.map(deadLetterTopic));
  const producer = await connectProducer(site.kafkaBrokers);
  for (let first = 1; first <= count; first += preloadBatch) {
    const some = Array.from({ length: preloadBatch }, (_, index) => letterOf(first + index));
    const topicMessages = [...Map.groupBy(some, ({ topic }) => topic)].map(([topic, list]) => ({
      topic,
      messages: list.map(({ message }) => message),
    }));
    await producer.sendBatch({ acks: -1, topicMessages });
  }
  await producer.disconnect();
  mustEqual('letters in Kafka', await recordCount(site, allTopics.topics.map(deadLetterTopic)), count);
}

function letterOf(number: number): { topic: string; message: Message } {
  const { topic, key, value } = allTopics.event(number);
  const { errorClass, says } = errors[number % errors.length]!;
  const record = {
    ...{ topic, partition: number % partitions, offset: `${number}`, key: Buffer.from(key), value: Buffer.from(value) },
    ...{ headers: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` }, timestamp: `${Date.now()}` },
    timestampType: 'CreateTime' as const,
  };
  const error = Object.assign(new Error(says(number)), { stack: `Error: ${'at a place\n    '.repeat(20)}` });
  const failure = { errorClass, error, group, attempts: 1, failedAt: Date.now() };
  return { topic: deadLetterTopic(topic), message: deadLetter(record, failure) };
}

/** Cases in the index, by what ops counts: to count the rows would take longer than the look is apart. */
export async function indexedBy(ops: App): Promise<number> {
  ops.mustLive();
  const text = await fetch(`${ops.url}/metrics`).then((answer) => answer.text());
  return Number(/^allim_ops_letters_total\{as="fresh"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

async function index(site: Site, ops: App): Promise<number> {
  await whenReady(ops);
  const { perSecond } = await watch(() => indexedBy(ops), letters);
  mustEqual('cases', await site.number('SELECT COUNT(*) FROM dead_letter'), letters);
  return perSecond;
}

/** The rows that the index has made, inserted once more as they are: 500 a statement, each committed, over two connections. */
async function ceiling(site: Site): Promise<number> {
  const tables = ['dead_letter', 'dead_letter_payload'] as const;
  const rows = new Map<string, unknown[][]>();
  const columns = new Map<string, string>();
  for (const table of tables) {
    await site.database.query(`CREATE OR REPLACE TABLE ceiling_${table} LIKE ${table}`);
    columns.set(table, (await columnsOf(site, table)).join(', '));
    const [all] = await site.database.query<RowDataPacket[][]>({
      sql: `SELECT ${columns.get(table)} FROM ${table} ORDER BY id`,
      rowsAsArray: true,
    });
    rows.set(table, all);
  }
  const connections = await Promise.all([1, 2].map(() => createConnection({ uri: site.databaseUrl, timezone: 'Z' })));
  const statements = Array.from({ length: Math.ceil(letters / statementRows) }, (_, part) =>
    tables.map((table) => ({
      sql: `INSERT INTO ceiling_${table} (${columns.get(table)}) VALUES ?`,
      values: rows.get(table)!.slice(part * statementRows, (part + 1) * statementRows),
    })),
  ).flat();
  const began = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let next = statements.shift(); next; next = statements.shift())
        await connection.query(next.sql, [next.values]);
    }),
  );
  const seconds = (performance.now() - began) / 1_000;
  for (const connection of connections) connection.destroy();
  for (const table of tables)
    mustEqual(`rows of the ceiling's ${table}`, await site.number(`SELECT COUNT(*) FROM ceiling_${table}`), letters);
  return letters / seconds;
}

export const deadLetterIndex: Benchmark = {
  name: 'dead-letter-index',
  what: `${letters.toLocaleString('en')} letters over ${allTopics.topics.length} topics × ${partitions} partitions read into the index by ops, against the raw insert of the rows of cases and payloads that came of it`,
  figures: {
    ratio: { label: 'ours ÷ ceiling', digits: 2, must: { atLeast: 0.3 } },
    perSecond: { label: 'ours, letters/s' },
    ceiling: { label: 'ceiling, letters/s' },
    rssMb: { label: 'ops, peak RSS, MB' },
  },
  run: () =>
    withSite(async (site) => {
      await preloadLetters(site);
      await using ops = await startOps(site);
      const perSecond = await index(site, ops);
      const rssMb = ops.memory().peak / 1e6;
      await ops.kill();
      const raw = await ceiling(site);
      return { ratio: perSecond / raw, perSecond, ceiling: raw, rssMb };
    }),
};

/** Without those that the server makes itself. */
async function columnsOf(site: Site, table: string): Promise<string[]> {
  const [rows] = await site.database.query<RowDataPacket[]>(`SHOW COLUMNS FROM ${table}`);
  return rows.filter(({ Extra }) => !String(Extra).includes('GENERATED')).map(({ Field }) => String(Field));
}

/** Copies of what is indexed, until there are so many: each with numbers, identity and keys of its own. */
async function multiply(site: Site, times: number): Promise<void> {
  const changed: Record<string, string> = {
    id: 'id + ?',
    identity: "UNHEX(MD5(CONCAT(?, ' ', id)))",
    key_hash: "IF(id % 7, key_hash, UNHEX(MD5(CONCAT('key', ?, id))))",
    failed_at: 'failed_at - INTERVAL ? SECOND',
  };
  for (const table of ['dead_letter', 'dead_letter_payload']) {
    const names = await columnsOf(site, table);
    for (let copy = 1; copy < times; copy++) {
      const values = names.flatMap((name) => (name in changed ? [copy * letters] : []));
      await site.database.query(
        `INSERT INTO ${table} (${names.join(', ')}) SELECT ${names.map((name) => changed[name] ?? name).join(', ')}
         FROM ${table} WHERE id <= ${letters}`,
        values,
      );
    }
  }
  for (const table of ['dead_letter_group', 'dead_letter_topic'])
    await site.database.query(`UPDATE ${table} SET open_count = open_count * ?`, [times]);
  await site.database.query('ANALYZE TABLE dead_letter, dead_letter_payload, dead_letter_group');
}

const million = 10 * letters;
const asksOfEach = 40;

/** What operators ask of the lists: pages, each filter, several together. */
function questions(sample: { key: string; group: string; topic: string; since: string; until: string }): string[] {
  const { key, group: id, topic, since, until } = sample;
  const text = encodeURIComponent('ETIMEDOUT 10.0.0.77');
  return [
    ...['', '?size=200', `?before=${million / 2}`, `?topic=${topic}`, `?topic=${topic}&state=open&size=200`],
    ...[
      '?class=handler',
      `?class=handler&topic=${topic}`,
      `?group=${id}`,
      `?key=${key}`,
      '?state=open',
      '?state=parked',
    ],
    ...[`?since=${since}`, `?since=${since}&until=${until}`, `?until=${until}&topic=${topic}`, `?text=${text}`],
    ...[
      `?text=${text}&class=handler&state=open`,
      `?text=nowhere-to-be-found`,
      `?text=nowhere-to-be-found&topic=${topic}`,
    ],
    ...['/groups', '/groups?size=200', `/groups?topic=${topic}`, '/topics'],
  ];
}

export const deadLetterLists: Benchmark = {
  name: 'dead-letter-lists',
  what: `lists, groups and topics of ${million.toLocaleString('en')} cases by ops' HTTP API, one after another: every filter, ${asksOfEach} times each, from the request to the end of its answer`,
  figures: {
    p50: { label: 'p50, ms', digits: 1 },
    p99: { label: 'p99, ms', digits: 1, must: { atMost: 100 } },
    slowest: { label: 'slowest question, its p50, ms', digits: 1 },
    rssMb: { label: 'ops, peak RSS, MB' },
  },
  run: () =>
    withSite(async (site) => {
      await preloadLetters(site);
      await using ops = await startOps(site);
      await index(site, ops);
      say(`multiplying to ${million.toLocaleString('en')}`);
      await multiply(site, million / letters);
      mustEqual('cases', await site.number('SELECT COUNT(*) FROM dead_letter'), million);
      const ask = asking(ops);
      const [page] = [
        await ask<{ items: { key: { shown: string }; group: string; topic: string; failedAt: string }[] }>(''),
      ];
      const [one] = page.items;
      if (!one) throw new VoidRun('the list is empty');
      const moment = (ms: number) => new Date(Date.parse(one.failedAt) - ms).toISOString();
      const asked = questions({
        ...one,
        key: one.key.shown,
        since: moment(3_600_000_000),
        until: moment(1_800_000_000),
      });
      const times = new Map<string, number[]>(asked.map((question) => [question, []]));
      for (let round = 0; round <= asksOfEach; round++)
        for (const question of asked) {
          const began = performance.now();
          await ask(question);
          if (round > 0) times.get(question)!.push(performance.now() - began); // the first is the server's first look
        }
      const all = [...times.values()].flat();
      const medians = [...times].map(([question, some]) => ({ question, ms: percentile(some, 0.5) }));
      const slowest = medians.reduce((most, next) => (next.ms > most.ms ? next : most));
      say(`slowest: ${slowest.question}`);
      return {
        p50: percentile(all, 0.5),
        p99: percentile(all, 0.99),
        slowest: slowest.ms,
        rssMb: ops.memory().peak / 1e6,
      };
    }),
};

interface Job {
  job: number;
  state: string;
  published: number;
}

/** The same records by kafkajs, in batches of as many, one after another. */
async function rawProduce(site: Site): Promise<number> {
  const topic = 'raw.replay';
  await createTopics(site, [topic]);
  const producer = kafkaClient(
    'bench',
    { KAFKA_BROKERS: [site.kafkaBrokers], KAFKA_SSL: false },
    createLogger('bench', 'error'),
  ).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const records = Array.from({ length: letters }, (_, index) => {
    const { topic: of, key, value } = allTopics.event(index + 1);
    return replayRecord({
      original: { topic: of, partition: index % partitions, offset: `${index}`, timestamp: new Date(), group },
      ...{ key: Buffer.from(key), value: Buffer.from(value), headers: { traceparent: [Buffer.from('00-a-b-01')] } },
      ...{ replay: { id: '01a2021e-d865-7493-8e22-0fd59e15ad75', count: 1 }, firstFailedAt: new Date() },
    });
  });
  const began = performance.now();
  for (let start = 0; start < letters; start += statementRows)
    await producer.send({ topic, messages: records.slice(start, start + statementRows), acks: -1 });
  const seconds = (performance.now() - began) / 1_000;
  await producer.disconnect();
  return letters / seconds;
}

/** The consumer's part without its work, so that the replay alone is measured: whatever is there counts as read. */
async function readAll(site: Site): Promise<void> {
  const ends = await site.admin.fetchTopicOffsets(replayTopic);
  const read = ends.map(({ partition, high }) => ({ partition, offset: high }));
  await site.admin.setOffsets({ groupId: group, topic: replayTopic, partitions: read });
}

export const deadLetterReplay: Benchmark = {
  name: 'dead-letter-replay',
  what: `a replay of ${letters.toLocaleString('en')} letters at no set rate, after its first hundred, against the same records produced by kafkajs in batches of ${statementRows}; nobody consumes them meanwhile`,
  figures: {
    ratio: { label: 'ours ÷ raw', digits: 2, must: { atLeast: 0.5 } },
    perSecond: { label: 'ours, letters/s' },
    raw: { label: 'raw, records/s' },
    planSeconds: { label: 'dry run, s', digits: 1 },
    doneSeconds: { label: 'from the start until every case says so, s', digits: 1 },
    rssMb: { label: 'ops, peak RSS, MB' },
  },
  run: () =>
    withSite(async (site) => {
      await preloadLetters(site);
      await using ops = await startOps(site);
      await index(site, ops);
      const ask = asking(ops);
      const jobs = { base: '/replay-jobs' };
      const began = performance.now();
      const { job } = await ask<Job>('', { ...jobs, body: { filter: {}, rate: 0 } });
      const look = () => ask<Job>(`/${job}`, jobs);
      while ((await look()).state !== 'planned') await pause(20);
      const planSeconds = (performance.now() - began) / 1_000;
      const started = performance.now();
      await ask(`/${job}/start`, { ...jobs, body: { reason: 'measured' } });
      await reach('the first hundred', async () => (await look()).published, 100);
      await readAll(site);
      await reach('letters after them', async () => (await look()).published, 101);
      const { perSecond } = await watch(async () => (await look()).published, letters);
      mustEqual('records on the topic of replays', await recordCount(site, [replayTopic]), letters);
      await readAll(site);
      await reach('jobs that are done', async () => Number((await look()).state === 'done'), 1);
      const doneSeconds = (performance.now() - started) / 1_000;
      mustEqual(
        'cases replayed',
        await site.number("SELECT COUNT(*) FROM dead_letter WHERE state = 'replayed'"),
        letters,
      );
      const rssMb = ops.memory().peak / 1e6;
      await ops.kill();
      const raw = await rawProduce(site);
      return { ratio: perSecond / raw, perSecond, raw, planSeconds, doneSeconds, rssMb };
    }),
};
