import { Counter, Gauge, type Registry } from 'prom-client';

export type RefusedConnection = 'origin' | 'credentials' | 'too_many_sockets' | 'unavailable' | 'stopping';

/** What this program counts. Labels hold no user's word, so their number is bounded. */
export function apiMetrics(registry: Registry) {
  const registers = [registry];
  return {
    sockets: new Gauge({ name: 'allim_api_sockets', help: 'Connected sockets.', registers }),
    hints: new Counter({
      name: 'allim_api_hints_total',
      help: 'Messages from Redis that said what a transaction made.',
      registers,
    }),
    sent: new Counter({
      name: 'allim_api_notifications_sent_total',
      help: 'Notifications put on sockets: at once from a hint (live), or read from the database (catch_up).',
      labelNames: ['how'] as const,
      registers,
    }),
    catchUps: new Counter({
      name: 'allim_api_catch_ups_total',
      help: 'Reads of an inbox for sockets that were behind: all of the gap (recovered), or too_large for it.',
      labelNames: ['outcome'] as const,
      registers,
    }),
    refusedConnections: new Counter({
      name: 'allim_api_refused_connections_total',
      help: 'Sockets that were not let in.',
      labelNames: ['reason'] as const,
      registers,
    }),
    disconnects: new Counter({
      name: 'allim_api_disconnects_total',
      help: 'Sockets that we have closed.',
      labelNames: ['reason'] as const,
      registers,
    }),
    publishFailures: new Counter({
      name: 'allim_redis_publish_failures_total',
      help: 'Messages to the other nodes that Redis did not take.',
      registers,
    }),
    badMessages: new Counter({
      name: 'allim_api_bad_redis_messages_total',
      help: 'Messages from Redis that could not be read.',
      registers,
    }),
    requests: new Counter({
      name: 'allim_api_notification_requests_total',
      help: 'Requested notifications: acknowledged by Kafka, or unavailable when it did not answer in time.',
      labelNames: ['outcome'] as const,
      registers,
    }),
  };
}

export type ApiMetrics = ReturnType<typeof apiMetrics>;
