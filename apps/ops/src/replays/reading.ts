import { replayTopic } from '@allim/contracts';
import { type Admin, type Kafka } from 'kafkajs';

/** Answers whether it is so by now. */
export type Look = () => Promise<boolean>;

/**
 * Tells when what was published has been read: first by the consumer, which has its letters acknowledged before its offset
 * counts, then by the index. What failed again is counted then.
 */
export class Reading {
  private readonly admin: Admin;
  private connected?: Promise<void>;

  constructor(
    private readonly options: {
      kafka: Kafka;
      consumerGroup: string;
      indexGroup: string;
      isIndexed: (topic: string) => boolean;
    },
  ) {
    this.admin = options.kafka.admin();
  }

  /** Asks from now on whether all that has been published by now is read; rejects while Kafka is away. */
  since(): Look {
    const { consumerGroup, indexGroup } = this.options;
    let replays: Ends | undefined;
    let letters: Ends | undefined;
    return async () => {
      await this.connect();
      replays ??= await this.ends([replayTopic]);
      if (!letters) {
        if (!(await this.isPast(consumerGroup, replays))) return false;
        letters = await this.ends(await this.indexedTopics());
      }
      return this.isPast(indexGroup, letters);
    };
  }

  private connect(): Promise<void> {
    this.connected ??= this.admin.connect().catch((error: unknown) => {
      this.connected = undefined;
      throw error;
    });
    return this.connected;
  }

  private async indexedTopics(): Promise<string[]> {
    const names = await this.admin.listTopics();
    return names.filter((topic) => !topic.startsWith('__') && this.options.isIndexed(topic));
  }

  /** Where the partitions end that hold anything. */
  private async ends(topics: readonly string[]): Promise<Ends> {
    const ends: Ends = new Map();
    for (const topic of topics) {
      const partitions = await this.admin.fetchTopicOffsets(topic);
      const filled = partitions.filter(({ high, low }) => BigInt(high) > BigInt(low));
      if (filled.length > 0) ends.set(topic, new Map(filled.map(({ partition, high }) => [partition, BigInt(high)])));
    }
    return ends;
  }

  private async isPast(groupId: string, ends: Ends): Promise<boolean> {
    if (ends.size === 0) return true;
    const committed = await this.admin.fetchOffsets({ groupId, topics: [...ends.keys()] });
    return committed.every(({ topic, partitions }) =>
      partitions.every(({ partition, offset }) => BigInt(offset) >= (ends.get(topic)?.get(partition) ?? -1n)),
    );
  }

  close(): Promise<void> {
    return this.admin.disconnect();
  }
}

/** By topic and partition. */
type Ends = Map<string, Map<number, bigint>>;
