import kafkajs, { type Kafka } from 'kafkajs';

/** A Kafka client for tools and tests: it fails within seconds and logs nothing; what goes wrong stands in the error. */
export function kafkaClient(brokers: string, retries = 3): Kafka {
  silenceNegativeTimeouts();
  return new kafkajs.Kafka({
    clientId: 'allim-tools',
    brokers: brokers.split(','),
    logLevel: kafkajs.logLevel.NOTHING,
    connectionTimeout: 2_000,
    retry: { retries, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
}

let silenced = false;

/** kafkajs 2.2.4 computes a negative time-out once per process, which Node 24 warns of. Only that warning is silenced. */
function silenceNegativeTimeouts(): void {
  if (silenced) return;
  silenced = true;
  const emit = process.emitWarning;
  process.emitWarning = ((warning: string | Error, type?: unknown, ...rest: unknown[]) => {
    if (type !== 'TimeoutNegativeWarning') Reflect.apply(emit, process, [warning, type, ...rest]);
  }) as typeof process.emitWarning;
}
