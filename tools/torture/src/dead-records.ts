import { deadLetter, deadLetterTopic, ensureTopics } from '@allim/kafka';
import { kafkaClient } from '@allim/stack';
import { type Arena } from './arena.js';
import { until } from './until.js';

const group = 'notification-group';
const partitions = 3;
const letterBatch = 2_000;

/** Records that failed for a reason that is gone by now: what they say is fine. */
export interface DeadRecords {
  topic: string;
  errorClass: string;
  count: number;
  /** Their events begin with it: `lost-1`, `lost-2`, … */
  name: string;
  /** Of the first one; others of the topic must lie elsewhere, or they are the same cases. */
  offset?: number;
  /** Default: what the consumer takes. */
  value?: string;
}

/** Puts letters on `<topic>.DLT`, as our consumer writes them, of records that nobody has kept. */
export async function bury(
  arena: Arena,
  { topic, errorClass, count, name, offset = 0, value }: DeadRecords,
): Promise<void> {
  await ensureTopics(arena.admin, [topic], partitions);
  const producer = kafkaClient(arena.stack.kafkaBrokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const error = Object.assign(new Error('the price service was away'), { stack: '' });
  for (let first = 1; first <= count; first += letterBatch) {
    const messages = Array.from({ length: Math.min(letterBatch, count - first + 1) }, (_, index) => {
      const number = first + index;
      const user = `user-${number % 1_000}`;
      return deadLetter(
        {
          ...{ topic, partition: number % partitions, offset: `${offset + number}`, headers: {} },
          key: Buffer.from(user),
          value: Buffer.from(value ?? JSON.stringify(eventOf(`${name}-${number}`, user))),
          ...{ timestamp: `${Date.now()}`, timestampType: 'CreateTime' as const },
        },
        { errorClass, error, group, attempts: 4, failedAt: Date.now() },
      );
    });
    await producer.send({ topic: deadLetterTopic(topic), messages, acks: -1 });
  }
  await producer.disconnect();
}

const eventOf = (event: string, user: string) => ({
  ...{ orderNumber: event, userId: user, totalAmount: 45_000, itemCount: 2 },
});

/** Waits until the index has so many cases. Throws when it has not in time. */
export async function indexed(arena: Arena, cases: number, withinMs: number): Promise<void> {
  const isThere = async () => (await countCases(arena)) >= cases;
  if ((await until(isThere, { withinMs, everyMs: 200 })) === null)
    throw new Error(`${await countCases(arena)} of ${cases} letters are indexed after ${withinMs} ms`);
}

/** Cases of the index; of one topic and state if they are given. */
export async function countCases(arena: Arena, where: { topic?: string; state?: string } = {}): Promise<number> {
  const conditions = Object.entries(where).map(([column, value]) => `${column} = '${value}'`);
  const [row] = await arena.sql<{ n: number }>(
    `SELECT COUNT(*) AS n FROM dead_letter WHERE ${['TRUE', ...conditions].join(' AND ')}`,
  );
  return Number(row?.n);
}

/** Records of a topic, whoever reads them. */
export async function recordCount({ admin }: Arena, topic: string): Promise<number> {
  const ends = await admin.fetchTopicOffsets(topic);
  return ends.reduce((sum, { high }) => sum + Number(high), 0);
}
