import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { command } from './command.js';
import { kafkaClient } from './kafka-client.js';
import type { Log } from './log.js';
import { freePort } from './ports.js';
import { type Server, server } from './server.js';
import { workspace } from './workspace.js';

const version = '4.3.0';
const jars = `${workspace}.stack/kafka-lib/${version}`;
/** As Kafka's own start script runs a broker (KAFKA_JVM_PERFORMANCE_OPTS of kafka-run-class.sh). */
const jvmOptions = [
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
  '-XX:MaxInlineLevel=15',
];
const clusterId = Buffer.from('allim-local-node').toString('base64url');

export interface KafkaOptions {
  directory: string;
  temporary: boolean;
  port: number;
  /** over the defaults of server.properties */
  properties: Record<string, string>;
}

/** A Kafka broker and controller in one process (KRaft). */
export async function kafka({ directory, temporary, port, properties }: KafkaOptions): Promise<Server> {
  const settings = { ...defaults(directory, port, await freePort()), ...properties };
  const file = `${directory}/server.properties`;
  const java = ['-cp', `${jars}/*`, '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'];
  return server({
    name: 'Kafka',
    port,
    directory,
    temporary,
    command: 'java',
    args: ['-Xms512m', '-Xmx512m', ...jvmOptions, ...java, 'kafka.Kafka', file],
    async prepare() {
      await writeFile(
        file,
        Object.entries(settings)
          .map(([key, value]) => `${key}=${value}\n`)
          .join(''),
      );
      if (existsSync(`${directory}/log/meta.properties`)) return;
      const format = ['kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file];
      await command('java', '-Xmx256m', '-XX:TieredStopAtLevel=1', ...java, ...format);
    },
    async answers() {
      const admin = kafkaClient(`127.0.0.1:${port}`, 0).admin();
      try {
        await admin.connect();
        const { brokers } = await admin.describeCluster();
        if (brokers.length === 0) throw new Error('the broker has not been admitted by its controller yet');
      } finally {
        await admin.disconnect();
      }
    },
  });
}

function defaults(directory: string, port: number, controllerPort: number): Record<string, string> {
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    'log.dirs': `${directory}/log`,
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '4',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
  };
}

/** Gets Kafka's jars (45, 43 MB) into `.stack/kafka-lib` unless they are there. Needs Maven. */
export async function ensureKafkaJars(log: Log): Promise<void> {
  if (existsSync(jars)) return;
  log(`getting Kafka ${version} (43 MB) with Maven`);
  await mkdir(`${workspace}.stack/kafka-lib`, { recursive: true });
  const folder = await mkdtemp(`${workspace}.stack/kafka-lib/getting-`);
  try {
    await writeFile(`${folder}/pom.xml`, pom);
    await command('mvn', '-q', '-B', '-f', folder, 'dependency:copy-dependencies', `-DoutputDirectory=${folder}/jars`);
    // Complete or not there at all; whoever comes second finds it done.
    await rename(`${folder}/jars`, jars).catch((error) => {
      if (!existsSync(jars)) throw error;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

// slf4j-simple, or Kafka's log goes nowhere and a broker that doesn't start can't say why.
const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>allim</groupId>
  <artifactId>stack</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${version}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;
