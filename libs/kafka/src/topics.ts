import { setTimeout as sleep } from 'node:timers/promises';
import kafkajs, { type Admin, type IResourceConfigEntry, type ITopicConfig } from 'kafkajs';
import { deadLetterTopic } from './dead-letter.js';

const { ConfigResourceTypes, ConfigSource } = kafkajs;
const maxBytes = 'max.message.bytes';
const createdTries = 50;
const createdPauseMs = 100;

/** Room for the headers that a dead letter has more than its record, in bytes. */
const headerRoom = 65_536;

/**
 * Of the largest record on the topic of replays. The operators' index keeps at most 11 MiB of a value, and what it had to cut
 * is not replayed; the rest is for key and headers.
 */
const replayBytes = 12 * 1_048_576;

/** Creates the topic of replays where it is missing, and gives one that is there what it lacks. Idempotent. */
export async function ensureReplayTopic(admin: Admin, topic: string, partitions: number): Promise<void> {
  const configEntries = [{ name: maxBytes, value: String(replayBytes) }];
  const wanted = [{ topic, numPartitions: partitions, replicationFactor: -1, configEntries }];
  await create(admin, wanted);
  await widen(admin, wanted);
}

/**
 * Creates what is missing of the topics and their `.DLT` topics. A `.DLT` topic gets as many partitions as its topic
 * (the same partition number keeps the order per key) and takes larger records, so that the largest one, with its
 * headers, still fits. Several programs may do this at once; who meets a topic that is not everywhere yet gets a
 * retriable error, and asks again. `areReplayed`: their letters may be of replays, whose values were edited, or came from
 * elsewhere, and need not fit the topic itself. Default: false.
 */
export async function ensureTopics(
  admin: Admin,
  topics: readonly string[],
  partitions: number,
  { areReplayed = false }: { areReplayed?: boolean } = {},
): Promise<void> {
  await create(
    admin,
    topics.map((topic) => ({ topic, numPartitions: partitions, replicationFactor: -1 })),
  );
  const [counts, sizes] = await Promise.all([partitionCounts(admin, topics), topicConfigs(admin, topics)]);
  const letters = topics.map((topic) => ({
    topic: deadLetterTopic(topic),
    numPartitions: counts.get(topic) ?? partitions,
    replicationFactor: -1,
    configEntries: [
      {
        name: maxBytes,
        value: String(Math.max(limitOf(sizes.get(topic)), areReplayed ? replayBytes : 0) + headerRoom),
      },
    ],
  }));
  await create(admin, letters);
  await widen(admin, letters);
}

/** Gives topics that were there before us (of other services, or from before what they are for grew) what they lack. */
async function widen(
  admin: Admin,
  wanted: (ITopicConfig & { configEntries: IResourceConfigEntry[] })[],
): Promise<void> {
  const names = wanted.map(({ topic }) => topic);
  const [counts, configs] = await Promise.all([partitionCounts(admin, names), topicConfigs(admin, names)]);
  const tooFew = wanted.filter(({ topic, numPartitions = 0 }) => (counts.get(topic) ?? 0) < numPartitions);
  if (tooFew.length > 0) {
    await admin.createPartitions({
      topicPartitions: tooFew.map(({ topic, numPartitions = 0 }) => ({ topic, count: numPartitions })),
    });
  }
  const tooNarrow = wanted.filter(
    ({ topic, configEntries: [limit] }) => limitOf(configs.get(topic)) < Number(limit?.value),
  );
  if (tooNarrow.length > 0) {
    await admin.alterConfigs({
      validateOnly: false,
      resources: tooNarrow.map(({ topic, configEntries }) => ({
        type: ConfigResourceTypes.TOPIC,
        name: topic,
        // This call replaces all that is set for the topic: what was set stays.
        configEntries: [...(configs.get(topic) ?? []).filter(({ name }) => name !== maxBytes), ...configEntries],
      })),
    });
  }
}

async function create(admin: Admin, wanted: ITopicConfig[]): Promise<void> {
  const present = new Set(await admin.listTopics());
  const topics = wanted.filter(({ topic }) => !present.has(topic));
  if (topics.length === 0) return;
  // Somebody else may create one between the look and the call: kafkajs takes that for success.
  await admin.createTopics({ topics, waitForLeaders: false });
  for (let tries = 1; ; tries++) {
    try {
      await partitionCounts(
        admin,
        topics.map(({ topic }) => topic),
      );
      return;
    } catch (error) {
      // A broker may not know yet what another one has just created.
      if (tries >= createdTries || !(error as { retriable?: boolean }).retriable) throw error;
      await sleep(createdPauseMs);
    }
  }
}

async function partitionCounts(admin: Admin, topics: readonly string[]): Promise<Map<string, number>> {
  const metadata = await admin.fetchTopicMetadata({ topics: [...topics] });
  return new Map(metadata.topics.map(({ name, partitions }) => [name, partitions.length]));
}

/** What is set for each topic itself, and the limit of a record's size wherever it is set. */
async function topicConfigs(admin: Admin, topics: readonly string[]): Promise<Map<string, IResourceConfigEntry[]>> {
  const { resources } = await admin.describeConfigs({
    includeSynonyms: false,
    resources: topics.map((name) => ({ type: ConfigResourceTypes.TOPIC, name })),
  });
  return new Map(
    resources.map(({ resourceName, configEntries }) => [
      resourceName,
      configEntries
        .filter(({ configName, configSource }) => configSource === ConfigSource.TOPIC_CONFIG || configName === maxBytes)
        .map(({ configName, configValue }) => ({ name: configName, value: configValue })),
    ]),
  );
}

function limitOf(entries: IResourceConfigEntry[] = []): number {
  return Number(entries.find(({ name }) => name === maxBytes)?.value ?? 1_048_588);
}
