import { randomUUIDv7 } from 'node:crypto';
import {
  DataError,
  identityOf,
  type Language,
  languages,
  type Planned,
  planDeliveries,
  readEvent,
  render,
} from '@allim/catalogue';
import { type Person, stranger } from '@allim/contracts';
import { type KafkaRecord } from '@allim/kafka';
import { type NewNotification, uuidBytes } from '@allim/store';

/** What a record says. */
export type Reading =
  | { kind: 'tell'; planned: Planned }
  /** Nobody is told, e.g. of what they did themselves. */
  | { kind: 'nobody' }
  | { kind: 'refuse'; error: DataError };

/** What is to be done about a record. */
export type Plan =
  | { kind: 'notify'; notification: NewNotification }
  | { kind: 'broadcast'; topic: string; forUser: ForUser }
  | Exclude<Reading, { kind: 'tell' }>;

/** Makes a record's notification for one user; `person` is what is known of them. */
type ForUser = (userId: string, person: Person | undefined, now: Date) => NewNotification;

const languageOfStrangers = 'ko';

export function read(record: KafkaRecord): Reading {
  return orRefused(() => {
    const planned = readEvent(record.topic, record.value);
    return planned ? { kind: 'tell', planned } : { kind: 'nobody' };
  });
}

/** Whom a record is for, when that is one person. */
export function recipientOf(reading: Reading): string | undefined {
  return reading.kind === 'tell' && 'userId' in reading.planned.to ? reading.planned.to.userId : undefined;
}

/** Decided without any I/O. `people`: those of whom anything is known. */
export function plan(record: KafkaRecord, reading: Reading, people: Map<string, Person>, now: Date): Plan {
  if (reading.kind !== 'tell') return reading;
  const { planned } = reading;
  const { to } = planned;
  return orRefused(() => {
    if ('topic' in to) return { kind: 'broadcast', topic: to.topic, forUser: notifier(record, planned, languages) };
    const person = people.get(to.userId);
    const forUser = notifier(record, planned, [person?.language ?? languageOfStrangers]);
    return { kind: 'notify', notification: forUser(to.userId, person, now) };
  });
}

/** Throws a DataError when one of the texts is too long: before anybody is told. */
function notifier(record: KafkaRecord, planned: Planned, inLanguages: readonly Language[]): ForUser {
  const texts = new Map(inLanguages.map((language) => [language, render(planned, language)]));
  const origin = { topic: record.topic, partition: record.partition, offset: record.offset };
  return (userId, known, now) => {
    const person = known ?? (planned.contact ? stranger(userId) : undefined);
    const { title, message } = texts.get(person?.language ?? languageOfStrangers)!;
    return {
      identity: identityOf(userId, planned.type, planned.identity),
      userId,
      type: planned.type,
      title,
      message,
      link: planned.link,
      reference: planned.reference,
      params: planned.paramsJson,
      origin,
      // For somebody nobody has introduced nothing leaves the house, and no row says so (decision 0019).
      deliveries: person ? deliveriesOf(planned, person, now) : [],
      introduces: planned.contact,
    };
  };
}

const deliveriesOf = (planned: Planned, person: Person, now: Date) =>
  planDeliveries(planned, person, now).map((delivery) => ({ id: uuidBytes(randomUUIDv7()), ...delivery }));

function orRefused<Result>(decide: () => Result): Result | { kind: 'refuse'; error: DataError } {
  try {
    return decide();
  } catch (error) {
    if (error instanceof DataError) return { kind: 'refuse', error };
    throw error;
  }
}
