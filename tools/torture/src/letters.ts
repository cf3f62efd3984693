import { randomUUID } from 'node:crypto';
import { subscribedTopics } from '@allim/catalogue';
import { kafkaClient } from '@allim/stack';
import { type Admin, type IHeaders, type KafkaMessage } from 'kafkajs';
import { until } from './until.js';

const readMs = 30_000;

/** A dead letter and how it differs from the record it stands for. */
export interface Letter {
  /** `topic/partition/offset` of that record, as its headers name it. */
  place: string;
  differs?: string;
}

const texts = [
  'kafka_dlt-original-topic',
  'kafka_dlt-original-consumer-group',
  'kafka_dlt-original-timestamp-type',
  'kafka_dlt-exception-fqcn',
  'kafka_dlt-exception-cause-fqcn',
  'kafka_dlt-exception-message',
  'kafka_dlt-exception-stacktrace',
  'allim-error-class',
  'allim-attempts',
  'allim-first-failed-at',
];
const numbers = {
  'kafka_dlt-original-partition': 4,
  'kafka_dlt-original-offset': 8,
  'kafka_dlt-original-timestamp': 8,
};

/** Reads every `.DLT` topic to its end and compares each letter with the record itself. */
export async function readLetters(brokers: string, admin: Admin): Promise<Letter[]> {
  const letters = await readAll(
    brokers,
    admin,
    subscribedTopics.map((topic) => `${topic}.DLT`),
  );
  if (letters.length === 0) return [];
  const originals = new Map(
    (await readAll(brokers, admin, [...new Set(letters.map(({ topic }) => topic.slice(0, -'.DLT'.length)))])).map(
      ({ topic, partition, message }) => [`${topic}/${partition}/${message.offset}`, message],
    ),
  );
  return letters.map(({ topic, partition, message }) => {
    const headers = message.headers ?? {};
    const number = (name: keyof typeof numbers) => bigEndian(headers[name]);
    const place = `${headers['kafka_dlt-original-topic']}/${number('kafka_dlt-original-partition')}/${number('kafka_dlt-original-offset')}`;
    const original = originals.get(place);
    const wrong = original ? differences(message, original) : ['no such record'];
    if (!place.startsWith(`${topic.slice(0, -'.DLT'.length)}/${partition}/`)) wrong.push('topic or partition');
    return wrong.length > 0 ? { place, differs: wrong.join(', ') } : { place };
  });
}

function differences(letter: KafkaMessage, original: KafkaMessage): string[] {
  const headers = letter.headers ?? {};
  return [
    ...(equal(letter.key, original.key) ? [] : ['key']),
    ...(equal(letter.value, original.value) ? [] : ['value']),
    ...texts.filter((name) => !headers[name]?.length).map((name) => `header ${name}`),
    ...Object.entries(numbers)
      .filter(([name, bytes]) => headers[name]?.length !== bytes)
      .map(([name]) => `header ${name}`),
    ...(String(bigEndian(headers['kafka_dlt-original-timestamp'])) === original.timestamp ? [] : ['timestamp']),
    ...Object.entries(original.headers ?? {})
      .filter(([name, value]) => String(headers[name]) !== String(value ?? ''))
      .map(([name]) => `own header ${name}`),
  ];
}

function equal(a: Buffer | null, b: Buffer | null): boolean {
  return a === null || b === null ? a === b : a.equals(b);
}

function bigEndian(value: IHeaders[string]): bigint | undefined {
  return Buffer.isBuffer(value) && value.length > 0 ? BigInt(`0x${value.toString('hex')}`) : undefined;
}

/** A record as it was read. */
export interface Read {
  topic: string;
  partition: number;
  message: KafkaMessage;
}

/** Reads topics to their ends; those that are not there are left out. */
export async function readAll(brokers: string, admin: Admin, topics: string[]): Promise<Read[]> {
  const present = new Set(await admin.listTopics());
  const ends = new Map<string, bigint>();
  for (const topic of topics.filter((one) => present.has(one))) {
    for (const { partition, low, high } of await admin.fetchTopicOffsets(topic)) {
      if (low !== high) ends.set(`${topic}/${partition}`, BigInt(high));
    }
  }
  if (ends.size === 0) return [];
  const read: Read[] = [];
  const consumer = kafkaClient(brokers).consumer({ groupId: `torture-${randomUUID()}`, maxWaitTimeInMs: 100 });
  await consumer.connect();
  try {
    await consumer.subscribe({
      topics: [...new Set([...ends.keys()].map((one) => one.split('/')[0] ?? ''))],
      fromBeginning: true,
    });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ topic, partition, message }) => {
        read.push({ topic, partition, message });
        const end = ends.get(`${topic}/${partition}`);
        if (end !== undefined && BigInt(message.offset) >= end - 1n) ends.delete(`${topic}/${partition}`);
      },
    });
    if ((await until(() => ends.size === 0, { withinMs: readMs })) === null)
      throw new Error(`could not read ${[...ends.keys()]}`);
    return read;
  } finally {
    await consumer.disconnect();
  }
}
