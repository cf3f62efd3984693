import { setTimeout as pause } from 'node:timers/promises';
import { requestTopic, type SampleEvent, sampleEvents, templates } from '@allim/catalogue';
import { kafkaClient } from '@allim/stack';
import kafkajs from 'kafkajs';
import { samplePeople } from './sample-people.js';

export const sampleUsers = ['user-1', 'user-2', 'user-3', 'user-4', 'user-5'] as const;

const eventsPerFeed = 80;
const intervalMs = 700;

/** After so many events comes a request, as long as there are some: the mailbox soon has one of each kind. */
const eventsPerRequest = 3;

/** The texts of a request are its sender's: what goes to somebody who reads English is written in English. */
const inEnglish: Record<string, Record<string, string>> = {
  announcement: {
    title: 'Planned maintenance',
    message: 'The service is under maintenance on 8 February from 02:00 to 04:00.',
  },
  campaign: {
    title: 'Spring sale',
    message: 'From today and for three days: 20% off everything.',
    link: '/shopping/events/spring',
  },
};

/** Each template once in each language, to those who may get a promotion at any hour. */
function requests(first: number): SampleEvent[] {
  return templates.flatMap(({ name, sample }) =>
    (['user-1', 'user-4'] as const).map((user) => ({
      topic: requestTopic,
      key: user,
      value: JSON.stringify({
        requestId: `${name}-${first}-${user}`,
        to: { userId: user },
        type: 'SYSTEM',
        template: name,
        params: user === 'user-4' ? (inEnglish[name] ?? sample) : sample,
      }),
    })),
  );
}

/** Who signs up is who they are, not the catalogue's sample of a name. */
function withOwnName(event: SampleEvent): SampleEvent {
  const name = samplePeople[event.key]?.contact.name;
  const signsUp = event.topic === 'user-signup' && name;
  return signsUp ? { ...event, value: JSON.stringify({ ...JSON.parse(event.value), name }) } : event;
}

/** Every so many events comes one that nobody can process, as they come from publishers. */
const eventsPerDead = 9;

/** What operators are to see: some die alike, others for causes of their own. */
function dead(first: number): SampleEvent[] {
  const order = (number: number, rest: object) => JSON.stringify({ orderNumber: `ORD-${first}-X${number}`, ...rest });
  const orders = 'shopping.order.created';
  return [
    { topic: orders, key: 'user-1', value: order(1, { userId: 'user-1', totalAmount: '45,000원', itemCount: 2 }) },
    { topic: orders, key: 'user-2', value: order(2, { userId: 'user-2', totalAmount: '12,000원', itemCount: 1 }) },
    { topic: 'blog.post.liked', key: 'user-3', value: `{"likeId": "like-${first}", "postId": ` },
    { topic: orders, key: 'user-3', value: order(3, { totalAmount: 30_000, itemCount: 1 }) },
    { topic: 'blog.user.followed', key: 'user-4', value: '' },
    {
      topic: requestTopic,
      key: 'user-5',
      value: JSON.stringify({
        ...{ requestId: `unknown-${first}`, to: { userId: 'user-5' }, type: 'SYSTEM' },
        ...{ template: 'summer-sale', params: { note: '<img src=x onerror=alert(1)>' } },
      }),
    },
  ];
}

/**
 * The sample events of a feed: every topic in turn, and the users in turn; among them requests of every template, and a few that
 * become dead letters.
 *
 * @param first number of the first one; another feed's numbers must lie elsewhere, or its events are duplicates
 */
export function feedEvents(first: number): SampleEvent[] {
  const asked = requests(first);
  const failing = dead(first);
  return Array.from({ length: eventsPerFeed }, (_, index) => {
    const events = sampleEvents({ user: sampleUsers[index % sampleUsers.length]!, number: first + index });
    const request = (index + 1) % eventsPerRequest === 0 ? asked.shift() : undefined;
    const doomed = (index + 1) % eventsPerDead === 0 ? failing.shift() : undefined;
    return [withOwnName(events[index % events.length]!), ...[request, doomed].filter((one) => one !== undefined)];
  }).flat();
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
