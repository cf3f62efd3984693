import { setTimeout as pause } from 'node:timers/promises';
import { type Entry, entries, requestTopic, type SampleEvent } from '@allim/catalogue';
import { kafkaClient } from '@allim/stack';
import kafkajs, { type Producer } from 'kafkajs';
import { type Site } from './site.js';
import { mustEqual } from './void-run.js';

/** Partitions of every topic. */
export const partitions = 3;
export const userCount = 2_000;
export const userOf = (number: number) => `user-${number % userCount}`;

const domain = entries.filter(({ topic }) => topic !== requestTopic);
const broadcast = entry('shopping.timedeal.started');
const signup = entry('user-signup');
const everyday = domain.filter((one) => one !== broadcast);
/** Topics whose events carry their number in the reference: what a paced load sends. */
const numbered = everyday.filter((one) => one !== signup);
const outgoing = domain.filter((one) => {
  const channels = one.plan(one.sample({ user: userOf(1), number: 1 }))?.channels ?? [];
  return channels.includes('email') && channels.includes('push');
});
const hot = entry('shopping.order.created');

/** The room of `shopping.timedeal.started`. */
export const broadcastRoom = 'timedeal';
const broadcastEvery = 1_000;

function entry(topic: string): Entry {
  const found = entries.find((one) => one.topic === topic);
  if (!found) throw new Error(`the catalogue has no ${topic}`);
  return found;
}

/** What events a load is made of: by number, each with a reference of its own. */
export interface Load {
  topics: string[];
  event(number: number): SampleEvent;
}

/**
 * All 15 topics in turn, 2,000 users. A broadcast every 1,000 events: its one subscriber (`subscribeOne`) makes it one row, too.
 * The identity of a sign-up is its user, so each has a new one.
 */
export const allTopics: Load = {
  topics: domain.map(({ topic }) => topic),
  event(number) {
    const one = number % broadcastEvery === 0 ? broadcast : at(everyday, number);
    return sample(one, one === signup ? `signup-${number}` : userOf(number), number);
  },
};

/** Topics whose notifications also go out by e-mail and push. */
export const reachable: Load = {
  topics: outgoing.map(({ topic }) => topic),
  event: (number) => sample(at(outgoing, number), userOf(number), number),
};

/** One topic only. */
export const hotTopic: Load = {
  topics: [hot.topic],
  event: (number) => sample(hot, userOf(number), number),
};

/** 13 topics whose references end with the event's number. */
export const numberedTopics = {
  topics: numbered.map(({ topic }) => topic),
  event: (number: number, user: string) => sample(at(numbered, number), user, number),
};

/** The same from the event after number `count` on. */
export const after = (count: number, load: Load): Load => ({
  topics: load.topics,
  event: (number) => load.event(count + number),
});

/** The number at the end of a reference of `numberedTopics`. */
export function numberIn(referenceId: string): number {
  return Number(/\d+$/.exec(referenceId)?.[0]);
}

const at = (list: Entry[], number: number) => list[number % list.length] as Entry;

function sample(one: Entry, user: string, number: number): SampleEvent {
  return { topic: one.topic, key: user, value: JSON.stringify(one.sample({ user, number })) };
}

export const subscribeOne = (site: Site) =>
  site.database.query('INSERT INTO subscription (topic, user_id, created_at) VALUES (?, ?, UTC_TIMESTAMP(6))', [
    broadcastRoom,
    userOf(0),
  ]);

/** Creates those and waits until each partition answers: kafkajs takes a topic for led while some of its partitions are not. */
export async function createTopics(site: Site, topics: string[]): Promise<void> {
  if (topics.length === 0) return;
  await site.admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: partitions })) });
  for (let tries = 1; ; tries++) {
    try {
      await recordCount(site, topics);
      return;
    } catch (error) {
      if (tries === 20) throw error;
      await pause(100);
    }
  }
}

/** Connected; places keys as Java's default partitioner does. Idempotent: a request that is repeated adds nothing. */
export async function connectProducer(brokers: string): Promise<Producer> {
  const producer = kafkaClient(brokers).producer({
    createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    idempotent: true,
    allowAutoTopicCreation: false,
  });
  await producer.connect();
  return producer;
}

export async function send(producer: Producer, events: SampleEvent[]): Promise<void> {
  const byTopic = Map.groupBy(events, ({ topic }) => topic);
  await producer.sendBatch({
    acks: -1,
    topicMessages: [...byTopic].map(([topic, list]) => ({
      topic,
      messages: list.map(({ key, value }) => ({ key, value })),
    })),
  });
}

const preloadBatch = 2_000;

/** Creates the topics that are not there and puts events number 1 … `count` into them. */
export async function preload(site: Site, load: Load, count: number): Promise<void> {
  const present = new Set(await site.admin.listTopics());
  await createTopics(
    site,
    load.topics.filter((topic) => !present.has(topic)),
  );
  const before = await recordCount(site, load.topics);
  const producer = await connectProducer(site.kafkaBrokers);
  for (let first = 1; first <= count; first += preloadBatch) {
    const size = Math.min(preloadBatch, count - first + 1);
    const events = Array.from({ length: size }, (_, index) => load.event(first + index));
    await send(producer, events);
  }
  await producer.disconnect();
  mustEqual('records in Kafka', await recordCount(site, load.topics), before + count);
}

/** How many records these topics hold. */
export async function recordCount(site: Site, topics: string[]): Promise<number> {
  const offsets = await Promise.all(topics.map((topic) => site.admin.fetchTopicOffsets(topic)));
  return offsets.flat().reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
}
