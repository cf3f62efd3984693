import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import { createLogger } from '@allim/platform';
import { useStack, waitFor } from '@allim/testing';
import { jest } from '@jest/globals';
import kafkajs from 'kafkajs';
import { kafkaClient } from './client.js';
import { ensureTopics } from './topics.js';

const { CompressionCodecs: codecs, CompressionTypes: types } = kafkajs;
const stack = useStack({ database: false, redis: false });
const client = () =>
  kafkaClient('spec', { KAFKA_BROKERS: [stack.kafkaBrokers], KAFKA_SSL: false }, createLogger('spec', 'fatal'));

/** Sends every line of its input, base64, in one batch. Run from source (a JDK's `java`): Kafka's server has no console producer. */
const program = `
import java.util.*;
import org.apache.kafka.clients.producer.*;
import org.apache.kafka.common.serialization.ByteArraySerializer;

public class Produce {
  public static void main(String[] args) throws Exception {
    Map<String, Object> settings = Map.of(
      "bootstrap.servers", args[0], "compression.type", args[2], "batch.size", 4_000_000, "linger.ms", 60_000);
    try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
      var sent = new ArrayList<java.util.concurrent.Future<RecordMetadata>>();
      for (String line : new String(System.in.readAllBytes()).split("\\n"))
        sent.add(producer.send(new ProducerRecord<>(args[1], Base64.getDecoder().decode(line))));
      producer.flush();
      for (var one : sent) one.get();
    }
  }
}
`;

async function produceByJava(topic: string, compression: string, values: Buffer[]): Promise<void> {
  const libraries = fileURLToPath(new URL('../../../.stack/kafka-lib/', import.meta.url));
  const [version] = (await readdir(libraries)).filter((name) => /^\d/.test(name));
  const folder = await mkdtemp(`${tmpdir()}/produce-`);
  try {
    await writeFile(`${folder}/Produce.java`, program);
    const args = ['-cp', `${libraries}${version}/*`, `${folder}/Produce.java`, stack.kafkaBrokers, topic, compression];
    const java = spawn('java', ['-Xmx256m', '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', ...args], {
      stdio: ['pipe', 'inherit', 'inherit'],
    });
    java.stdin.end(values.map((value) => value.toString('base64')).join('\n'));
    expect(await once(java, 'close')).toEqual([0, null]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('registerCodecs', () => {
  it.each([
    ['gzip', types.GZIP],
    ['snappy', types.Snappy],
    ['lz4', types.LZ4],
    ['zstd', types.ZSTD],
  ] as [string, keyof typeof codecs][])(
    "lets a consumer read byte for byte what Java's producer packs by %s",
    async (name, type) => {
      const values = [
        Buffer.from('안녕하세요, 알림입니다'),
        Buffer.from('가나다라'.repeat(17_000)),
        randomBytes(200_000),
        Buffer.from('a'),
      ];
      const topic = `spec.${randomUUID()}`;
      const admin = client().admin();
      const consumer = client().consumer({ groupId: randomUUID(), maxWaitTimeInMs: 100 });
      const codec = jest.spyOn(codecs, type);
      const read: (Buffer | null)[] = [];
      try {
        await Promise.all([admin.connect(), consumer.connect()]);
        await ensureTopics(admin, [topic], 1);
        await produceByJava(topic, name, values);
        await consumer.subscribe({ topics: [topic], fromBeginning: true });
        await consumer.run({ eachMessage: async ({ message }) => void read.push(message.value) });
        await waitFor(() => read.length >= values.length, { what: 'all records', timeoutMs: 20_000 });
        expect(read).toEqual(values);
        expect(codec).toHaveBeenCalled();
      } finally {
        codec.mockRestore();
        await Promise.all([consumer.disconnect(), admin.disconnect()]);
      }
    },
  );
});
