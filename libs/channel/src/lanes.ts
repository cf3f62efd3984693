import { type Metric, Registry } from 'prom-client';

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
