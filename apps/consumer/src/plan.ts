import { randomUUIDv7 } from 'node:crypto';
import {
  DataError,
  identityOf,
  type Language,
  type Planned,
  planDeliveries,
  readEvent,
  render,
} from '@allim/catalogue';
import { type Person, stranger } from '@allim/contracts';
import { type KafkaRecord } from '@allim/kafka';
import { DataRefused, type Draft, type Requeue, uuidBytes, type Wording } from '@allim/store';
import { CommandError, readResend } from './resend.js';

/** What is to be done about a record, decided without any I/O. */
export type Plan =
  | { kind: 'notify'; notification: Draft }
  /** `announcement`: what everybody hears who follows the topic, whatever their language. */
  | { kind: 'broadcast'; topic: string; forUser: (userId: string) => Draft; announcement: Announcement }
  /** A delivery that has failed is to be sent again. */
  | { kind: 'resend'; requeue: Requeue }
  /** Nobody is told, e.g. of what they did themselves. */
  | { kind: 'nobody' }
  | { kind: 'refuse'; error: DataError | CommandError };

type Announcement = Pick<Draft, 'type' | 'link'> & Pick<Wording, 'title' | 'message'>;

const languageOfStrangers = 'ko';

export function plan(record: KafkaRecord, now: Date): Plan {
  try {
    const requeue = readResend(record);
    if (requeue) return { kind: 'resend', requeue };
    const planned = readEvent(record.topic, record.value);
    if (!planned) return { kind: 'nobody' };
    // Refused here when a text is too long, before anybody is told.
    const forStrangers = render(planned, languageOfStrangers);
    const forUser = drafter(record, planned, forStrangers, now);
    const { to, type, link } = planned;
    if ('topic' in to)
      return { kind: 'broadcast', topic: to.topic, forUser, announcement: { type, link, ...forStrangers } };
    return { kind: 'notify', notification: forUser(to.userId) };
  } catch (error) {
    if (error instanceof DataError || error instanceof CommandError) return { kind: 'refuse', error };
    throw error;
  }
}

type Words = Pick<Wording, 'title' | 'message'>;

function drafter(record: KafkaRecord, planned: Planned, forStrangers: Words, now: Date): (userId: string) => Draft {
  const { type, link, reference, paramsJson: params, contact: introduces } = planned;
  const origin = { topic: record.topic, partition: record.partition, offset: record.offset };
  const rendered: Partial<Record<Language, Words>> = { [languageOfStrangers]: forStrangers };
  const wordsIn = (language: Language) => (rendered[language] ??= renderOrRefuse(planned, language));
  return (userId) => ({
    identity: identityOf(userId, type, planned.identity),
    userId,
    type,
    link,
    reference,
    params,
    origin,
    introduces,
    word(known) {
      // For somebody nobody has introduced nothing leaves the house, and no row says so (decision 0019).
      const person = known ?? (introduces ? stranger(userId) : undefined);
      if (!person) return forStrangers;
      return { ...wordsIn(person.language), deliveries: deliveriesOf(planned, person, now) };
    },
  });
}

/** Throws a DataRefused when a text is too long. */
function renderOrRefuse(planned: Planned, language: Language): Words {
  try {
    return render(planned, language);
  } catch (error) {
    throw error instanceof DataError ? new DataRefused(error.message, { cause: error }) : error;
  }
}

const deliveriesOf = (planned: Planned, person: Person, now: Date) =>
  planDeliveries(planned, person, now).map((delivery) => ({ id: uuidBytes(randomUUIDv7()), ...delivery }));
