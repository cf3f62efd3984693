import kafkajs, { type Admin, type ITopicConfig } from 'kafkajs';
import { deadLetterTopic } from './dead-letter.js';

/** Room for the headers that a dead letter has more than its record, in bytes. */
const headerRoom = 65_536;

/**
 * Creates what is missing of the topics and their `.DLT` topics. A `.DLT` topic gets as many partitions as its topic
 * (the same partition number keeps the order per key) and takes larger records, so that the largest one, with its
 * headers, still fits. Several programs may do this at once; who meets a topic that is not everywhere yet gets a
 * retriable error, and asks again.
 */
export async function ensureTopics(admin: Admin, topics: readonly string[], partitions: number): Promise<void> {
  await create(
    admin,
    topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: -1 })),
  );
  const [counts, sizes] = await Promise.all([partitionCounts(admin, topics), maxMessageBytes(admin, topics)]);
  const letters = topics.map((topic) => ({
    topic: deadLetterTopic(topic),
    numPartitions: counts.get(topic) ?? partitions,
    replicationFactor: -1,
    configEntries: [{ name: 'max.message.bytes', value: String((sizes.get(topic) ?? 1_048_588) + headerRoom) }],
  }));
  await create(admin, letters);
  const present = await partitionCounts(
    admin,
    letters.map(({ topic }) => topic),
  );
  const tooFew = letters.filter(({ topic, numPartitions }) => (present.get(topic) ?? 0) < numPartitions);
  if (tooFew.length > 0) {
    await admin.createPartitions({
      topicPartitions: tooFew.map(({ topic, numPartitions }) => ({ topic, count: numPartitions })),
    });
  }
}

async function create(admin: Admin, wanted: ITopicConfig[]): Promise<void> {
  const present = new Set(await admin.listTopics());
  const topics = wanted.filter(({ topic }) => !present.has(topic));
  // Somebody else may create one between the look and the call: kafkajs takes that for success.
  if (topics.length > 0) await admin.createTopics({ topics, waitForLeaders: true });
}

async function partitionCounts(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
}

async function maxMessageBytes(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({
      type: kafkajs.ConfigResourceTypes.TOPIC,
      name,
      configNames: ['max.message.bytes'],
    })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [resourceName, Number(configEntries[0]?.configValue)]),
  );
}
