import { setTimeout as sleep } from 'node:timers/promises';
import { groupLag, type kafkaClient, type PartitionLag } from '@allim/kafka';

type Kafka = ReturnType<typeof kafkaClient>;

/** A consumer group, and which topics are its own even before it has read of them. */
export interface WatchedGroup {
  group: string;
  reads: (topic: string) => boolean;
}

/** How far a group is behind, in records; null: that is not known, and `unknown` says why. */
export interface GroupLag {
  group: string;
  lag: number | null;
  /** Most first. */
  topics: { topic: string; lag: number }[];
  unknown: string | null;
}

/** So long the overview waits for Kafka, at most. */
const deadlineMs = 3_000;

export type Lags = { at: Date; groups: GroupLag[] } | { unknown: string };

/** Asks Kafka how far consumer groups are behind. */
export class GroupLags {
  private readonly admin: ReturnType<Kafka['admin']>;
  /** Goes on after its deadline: a client that is connecting cannot be told to end. */
  private underWay?: Promise<Lags>;

  constructor(private readonly options: { kafka: Kafka; groups: readonly WatchedGroup[] }) {
    this.admin = options.kafka.admin();
  }

  /** Never rejects, and answers within the deadline: what else there is to see must not wait for Kafka. */
  async read(): Promise<Lags> {
    this.underWay ??= this.ask().finally(() => {
      this.underWay = undefined;
    });
    const late = Promise.withResolvers<Lags>();
    const unknown = `Kafka does not answer within ${deadlineMs / 1_000} s`;
    const timer = setTimeout(() => late.resolve({ unknown }), deadlineMs);
    try {
      return await Promise.race([this.underWay, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  private async ask(): Promise<Lags> {
    try {
      await this.admin.connect();
      // Kafka's own ones begin like this.
      const there = (await this.admin.listTopics()).filter((topic) => !topic.startsWith('__'));
      const groups = await Promise.all(this.options.groups.map((one) => this.askOf(one, there)));
      return { at: new Date(), groups };
    } catch (error) {
      return { unknown: `Kafka does not answer: ${(error as Error).message}` };
    }
  }

  /** @param there all topics; one that is not would be asked for again and again */
  private async askOf({ group, reads }: WatchedGroup, there: readonly string[]): Promise<GroupLag> {
    try {
      const committed = await this.admin.fetchOffsets({ groupId: group });
      const read = new Set(committed.map(({ topic }) => topic));
      const asked = there.filter((topic) => read.has(topic) || reads(topic));
      if (asked.length === 0) return { group, lag: null, topics: [], unknown: 'has read nothing yet' };
      return { group, ...summed(await groupLag(this.admin, group, asked)), unknown: null };
    } catch (error) {
      return { group, lag: null, topics: [], unknown: (error as Error).message };
    }
  }

  async close(): Promise<void> {
    // Else it would connect again.
    await Promise.race([this.underWay, sleep(deadlineMs, undefined, { ref: false })]);
    await this.admin.disconnect();
  }
}

/** Most first, then by name. */
export function summed(partitions: readonly PartitionLag[]): Pick<GroupLag, 'topics'> & { lag: number } {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)].map(([topic, some]) => ({
    topic,
    lag: some.reduce((sum, { lag }) => sum + lag, 0),
  }));
  topics.sort((a, b) => b.lag - a.lag || (a.topic < b.topic ? -1 : 1));
  return { lag: topics.reduce((sum, { lag }) => sum + lag, 0), topics };
}
