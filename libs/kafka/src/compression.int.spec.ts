import { randomBytes, randomUUID } from 'node:crypto';
import { createLogger } from '@allim/platform';
import { useStack, waitFor } from '@allim/testing';
import { jest } from '@jest/globals';
import kafkajs from 'kafkajs';
import { kafkaClient } from './client.js';

const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
const stack = useStack({ database: false, redis: false });
const client = () =>
  kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, createLogger('spec', 'fatal'));

describe('registerCodecs', () => {
  // A broker packs what comes in another way than its topic says, by the same Java code that a Java producer packs with.
  it.each([
    ['gzip', types.GZIP],
    ['snappy', types.Snappy],
    ['lz4', types.LZ4],
    ['zstd', types.ZSTD],
  ] as [string, keyof typeof codecs][])(
    "lets a consumer read byte for byte what Kafka's %s packs",
    async (name, type) => {
      const values = [
        Buffer.from('안녕하세요, 알림입니다'),
        Buffer.from('가나다라'.repeat(17_000)),
        randomBytes(200_000),
        Buffer.from('a'),
      ];
      const topic = `spec.${randomUUID()}`;
      const admin = client().admin();
      const producer = client().producer({ allowAutoTopicCreation: false });
      const consumer = client().consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
      const codec = jest.spyOn(codecs, type);
      const read: (Buffer | null)[] = [];
      try {
        await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
        await admin.createTopics({
          topics: [{ topic, numPartitions: 1, configEntries: [{ name: 'compression.type', value: name }] }],
        });
        const sent = async () =>
          (await producer.send({ topic, messages: values.map((value) => ({ value })) })).length > 0;
        await waitFor(sent, { what: 'the new topic to take records' });
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({ eachMessage: async ({ message }) => void read.push(message.value) });
        await waitFor(() => read.length >= values.length, { what: 'all records', timeoutMs: 20_000 });
        expect(read).toEqual(values);
        expect(codec).toHaveBeenCalled();
      } finally {
        codec.mockRestore();
        await Promise.all([consumer.disconnect(), producer.disconnect(), admin.disconnect()]);
      }
    },
  );
});
