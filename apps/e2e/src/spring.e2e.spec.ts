import { deadLetter, type KafkaRecord, type Letter, readLetter } from '@allim/kafka';
import { kafkaClient } from '@allim/stack';
import { useStack, waitFor } from '@allim/testing';
import { type Consumer, type IHeaders, type Message, type Producer } from 'kafkajs';
import { SpringService } from './spring-service.js';

/** By the names that they have in the service. */
const topics = {
  failing: 'spring.failing',
  keeping: 'spring.keeping',
  retried: 'spring.retried',
  jackson2: 'spring.jackson2',
  jackson3: 'spring.jackson3',
  letters: 'shopping.order.created.DLT',
};
type Failing = Exclude<keyof typeof topics, 'letters'>;
/** Where Spring puts the letters: `-dlt` is what it does unless it is told, `.DLT` what it did before 4 and what we do. */
const lettersOf: Record<Failing, string> = {
  failing: 'spring.failing.DLT',
  keeping: 'spring.keeping.DLT',
  retried: 'spring.retried.DLT',
  jackson2: 'spring.jackson2.DLT',
  jackson3: 'spring.jackson3-dlt',
};

const partition = 2;
const sentAt = new Date('2026-02-06T10:00:00.123Z');
const key = Buffer.from([0x00, 0x00, 0x01, 0xff]); // an Integer, too
const value = Buffer.from([0x7b, 0xff, 0x00, 0xfb]); // neither UTF-8 nor JSON; its base64 has + and =
const own: IHeaders = {
  traceparent: Buffer.from('00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'),
  binary: Buffer.from([0xff, 0x00]),
  repeated: [Buffer.from('1'), Buffer.from('2')],
};
const listenerFailed = 'org.springframework.kafka.listener.ListenerExecutionFailedException';
const notDeserialised = 'org.springframework.kafka.support.serializer.DeserializationException';

const read: KafkaRecord[] = [];
let service: SpringService;
let producer: Producer;
let consumer: Consumer;

// Before useStack's, for kafkajs does not let go of a broker that has gone.
afterAll(async () => {
  await service?.stop();
  await Promise.all([consumer?.disconnect(), producer?.disconnect()]);
});
const stack = useStack({ database: false, redis: false });
beforeAll(async () => {
  // Many tries: while Kafka makes the topic of its groups, on the first one, kafkajs gives up for good after a few.
  const kafka = kafkaClient(stack.kafkaBrokers, 50);
  const admin = kafka.admin();
  producer = kafka.producer({ allowAutoTopicCreation: false });
  consumer = kafka.consumer({ groupId: 'operators', allowAutoTopicCreation: false });
  await Promise.all([admin.connect(), producer.connect(), consumer.connect()]);
  const letters = Object.values(lettersOf);
  const all = [...Object.values(topics), ...letters, 'spring.retried-retry'];
  await admin.createTopics({ topics: all.map((topic) => ({ topic, numPartitions: 3 })) });
  await admin.disconnect();
  service = await SpringService.start(stack.kafkaBrokers, topics);
  await consumer.subscribe({ topics: letters, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ topic, partition, message: { offset, key, value, headers = {}, timestamp } }) =>
      void read.push({ topic, partition, offset, key, value, headers, timestamp, timestampType: 'CreateTime' }),
  });
}, 300_000);

/** Publishes a record that fails; answers its offset and the letter that comes of it. */
async function fail(to: Failing, change: Message | { headers?: IHeaders } = {}) {
  const before = lettersIn(to).length;
  const message = { key, value, headers: own, ...change, partition, timestamp: `${sentAt.getTime()}` };
  const [sent] = await producer.send({ topic: topics[to], messages: [message] });
  const record = await waitFor(() => lettersIn(to)[before], {
    what: `a letter in ${lettersOf[to]} (the log of Spring is .stack/e2e/spring.log)`,
    timeoutMs: 30_000, // the first one comes when the JVM is warm and has joined its groups
  });
  return { offset: sent!.baseOffset!, record, letter: readLetter(record) };
}
const lettersIn = (of: Failing) => read.filter(({ topic }) => topic === lettersOf[of]);

