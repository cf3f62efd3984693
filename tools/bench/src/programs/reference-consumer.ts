import { readEvent, render } from '@allim/catalogue';
import { kafkaClient } from '@allim/stack';
import { Redis } from 'ioredis';
import { type EachMessagePayload } from 'kafkajs';
import { createPool, type Pool, type RowDataPacket } from 'mysql2/promise';
import { answerQuestions } from './questions.js';

/**
 * A consumer in the seed's shape: one stream per topic with a group of its own, one record at a time: look for it,
 * insert it in a transaction, publish it, commit its offset. Tuned as far as that shape allows: prepared
 * statements, a pooled connection for each stream, no waiting for a batch to fill.
 */
export interface ReferenceInput {
  kafkaBrokers: string;
  databaseUrl: string;
  redisUrl: string;
  topics: string[];
}

/** Whom a broadcast is for: the load's one subscriber. */
const subscriber = 'user-0';

async function consume({ kafkaBrokers, databaseUrl, redisUrl, topics }: ReferenceInput): Promise<void> {
  const pool = createPool({ uri: databaseUrl, connectionLimit: topics.length, timezone: 'Z' });
  const redis = new Redis(redisUrl);
  const kafka = kafkaClient(kafkaBrokers, 10);
  await Promise.all(
    topics.map(async (topic) => {
      const consumer = kafka.consumer({ groupId: `reference-${topic}`, maxWaitTimeInMs: 500 });
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      const joined = new Promise<void>((resolve) => consumer.on(consumer.events.GROUP_JOIN, () => resolve()));
      await consumer.run({
        autoCommit: false,
        partitionsConsumedConcurrently: 1,
        eachMessage: async (payload) => {
          await take(payload, pool, redis);
          const { partition, message } = payload;
          await consumer.commitOffsets([{ topic, partition, offset: String(Number(message.offset) + 1) }]);
        },
      });
      await joined;
    }),
  );
}

async function take({ topic, message }: EachMessagePayload, pool: Pool, redis: Redis): Promise<void> {
  const planned = readEvent(topic, message.value);
  if (!planned?.reference) return;
  const { type, reference, link } = planned;
  const userId = 'userId' in planned.to ? planned.to.userId : subscriber;
  const text = render(planned, 'ko');
  const connection = await pool.getConnection();
  try {
    const [known] = await connection.execute<RowDataPacket[]>(
      'SELECT id FROM reference_notification WHERE reference_id = ? AND reference_type = ? AND user_id = ?',
      [reference.id, `${type}/${reference.type}`, userId],
    );
    if (known.length > 0) return;
    const createdAt = new Date().toISOString();
    await connection.beginTransaction();
    await connection.execute(
      `INSERT INTO reference_notification
         (user_id, type, title, message, link, status, reference_id, reference_type, created_at)
       VALUES (?, ?, ?, ?, ?, 'UNREAD', ?, ?, ?)`,
      [
        userId,
        type,
        text.title,
        text.message,
        link,
        reference.id,
        `${type}/${reference.type}`,
        createdAt.slice(0, -1).replace('T', ' '),
      ],
    );
    await connection.commit();
    await redis.publish(
      `notification:${userId}`,
      JSON.stringify({ userId, type, ...text, link, status: 'UNREAD', referenceId: reference.id, createdAt }),
    );
  } finally {
    connection.release();
  }
}

answerQuestions({ consume });
