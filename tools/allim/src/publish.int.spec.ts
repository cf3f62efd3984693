import { kafkaClient } from '@allim/stack';
import { useStack, waitFor } from '@allim/testing';
import { publish } from './publish.js';

const stack = useStack({ database: false, redis: false });
const topic = 'shopping.order.created';

it('says so when the topic does not exist yet', async () => {
  await expect(publish(stack.kafkaBrokers, topic, { value: '{}' })).rejects.toThrow(`Kafka has no topic ${topic} yet`);
});

it('publishes the bytes as they are and says where they are', async () => {
  const admin = kafkaClient(stack.kafkaBrokers).admin();
  await admin.connect();
  await admin.createTopics({ topics: [{ topic, numPartitions: 3 }], waitForLeaders: true });
  await admin.disconnect();

  const value = Buffer.from([0xff, 0x00, 0x7b]);
  const first = await publish(stack.kafkaBrokers, topic, { key: 'user-1', value });
  const second = await publish(stack.kafkaBrokers, topic, { key: 'user-1', value: '{}' });
  // 2 is what Kafka's own Java partitioner makes of this key and 3 partitions.
  expect(first).toEqual({ partition: 2, offset: '0' });
  expect(second).toEqual({ partition: 2, offset: '1' });

  const seen: { key?: string; value: Buffer | null; partition: number }[] = [];
  const consumer = kafkaClient(stack.kafkaBrokers).consumer({ groupId: 'reader' });
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ partition, message }) => {
      seen.push({ key: message.key?.toString(), value: message.value, partition });
    },
  });
  await waitFor(() => seen.length === 2, { what: 'both records' });
  await consumer.disconnect();
  expect(seen[0]).toEqual({ key: 'user-1', value, partition: 2 });
});
