import { setTimeout as pause } from 'node:timers/promises';
import { type SampleEvent, sampleEvents } from '@allim/catalogue';
import { kafkaClient } from '@allim/stack';
import kafkajs from 'kafkajs';

export const sampleUsers = ['user-1', 'user-2', 'user-3', 'user-4', 'user-5'] as const;

const eventsPerFeed = 80;
const intervalMs = 700;

/**
 * The sample events of a feed: every topic in turn, and the users in turn.
 *
 * @param first number of the first one; another feed's numbers must lie elsewhere, or its events are duplicates
 */
export function feedEvents(first: number): SampleEvent[] {
  return Array.from({ length: eventsPerFeed }, (_, index) => {
    const events = sampleEvents({ user: sampleUsers[index % sampleUsers.length]!, number: first + index });
    return events[index % events.length]!;
  });
}

/** Publishes sample events through Kafka, one every 700 ms for about a minute, or until it is aborted. */
export async function playFeed(brokers: string, signal: AbortSignal): Promise<void> {
  const producer = kafkaClient(brokers).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  try {
    for (const { topic, key, value } of feedEvents(Math.floor(Date.now() / 1000))) {
      await producer.send({ topic, acks: -1, messages: [{ key, value }] });
      await pause(intervalMs, undefined, { signal });
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    await producer.disconnect();
  }
}