const texts = (record: KafkaRecord, name: string) => [record.headers[name]].flat().map((bytes) => bytes?.toString());
const place = (of: Failing, offset: string, group = 'spring-group'): Letter['original'] => ({
  topic: topics[of],
  partition,
  offset,
  timestamp: sentAt,
  group,
});
/** What Spring does not tell. */
const untold = { attempts: null, firstFailedAt: null, replayCount: 0, replayId: null };

describe('a letter of Spring', () => {
  it('whose listener has failed is read with its cause and the bytes as they were', async () => {
    const first = await fail('failing');
    const { offset, record, letter } = await fail('failing');
    expect([first.offset, offset]).toEqual(['0', '1']);
    expect(first.letter.original.offset).toBe('0');
    expect(letter).toEqual({
      original: place('failing', '1'),
      key,
      value,
      wrapped: false,
      headers: own,
      error: {
        class: 'IllegalStateException',
        type: 'java.lang.IllegalStateException',
        message: expect.stringMatching(/; 재고 없음 1$/),
        stack: expect.stringContaining('at service.SpringService.fail(SpringService.java:'),
      },
      ...untold,
    });
    expect(texts(record, 'kafka_dlt-exception-fqcn')).toEqual([listenerFailed]);
    expect(texts(record, 'kafka_listenerInfo')).toEqual(['stock']);
    expect(record.headers.kafka_deliveryAttempt).toEqual(Buffer.from([0, 0, 0, 2]));
    expect(record.partition).toBe(partition);
  });

  describe.each(['jackson2', 'jackson3'] as const)('whose JSON was none (%s)', (topic) => {
    it('is unwrapped', async () => {
      const { offset, record, letter } = await fail(topic, {
        headers: { ...own, __TypeId__: Buffer.from('org.shop.Order') },
      });
      expect(record.value?.toString()).toBe('"e/8A+w=="');
      expect(texts(record, '__TypeId__')).toEqual(['[B']);
      expect(letter).toEqual({
        original: place(topic, offset),
        key,
        value,
        wrapped: true,
        headers: own,
        error: {
          class: 'DeserializationException',
          type: notDeserialised,
          message: 'failed to deserialize',
          stack: expect.stringContaining('Invalid UTF-8 start byte 0xff'),
        },
        ...untold,
      });
    });

    it('and whose key was none either is read with the key as it was', async () => {
      const badKey = Buffer.from([0xff, 0xfe]);
      const { offset, record, letter } = await fail(topic, { key: badKey, value });
      expect(texts(record, 'kafka_dlt-key-exception-fqcn')).toEqual([notDeserialised]);
      expect(letter).toMatchObject({ original: place(topic, offset), key: badKey, value, wrapped: true });
      expect(letter.headers).toEqual(own);
      expect(letter.error.stack).toContain('Invalid UTF-8 start byte 0xff');
    });

    it('but only its key is read with why', async () => {
      const badKey = Buffer.from([0xff, 0xfe]);
      const { offset, record, letter } = await fail(topic, { key: badKey, value: Buffer.from('{"id":1}') });
      expect(texts(record, 'kafka_dlt-exception-fqcn')).toEqual([undefined]);
      expect(letter).toMatchObject({ original: place(topic, offset), key: badKey, wrapped: false });
      expect(letter.value?.toString()).toBe('{"id":1}'); // Spring's own writing of what it had read
      expect(letter.error).toEqual({
        class: 'DeserializationException',
        type: notDeserialised,
        message: 'failed to deserialize',
        stack: expect.stringContaining('IntegerDeserializer is not 4'),
      });
    });
  });

  it('that @RetryableTopic has written is read in its own family of headers', async () => {
    const { offset, record, letter } = await fail('retried');
    expect(Object.keys(record.headers).filter((name) => name.startsWith('kafka_dlt-'))).toEqual([
      'kafka_dlt-original-consumer-group',
    ]);
    expect(texts(record, 'kafka_exception-fqcn')).toEqual([listenerFailed]);
    expect(letter).toEqual({
      original: place('retried', offset),
      key,
      value,
      wrapped: false,
      headers: own,
      error: {
        class: 'IllegalStateException',
        type: 'java.lang.IllegalStateException',
        message: expect.stringMatching(/; 재고 없음 in spring\.retried-retry$/),
        stack: expect.stringContaining('at service.SpringService.failTwice(SpringService.java:'),
      },
      ...untold,
    });
  });
});

