import { type BatchHandler, KafkaBatchServer, type KafkaBatchServerOptions, type KafkaRecord } from '@allim/kafka';
import { type MessageHandler } from '@nestjs/microservices';
import { type Metric, Registry } from 'prom-client';

/** A batch server whose handler is a function: three of them in one Nest application would share one controller. */
export class LaneServer extends KafkaBatchServer {
  constructor(
    options: KafkaBatchServerOptions,
    private readonly handle: BatchHandler<KafkaRecord>,
  ) {
    super(options);
  }

  override getHandlerByPattern(): MessageHandler {
    return this.handle as unknown as MessageHandler;
  }

  /** Resolves once it has joined its group. */
  join(): Promise<void> {
    return new Promise((resolve, reject) => {
      void this.listen((error) => (error ? reject(error) : resolve()));
    });
  }
}

/** Shows metrics that have the same names in several registries as one in `registry`, told apart by the label `lane`. */
export function showLanes(registry: Registry, lanes: ReadonlyMap<string, Registry>): void {
  const [first] = lanes.values();
  for (const { name } of (first ?? new Registry()).getMetricsAsArray()) {
    const get = async () => {
      const each = await Promise.all(
        [...lanes].map(async ([lane, own]) => {
          const metric = await (own.getSingleMetric(name) as Metric).get();
          return { ...metric, values: metric.values.map((one) => ({ ...one, labels: { ...one.labels, lane } })) };
        }),
      );
      return { ...each[0], values: each.flatMap(({ values }) => values) };
    };
    const reset = () => {
      for (const own of lanes.values()) (own.getSingleMetric(name) as Metric).reset();
    };
    registry.registerMetric({ name, get, reset } as unknown as Metric);
  }
}
