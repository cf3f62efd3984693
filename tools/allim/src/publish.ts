import { kafkaClient } from '@allim/stack';
import kafkajs, { type Message } from 'kafkajs';

export interface Published {
  partition: number;
  /** a number as a string */
  offset: string;
}

/** Publishes one record and waits until Kafka has acknowledged it on all replicas. */
export async function publish(brokers: string, topic: string, message: Message): Promise<Published> {
  // Partitions as Java's default partitioner chooses them, so that our keys meet the publishers' ones.
  const producer = kafkaClient(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  try {
    const [answer] = await producer.send({ topic, acks: -1, messages: [message] });
    return { partition: answer!.partition, offset: answer!.baseOffset! };
  } catch (error) {
    const cause = error instanceof Error ? error.cause : undefined;
    if (!(cause instanceof Error && 'type' in cause && cause.type === 'UNKNOWN_TOPIC_OR_PARTITION')) throw error;
    throw new Error(`Kafka has no topic ${topic} yet: the consumer creates it when it starts.`);
  } finally {
    await producer.disconnect();
  }
}

/** @throws with the topics nearest to it when `topic` is none of the known ones */
export function checkTopic(topic: string, known: readonly string[]): void {
  if (known.includes(topic)) return;
  const near = known
    .map((name) => ({ name, distance: distance(topic, name) }))
    .filter(({ name, distance }) => distance <= Math.max(3, name.length / 3))
    .toSorted((a, b) => a.distance - b.distance)
    .slice(0, 3);
  const list =
    near.length > 0 ? `Did you mean ${near.map(({ name }) => name).join(' or ')}?` : `Known: ${known.join(', ')}.`;
  throw new Error(`${topic} is no topic of the catalogue. ${list}`);
}

/** Characters to insert, remove or replace to turn one into the other (Levenshtein). */
function distance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [line, character] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column++) {
      const replaced = row[column - 1]! + (character === to[column - 1] ? 0 : 1);
      next.push(Math.min(next[column - 1]! + 1, row[column]! + 1, replaced));
    }
    row = next;
  }
  return row[to.length]!;
}
