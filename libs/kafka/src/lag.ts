import { type Admin } from 'kafkajs';

export interface PartitionLag {
  topic: string;
  partition: number;
  /** Records between the group's committed offset and the end of the partition. */
  lag: number;
}

/** How far a group is behind, by partition. A partition without a committed offset is behind by all it holds. */
export async function groupLag(admin: Admin, groupId: string, topics: readonly string[]): Promise<PartitionLag[]> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
  const lags = await Promise.all(
    committed.map(async ({ topic, partitions }) => {
      const ends = new Map((await admin.fetchTopicOffsets(topic)).map((end) => [end.partition, end]));
      return partitions.map(({ partition, offset }) => {
        const end = ends.get(partition);
        const from = offset === '-1' ? (end?.low ?? '0') : offset;
        return { topic, partition, lag: Math.max(0, Number(BigInt(end?.high ?? '0') - BigInt(from))) };
      });
    }),
  );
  return lags.flat();
}
