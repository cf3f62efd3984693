import { type Logger } from '@allim/platform';
import kafkajs, { type Kafka, type SASLOptions } from 'kafkajs';
import { registerCodecs } from './compression.js';
import { type KafkaSettings } from './settings.js';

const { logLevel } = kafkajs;

/** While coordinators load or a broker restarts, kafkajs logs what heals itself at its level ERROR. */
const levels = {
  [logLevel.ERROR]: 'warn',
  [logLevel.WARN]: 'warn',
  [logLevel.INFO]: 'debug',
  [logLevel.DEBUG]: 'trace',
} as const;

/** The client of this program. Connects only when something is asked of it. */
export function kafkaClient(name: string, settings: KafkaSettings, logger: Logger): Kafka {
  registerCodecs();
  silenceNegativeTimeouts();
  return new kafkajs.Kafka({
    clientId: name,
    brokers: settings.KAFKA_BROKERS,
    ssl: settings.KAFKA_SSL,
    sasl: sasl(settings),
    connectionTimeout: 3_000,
    // Retried for as long as it takes, by whoever knows what for; here only for what passes within seconds.
    retry: { initialRetryTime: 100, maxRetryTime: 1_000, retries: 5 },
    logLevel: logLevel.INFO,
    logCreator:
      () =>
      ({ level, namespace, log }) => {
        const { message, timestamp: _, logger: __, stack: ___, ...rest } = log;
        // What a broker refuses is thrown as well, and most of it passes while topics are being created: whoever asked tells.
        const isThrown = namespace === 'Connection' && message.startsWith('Response ');
        const to = isThrown ? 'debug' : levels[level as keyof typeof levels];
        if (to) logger[to]({ kafkajs: namespace, ...rest }, message);
      },
  });
}

function sasl(settings: KafkaSettings): SASLOptions | undefined {
  const {
    KAFKA_SASL_MECHANISM: mechanism,
    KAFKA_SASL_USERNAME: username = '',
    KAFKA_SASL_PASSWORD: password = '',
  } = settings;
  return mechanism && ({ mechanism, username, password } as SASLOptions);
}

let silenced = false;

/** kafkajs 2.2.4 computes a negative time-out once per process, which Node 24 warns of. Only that warning is silenced. */
function silenceNegativeTimeouts(): void {
  if (silenced) return;
  silenced = true;
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const [type] = rest;
    const name = typeof type === 'object' && type !== null && 'type' in type ? type.type : type;
    if (name !== 'TimeoutNegativeWarning') Reflect.apply(emit, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
}
