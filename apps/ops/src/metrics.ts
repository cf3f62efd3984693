import { Counter, type Registry } from 'prom-client';

/** What the index counts. */
export function indexMetrics(registry: Registry) {
  return {
    letters: new Counter({
      name: 'allim_ops_letters_total',
      help: 'Dead letters read, by what they were: a new case (fresh), one that failed again (again), read before (known).',
      labelNames: ['as'] as const,
      registers: [registry],
    }),
  };
}

export type IndexMetrics = ReturnType<typeof indexMetrics>;
