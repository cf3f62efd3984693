import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { requestTopic } from '@allim/catalogue';
import { tryLater } from '@allim/http';
import kafkajs, { type Kafka, type Producer } from 'kafkajs';
import { type ApiMetrics } from '../metrics.js';

/** What a caller waits for Kafka's acknowledgement; with everything around it less than 5 s. */
const deadlineMs = 4_000;
const pauseMs = 200;
/** Waiting for a broker that hangs, at most; each holds up to 64 KB. */
const underWayLimit = 200;
/** For those under way when the program stops. */
const closeMs = 1_000;

const repeat = 'it may or may not have been taken: try again, with the same Idempotency-Key';

/** Publishes requested notifications. Connects with the first one: nothing else here needs Kafka. */
export class Requests {
  private readonly producer: Producer;
  private connecting?: Promise<void>;
  private underWay = 0;

  constructor(
    kafka: Kafka,
    private readonly metrics: Pick<ApiMetrics, 'requests'>,
  ) {
    this.producer = kafka.producer({
      allowAutoTopicCreation: false,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      // Its own retries know no deadline: they would publish what its caller has long been told to repeat.
      retry: { retries: 0 },
    });
  }

  /** Resolves once all replicas have it, keyed by its recipient. Throws a C005 when that takes more than 4 s. */
  async publish(recipient: string, value: Buffer, traceparent?: string): Promise<void> {
    if (this.underWay >= underWayLimit) throw this.unavailable('too many requests wait for Kafka; try again');
    const late = new AbortController();
    const message = {
      key: recipient,
      // Read when the record is encoded, right before it is written: the last moment at which it can be taken back.
      get value() {
        late.signal.throwIfAborted();
        return value;
      },
      headers: traceparent && /^[\da-f-]{55}$/.test(traceparent) ? { traceparent } : {},
    };
    const sent = this.untilSent(message, late.signal);
    this.underWay++;
    const done = () => void this.underWay--;
    sent.then(done, done);
    const timer = new AbortController();
    const tooLate = sleep(deadlineMs, 'late' as const, { signal: timer.signal });
    tooLate.catch(() => {}); // cancelled
    const outcome = await Promise.race([sent, tooLate]);
    timer.abort();
    late.abort();
    if (outcome !== 'sent') throw this.unavailable(`Kafka did not answer in time; ${repeat}`, outcome);
    this.metrics.requests.inc({ outcome: 'acknowledged' });
  }

  /** Answers the last error when the time is over. Never rejects, as nobody may be there any more. */
  private async untilSent(message: Parameters<Producer['send']>[0]['messages'][0], late: AbortSignal) {
    for (;;) {
      try {
        await this.connect();
        if (late.aborted) return undefined;
        await this.producer.send({ topic: requestTopic, acks: -1, timeout: deadlineMs, messages: [message] });
        return 'sent' as const;
      } catch (error) {
        if (late.aborted) return error;
        await sleep(pauseMs);
      }
    }
  }

  private connect(): Promise<void> {
    this.connecting ??= this.producer.connect().catch((error) => {
      this.connecting = undefined;
      throw error;
    });
    return this.connecting;
  }

  private unavailable(message: string, cause?: unknown) {
    this.metrics.requests.inc({ outcome: 'unavailable' });
    return tryLater(message, cause);
  }

  async close(): Promise<void> {
    await Promise.race([this.producer.disconnect().catch(() => {}), sleep(closeMs)]);
  }
}

/** The same caller's same key is the same request: the ledger makes one notification of it, however often it comes. */
export function requestIdOf(callerId: string, key: string | undefined): string {
  if (key === undefined) return crypto.randomUUID();
  return hash('sha256', JSON.stringify([callerId, key])).slice(0, 32);
}
