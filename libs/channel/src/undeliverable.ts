import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, undeliverableTopic } from '@allim/contracts';
import { deadLetter, type KafkaRecord } from '@allim/kafka';
import { type Logger } from '@allim/platform';
import { type Claimed } from '@allim/store';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';

const retryMs = 1_000;

/** As it stands in a dead letter's headers: without a stack, which would name our code, not what is wrong. */
class Undeliverable extends Error {
  override readonly name = 'Undeliverable';
  override stack = '';
}

/** Publishes a channel's undeliverable deliveries to its `.DLT` topic: the command as it was, by user, and why. */
export class UndeliverableLetters {
  private readonly topic: string;
  private readonly producer: Producer;

  constructor(
    private readonly options: { kafka: Kafka; channel: Channel; partitions: number; logger: Logger },
    private readonly stopping: AbortSignal,
  ) {
    this.topic = undeliverableTopic(options.channel);
    this.producer = options.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  /** Waits for the brokers as long as it takes; the topic is there then. */
  async open(): Promise<void> {
    const { kafka, partitions, logger } = this.options;
    const admin = kafka.admin();
    for (;;) {
      try {
        await Promise.all([admin.connect(), this.producer.connect()]);
        const topics = [{ topic: this.topic, numPartitions: partitions, replicationFactor: -1 }];
        if (!(await admin.listTopics()).includes(this.topic))
          await admin.createTopics({ topics, waitForLeaders: false });
        return await admin.disconnect();
      } catch (error) {
        this.stopping.throwIfAborted();
        logger.warn({ reason: (error as Error).message }, 'Kafka is not ready yet');
        await sleep(retryMs, undefined, { signal: this.stopping });
      }
    }
  }

  /**
   * Resolves when all replicas have it, as long as it takes. Rejects only when we stop. One that was replayed is told of as what
   * failed first, so that its letter comes to the same case.
   */
  async publish(record: KafkaRecord, { userId, attempt }: Claimed, group: string, reason: string): Promise<void> {
    const failure = { errorClass: 'undeliverable', error: new Undeliverable(reason), attempts: attempt, group };
    const letter = deadLetter(record, { ...failure, failedAt: Date.now() });
    // By its key, not where the command was: the lanes' partitions are not this topic's.
    const message = { key: userId, value: letter.value, headers: letter.headers };
    for (;;) {
      try {
        await this.producer.send({ topic: this.topic, messages: [message], acks: -1 });
        return;
      } catch (error) {
        this.stopping.throwIfAborted();
        this.options.logger.error(
          { err: error, topic: this.topic },
          'a dead letter is not acknowledged; its delivery waits',
        );
        await sleep(retryMs, undefined, { signal: this.stopping });
      }
    }
  }

  async close(): Promise<void> {
    await this.producer.disconnect();
  }
}
