import { commaList, wholeNumber } from '@allim/platform';
import { z } from 'zod';

/** `host:port` with a port that exists. */
function isBroker(text: string): boolean {
  const port = /^[^\s:]+:(\d{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) > 0 && Number(port) < 65_536;
}

/** Settings of every program that talks to Kafka. */
export const kafkaSettings = {
  KAFKA_BROKERS: commaList()
    .refine((brokers) => brokers.length > 0 && brokers.every(isBroker), 'expected host:port[,host:port…]')
    .describe('Kafka brokers to begin with, as host:port[,host:port…].'),
  KAFKA_SSL: z
    .enum(['true', 'false'], 'expected true or false')
    .default('false')
    .transform((text) => text === 'true')
    .describe('Whether to talk TLS to the brokers.'),
  KAFKA_SASL_MECHANISM: z
    .enum(['plain', 'scram-sha-256', 'scram-sha-512'], 'expected plain, scram-sha-256 or scram-sha-512')
    .optional()
    .describe('How to sign in to Kafka; none when not set.'),
  KAFKA_SASL_USERNAME: z.string().optional().describe('User name for KAFKA_SASL_MECHANISM.'),
  KAFKA_SASL_PASSWORD: z.string().optional().describe('Password for KAFKA_SASL_MECHANISM.'),
};

/** Settings of a program that consumes batches. */
export const kafkaConsumerSettings = {
  ...kafkaSettings,
  KAFKA_GROUP_ID: z.string().default('notification-group').describe('Consumer group.'),
  KAFKA_RETRY_INTERVAL_MS: wholeNumber()
    .default(1000)
    .describe('Milliseconds before a record that failed by itself is tried again.'),
  /** Spring's FixedBackOff counts the same way. */
  KAFKA_RETRY_MAX_ATTEMPTS: wholeNumber({ max: 100 })
    .default(3)
    .describe('Retries after the first attempt (3 means at most 4 attempts); then the record is a dead letter.'),
  /** What a transaction holds lives until its commit: with 500 a drain took 10 % more processor time, for collecting garbage. */
  KAFKA_BATCH_RECORDS: wholeNumber({ min: 1, max: 5000 }).default(200).describe('Records in one transaction, at most.'),
  /** Under load, so that the database works while we plan; three were 5 % faster than two, four no faster. */
  KAFKA_BATCHES_IN_FLIGHT: wholeNumber({ min: 1, max: 16 })
    .default(3)
    .describe('Transactions at the same time, at most.'),
  KAFKA_COMMIT_INTERVAL_MS: wholeNumber({ min: 10, max: 60_000 })
    .default(250)
    .describe('How often consumed offsets are committed to Kafka.'),
  KAFKA_TOPIC_PARTITIONS: wholeNumber({ min: 1, max: 1000 })
    .default(3)
    .describe('Partitions of a topic that does not exist yet when we start.'),
};

export type KafkaSettings = z.infer<z.ZodObject<typeof kafkaSettings>>;
export type KafkaConsumerSettings = z.infer<z.ZodObject<typeof kafkaConsumerSettings>>;
