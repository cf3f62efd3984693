import { setTimeout as pause } from 'node:timers/promises';
import { type Channel, commandTopic, type DeliveryCommand, lanesOf } from '@allim/contracts';
import { kafkaClient } from '@allim/stack';
import { DeliveryStore, openDatabase } from '@allim/store';
import { type Arena } from './arena.js';

const parked: Channel = 'sms';
const everyMs = 100;
const atOnce = 500;

/** Publishes what is due on the channel that parks: the consumer does so only for channels that have an app. It takes back what dead workers of any channel held. */
export async function dispatchParked(arena: Arena): Promise<void> {
  const database = await openDatabase({ url: arena.stack.databaseUrl, connections: 1 });
  const producer = kafkaClient(arena.stack.kafkaBrokers).producer({ allowAutoTopicCreation: false });
  await producer.connect();
  const store = new DeliveryStore(database);
  let over = false;
  const dispatching = (async () => {
    while (!over) {
      await store.dispatch(
        atOnce,
        async (due) => {
          const topicMessages = [...Map.groupBy(due, ({ priority }) => priority)].map(([priority, some]) => ({
            topic: commandTopic(parked, priority),
            messages: some.map(({ id, channel }) => ({
              key: id,
              value: JSON.stringify({ deliveryId: id, channel } satisfies DeliveryCommand),
            })),
          }));
          await producer.sendBatch({ topicMessages, acks: -1 });
        },
        { lanes: lanesOf([parked]) },
      );
      await pause(everyMs);
    }
  })();
  arena.onClose(async () => {
    over = true;
    await dispatching;
    await Promise.all([producer.disconnect(), database.destroy()]);
  });
}
