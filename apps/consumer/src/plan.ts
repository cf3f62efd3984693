import { DataError, identityOf, type Planned, readEvent, render } from '@allim/catalogue';
import { type KafkaRecord } from '@allim/kafka';
import { type NewNotification } from '@allim/store';

/** What is to be done about a record, decided without any I/O. */
export type Plan =
  | { kind: 'notify'; notification: NewNotification }
  | { kind: 'broadcast'; topic: string; forUser: (userId: string) => NewNotification }
  /** Nobody is told, e.g. of what they did themselves. */
  | { kind: 'nobody' }
  | { kind: 'refuse'; error: DataError };

export function plan(record: KafkaRecord): Plan {
  try {
    const planned = readEvent(record.topic, record.value);
    if (!planned) return { kind: 'nobody' };
    const forUser = notificationFrom(record, planned);
    const { to } = planned;
    if ('topic' in to) return { kind: 'broadcast', topic: to.topic, forUser };
    return { kind: 'notify', notification: forUser(to.userId) };
  } catch (error) {
    if (error instanceof DataError) return { kind: 'refuse', error };
    throw error;
  }
}

function notificationFrom(record: KafkaRecord, planned: Planned): (userId: string) => NewNotification {
  // Everybody's language until contacts say otherwise.
  const { title, message } = render(planned, 'ko');
  const origin = { topic: record.topic, partition: record.partition, offset: record.offset };
  return (userId) => ({
    identity: identityOf(userId, planned.type, planned.identity),
    userId,
    type: planned.type,
    title,
    message,
    link: planned.link,
    reference: planned.reference,
    params: planned.paramsJson,
    origin,
  });
}
