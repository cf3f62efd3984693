import { randomUUIDv7 } from 'node:crypto';
import { identityOf, type Planned, planDeliveries, readEvent, render } from '@allim/catalogue';
import {
  type Channel,
  commandTopic,
  contactDetails,
  type DeliveryCommand,
  type Person,
  priorities,
  stranger,
} from '@allim/contracts';
import {
  ContactStore,
  DeliveryStore,
  DeviceStore,
  Intake,
  type NewNotification,
  openDatabase,
  tokenHash,
  uuidBytes,
} from '@allim/store';
import { connectProducer, createTopics, hotTopic, recordCount, userOf } from './load.js';
import { type Site } from './site.js';
import { mustEqual } from './void-run.js';

const userCount = 2_000;
const savedAtOnce = 500;

/**
 * Plans one delivery of a channel for each of events 1 … `count`, as the consumer does, and publishes their commands, as
 * its dispatcher does: then no consumer runs beside what is measured.
 */
export async function preloadDeliveries(site: Site, channel: Channel, count: number): Promise<void> {
  await using cleanup = new AsyncDisposableStack();
  const database = await openDatabase({ url: site.databaseUrl, connections: 4 });
  cleanup.defer(() => database.destroy());
  const producer = await connectProducer(site.kafkaBrokers);
  cleanup.defer(() => producer.disconnect());

  const contacts = new ContactStore(database);
  const devices = new DeviceStore(database);
  for (let number = 0; number < userCount; number++) {
    const userId = userOf(number);
    await contacts.put(userId, contactDetails.parse({ name: `김하나 ${number}`, email: `${userId}@example.com` }));
    await devices.put(userId, tokenOf(userId), { platform: 'android', appVersion: '4.2.0' });
  }
  const intake = new Intake(database);
  for (let first = 1; first <= count; first += savedAtOnce) {
    const size = Math.min(savedAtOnce, count - first + 1);
    await intake.save(Array.from({ length: size }, (_, index) => notification(channel, first + index)));
  }

  const topics = priorities.map((priority) => commandTopic(channel, priority));
  await createTopics(site, topics);
  const deliveries = new DeliveryStore(database);
  const publish = () =>
    deliveries.dispatch(savedAtOnce, async (due) => {
      const lanes = Map.groupBy(due, ({ priority }) => commandTopic(channel, priority));
      const topicMessages = [...lanes].map(([topic, some]) => ({
        topic,
        messages: some.map(({ id }) => ({
          key: id,
          value: JSON.stringify({ deliveryId: id, channel } satisfies DeliveryCommand),
        })),
      }));
      await producer.sendBatch({ topicMessages, acks: -1 });
    });
  while ((await publish()) > 0);
  mustEqual('commands in Kafka', await recordCount(site, topics), count);
}

/** As long as FCM's. */
const tokenOf = (userId: string) => `${userId}:${'APA91b'.repeat(25)}`;

/** How many deliveries have come to this state. */
export const deliveriesIn = (site: Site, state: string) =>
  site.number('SELECT COUNT(*) FROM delivery FORCE INDEX (due) WHERE state = ?', [state]);

/** Every delivery accepted at its first attempt, and that on record. */
export async function mustBeAccepted(site: Site, count: number): Promise<void> {
  const once = "SELECT COUNT(*) FROM delivery WHERE state = 'accepted' AND attempts = 1";
  mustEqual('deliveries accepted at once', await site.number(once), count);
  mustEqual('attempts', await site.number("SELECT COUNT(*) FROM delivery_attempt WHERE outcome = 'accepted'"), count);
}

function notification(channel: Channel, number: number): NewNotification {
  const { topic, key: userId, value } = hotTopic.event(number);
  const planned = readEvent(topic, Buffer.from(value));
  if (!planned) throw new Error(`${topic}: nobody is told`);
  const person: Person = { ...stranger(userId), hasEmail: true, devices: [tokenHash(tokenOf(userId))] };
  const { type, link, reference, paramsJson } = planned;
  return {
    identity: identityOf(userId, type, planned.identity),
    userId,
    type,
    ...render(planned, person.language),
    link,
    reference,
    params: paramsJson,
    origin: { topic, partition: 0, offset: String(number) },
    deliveries: deliveriesOf(planned, person, channel),
  };
}

const deliveriesOf = (planned: Planned, person: Person, channel: Channel) =>
  planDeliveries(planned, person, new Date())
    .filter((one) => one.channel === channel)
    .map((one) => ({ id: uuidBytes(randomUUIDv7()), ...one }));