describe('a letter of Spring that somebody has published again, and that has failed again', () => {
  it('names the first place and the last exception', async () => {
    const first = await fail('failing');
    const { offset, record, letter } = await fail('failing', { headers: first.record.headers });
    expect(texts(record, 'kafka_dlt-original-topic')).toHaveLength(2);
    expect(texts(record, 'kafka_dlt-exception-message')).toHaveLength(1);
    expect(letter.original).toEqual(place('failing', first.offset));
    expect(letter.error.message).toMatch(new RegExp(`; 재고 없음 ${offset}$`));
    expect(letter.headers).toEqual(own);
  });

  it('also where Spring keeps the earlier exceptions', async () => {
    const first = await fail('keeping');
    await fail('keeping');
    const { offset, record, letter } = await fail('keeping', { headers: first.record.headers });
    expect(texts(record, 'kafka_dlt-exception-message')).toHaveLength(2);
    expect(letter.original).toEqual(place('keeping', first.offset, 'keeping-group'));
    expect(letter.error.message).toMatch(new RegExp(`; 재고 없음 ${offset}$`));
    expect(letter.headers).toEqual(own);
  });

  it('also where @RetryableTopic keeps the first place only', async () => {
    const first = await fail('retried');
    const { record, letter } = await fail('retried', { headers: first.record.headers });
    expect(texts(record, 'kafka_original-topic')).toHaveLength(1);
    expect(letter.original).toEqual(place('retried', first.offset));
    // It counts on from the first trip, and so tries once only.
    expect(letter.error.message).toMatch(/; 재고 없음 in spring\.retried$/);
    expect(letter.headers).toEqual(own);
  });

  it('also where the families meet', async () => {
    const first = await fail('failing');
    const { record, letter } = await fail('retried', { headers: first.record.headers });
    expect(texts(record, 'kafka_original-topic')).toEqual([topics.retried]);
    expect(letter.original).toEqual(place('failing', first.offset));
    expect(letter.error.message).toMatch(/; 재고 없음 in spring\.retried-retry$/);
    expect(letter.headers).toEqual(own);
  });
});

describe('a letter of ours', () => {
  const failed: KafkaRecord = {
    topic: 'shopping.order.created',
    partition,
    offset: '9007199254740993', // larger than a number is exact
    key,
    value,
    headers: own,
    timestamp: `${sentAt.getTime()}`,
    timestampType: 'LogAppendTime',
  };
  const error = Object.assign(new Error('값: 재고 없음', { cause: new TypeError('stock') }), { name: 'DataError' });
  const ours = deadLetter(failed, { errorClass: 'bad-json', error, group: 'g', attempts: 4, failedAt: Date.now() });

  it('is read by Spring in Spring’s own types', async () => {
    await producer.send({ topic: topics.letters, messages: [ours], acks: -1 });
    await waitFor(() => service.printed.length > 0, { what: 'Spring to read it', timeoutMs: 30_000 });
    expect(service.printed).toEqual([
      {
        partitionOfLetter: partition,
        key: key.toString('base64'),
        value: value.toString('base64'),
        topic: 'shopping.order.created',
        partition,
        offset: '9007199254740993',
        timestamp: sentAt.getTime(),
        timestampType: 'LogAppendTime',
        group: 'g',
        exception: 'DataError',
        cause: 'TypeError',
        message: '값: 재고 없음',
        stack: error.stack,
      },
    ]);
  });

  it('that has failed again, in a listener of Spring, keeps its first place', async () => {
    const { letter } = await fail('failing', { headers: ours.headers });
    expect(letter.original).toEqual({ ...place('failing', failed.offset, 'g'), topic: failed.topic });
    expect(letter).toMatchObject({ value, headers: own });
    expect(letter.error.type).toBe('java.lang.IllegalStateException');
  });

  it('that has failed again, in a deserialiser of Spring, is unwrapped', async () => {
    const { letter } = await fail('jackson2', { headers: ours.headers });
    expect(letter).toMatchObject({ value, wrapped: true, headers: own });
  });
});
