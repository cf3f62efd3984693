import { setTimeout as sleep } from 'node:timers/promises';
import { replayTopic } from '@allim/contracts';
import { ensureReplayTopic, type Portion, portions, replayRecord } from '@allim/kafka';
import { type Logger } from '@allim/platform';
import { type ReplayLetter } from '@allim/store';
import kafkajs, { type Kafka, type Message, type Producer } from 'kafkajs';

const retryMs = 1_000;
/** Of one request. The topic takes records of 12 MiB, so few round trips will do. */
const requestBytes = 1_048_576;

/** Of one record: asked again, Kafka would say the same. */
const refusals = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE', 'INVALID_RECORD']);

/** What became of letters that were published. */
export interface Publication {
  /** Numbers of those that all replicas have. */
  published: number[];
  refused: { number: number; reason: string }[];
}

/** Publishes letters on the topic of replays; never on that on which they failed, where others would process them again. */
export class ReplayPublisher {
  private readonly producer: Producer;
  private opened?: Promise<void>;

  constructor(private readonly options: { kafka: Kafka; partitions: number; logger: Logger }) {
    this.producer = options.kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
  }

  /** Resolves when all replicas have them, as long as it takes. Rejects only by the signal; then nobody knows which they have. */
  async publish(letters: readonly ReplayLetter[], replayId: string, signal: AbortSignal): Promise<Publication> {
    const records = letters.map((letter) =>
      replayRecord({ ...letter, replay: { id: replayId, count: letter.replays } }),
    );
    const publication: Publication = { published: [], refused: [] };
    let start = 0;
    for (const { messages } of portions(records, requestBytes)) {
      const some = letters.slice(start, start + messages.length).map(({ number }) => number);
      start += messages.length;
      const reason = await this.send(messages, signal);
      if (reason === undefined) publication.published.push(...some);
      else await this.sendEach(messages, some, publication, signal);
    }
    return publication;
  }

  /** One of them is refused: it must not take the others along. */
  private async sendEach(
    messages: Message[],
    numbers: readonly number[],
    { published, refused }: Publication,
    signal: AbortSignal,
  ): Promise<void> {
    for (const [index, message] of messages.entries()) {
      const reason = await this.send([message], signal);
      if (reason === undefined) published.push(numbers[index]!);
      else refused.push({ number: numbers[index]!, reason });
    }
  }

  /** Why Kafka refuses them; undefined: it has them. */
  private async send(messages: Portion['messages'], signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal.throwIfAborted();
      try {
        this.opened ??= this.open();
        await this.opened;
        await this.producer.send({ topic: replayTopic, messages, acks: -1 });
        return undefined;
      } catch (error) {
        const { type, message } = error as Error & { type?: string };
        if (type && refusals.has(type)) return `Kafka refuses it: ${message}`;
        this.opened = undefined; // the topic may have been deleted
        signal.throwIfAborted();
        this.options.logger.warn({ err: error, records: messages.length }, 'replays are not acknowledged; they wait');
        await sleep(retryMs, undefined, { signal });
      }
    }
  }

  private async open(): Promise<void> {
    const admin = this.options.kafka.admin();
    try {
      await Promise.all([admin.connect(), this.producer.connect()]);
      await ensureReplayTopic(admin, replayTopic, this.options.partitions);
    } finally {
      await admin.disconnect();
    }
  }

  close(): Promise<void> {
    return this.producer.disconnect();
  }
}
