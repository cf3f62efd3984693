import {
  type Channel,
  type InboxPosition,
  type NotificationMessage,
  type NotificationResponse,
  type NotificationType,
  type Person,
  type Priority,
} from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { type Introduction, introduce } from './contact-store.js';
import { type Database, inTransaction, type Session, type Transaction } from './database.js';
import { DataRefused, TryAgain } from './errors.js';
import { type ContactRow, peopleOf, selectContacts } from './person-store.js';
import { datetime, deferRows, keysAtOnce, selectByKeys } from './statement.js';

/** The record a notification comes from. */
export interface Origin {
  topic: string;
  partition: number;
  /** As Kafka's clients give it: a decimal string. */
  offset: string;
}

/** One way of a notification out of the house, as it was planned. */
export interface NewDelivery {
  /** UUIDv7, 16 bytes: what a provider or a device recognises a second one by. */
  id: Buffer;
  channel: Channel;
  /** Push: the hash of the device's token; other channels: empty. */
  target: Buffer;
  priority: Priority;
  category: string;
  /** Key in the message files. */
  text: string;
  language: string;
  state: 'queued' | 'suppressed' | 'skipped';
  /** Which rule kept it in the house. */
  reason: string | null;
  /** Not to be sent before. */
  dueAt: Date;
}

/** What a notification says, and what is to leave the house for it. Texts fit their columns (`limits` of contracts). */
export interface Wording {
  title: string;
  message: string;
  /** Written with it, or not at all. Default: none. */
  deliveries?: readonly NewDelivery[];
}

/** A notification that wants to be in an inbox, still without words. */
export interface Draft {
  /** 16 bytes; one fact and person, one identity. */
  identity: Buffer;
  userId: string;
  type: NotificationType;
  link: string | null;
  reference: { type: string; id: string } | null;
  /** JSON of what the texts are rendered from. */
  params: string;
  origin: Origin;
  /** In the words and by the ways that are right for this person; undefined: nobody has introduced them. May throw a DataRefused. */
  word: (person: Person | undefined) => Wording;
  /** What its event tells of the person. Only what is new introduces anybody: nobody who was erased comes back by a replay. */
  introduces?: Introduction | null;
}

/** One that is worded already, whoever its person is. */
export type NewNotification = Omit<Draft, 'word'> & Wording;

/** What became of one notification of a batch. */
export type Saved =
  | { kind: 'new'; message: NotificationMessage; deliveries: readonly NewDelivery[] }
  /** This very record made it before; only its hint may have been lost. Counters as they are now. */
  | { kind: 'redelivered'; position: InboxPosition }
  /** Another record made it: nothing happens. */
  | { kind: 'duplicate' }
  /** The database refuses it, and would again. */
  | { kind: 'refused'; error: DataRefused };

interface LedgerRow {
  identity: Buffer;
  topic: Buffer;
  topic_partition: number;
  /** BIGINT: a text. */
  record_offset: string;
}

interface InboxRow {
  user_id: Buffer;
  last_id: number;
  unread: number;
  unseen: number;
}

/** Takes notifications into inboxes: the one writer of new rows. */
export class Intake {
  /** Whether the last look-up found any: what was redelivered or replayed comes in long runs. */
  private meetsKnown = false;

  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /**
   * Saves a batch in one transaction and answers what became of each, in the same order. Identities that are known
   * already are absorbed. Drafts are worded by what is known of their people: looked up where the round trip is made
   * anyway. When the database refuses the data of one, the batch is halved until it stands alone; the others are saved.
   * Throws a DatabaseDown when it cannot be known whether anything was saved: save the same again.
   */
  async save(batch: readonly (Draft | NewNotification)[]): Promise<Saved[]> {
    if (batch.length === 0) return [];
    try {
      // As long as nothing is known, nothing is looked up: the ledger refuses what it knows, and we look then.
      return await inTransaction(this.database, (transaction, attempt) =>
        this.saveAll(transaction, batch, this.meetsKnown || attempt > 1),
      );
    } catch (error) {
      if (!(error instanceof DataRefused)) throw error;
      if (batch.length === 1) return [{ kind: 'refused', error }];
      const middle = batch.length >> 1;
      return [...(await this.save(batch.slice(0, middle))), ...(await this.save(batch.slice(middle)))];
    }
  }

  private async saveAll(
    transaction: Transaction,
    batch: readonly (Draft | NewNotification)[],
    lookUp: boolean,
  ): Promise<Saved[]> {
    const { unknown, origins } = await this.distinguish(transaction, batch, lookUp);
    await enterLedger(transaction, unknown);
    const fresh = [...unknown.values()];
    const createdAt = new Date(this.clock()).toISOString();
    const { positions, people } = await raiseCounters(transaction, fresh);
    const worded = number(fresh, positions, people, createdAt);
    const inOrder = [...worded].toReversed(); // numbered from behind
    await insertNotifications(transaction, inOrder, createdAt);
    await insertDeliveries(transaction, inOrder, createdAt);
    const introductions = fresh.flatMap((one) => one.introduces ?? []);
    await introduce(transaction, introductions, datetime(createdAt));

    const redelivered = batch.filter((one) => !worded.has(one) && isFirst(one, origins));
    const now = await positionsOf(transaction, [...new Set(redelivered.map((one) => one.userId))]);
    return batch.map((one): Saved => {
      const fresh = worded.get(one);
      if (fresh) return { kind: 'new', message: fresh.message, deliveries: fresh.deliveries };
      const position = isFirst(one, origins) ? now.get(one.userId) : undefined;
      return position ? { kind: 'redelivered', position } : { kind: 'duplicate' };
    });
  }

  /** By identity (as latin1, whose order is that of the bytes), what nobody has seen (of several the first), and the records of what is known. */
  private async distinguish(session: Session, batch: readonly (Draft | NewNotification)[], lookUp: boolean) {
    const unknown = new Map<string, Draft | NewNotification>();
    for (const one of batch) {
      const key = one.identity.toString('latin1');
      if (!unknown.has(key)) unknown.set(key, one);
    }
    const origins = new Map<string, LedgerRow>();
    if (lookUp) {
      const known = await selectByKeys<LedgerRow>(
        session,
        // InnoDB's row estimate shrinks with every duplicate that a unique key refuses, until the planner would scan.
        'SELECT identity, topic, topic_partition, record_offset FROM ledger FORCE INDEX (PRIMARY) WHERE identity IN',
        [...unknown.values()].map((one) => one.identity),
      );
      this.meetsKnown = known.length > 0;
      for (const row of known) {
        const key = row.identity.toString('latin1');
        unknown.delete(key);
        origins.set(key, row);
      }
    }
    return { unknown, origins };
  }
}

function isFirst(one: Draft | NewNotification, origins: Map<string, LedgerRow>): boolean {
  const known = origins.get(one.identity.toString('latin1'));
  return (
    known !== undefined &&
    known.topic.toString() === one.origin.topic &&
    known.topic_partition === one.origin.partition &&
    known.record_offset === one.origin.offset
  );
}

/**
 * Sorted, or two batches that share identities deadlock. Never INSERT IGNORE: it would hide cut and null values.
 * Fewer rows than asked for: one of them is known, or another transaction entered it since our look-up.
 */
async function enterLedger(transaction: Transaction, fresh: Map<string, Draft | NewNotification>): Promise<void> {
  const rows = [...fresh.keys()].sort().map((key) => {
    const { identity, userId, origin } = fresh.get(key)!;
    return [identity, userId, origin.topic, origin.partition, origin.offset];
  });
  await deferRows(
    transaction,
    {
      into: 'ledger (identity, user_id, topic, topic_partition, record_offset)',
      onDuplicate: 'identity = identity',
    },
    rows,
    (entered, asked) => {
      if (entered !== asked) throw new TryAgain('an identity stands in the ledger already');
    },
  );
}

/**
 * Raises the counters of every user involved, sorted, and answers where their inboxes stand now, and what is known of those
 * that drafts are for. Holds the inboxes until the commit.
 */
async function raiseCounters(
  transaction: Transaction,
  fresh: readonly (Draft | NewNotification)[],
): Promise<{ positions: Map<string, InboxPosition>; people: Map<string, Person> }> {
  const counts = new Map<string, number>();
  for (const { userId } of fresh) counts.set(userId, (counts.get(userId) ?? 0) + 1);
  const users = [...counts.keys()].sort();
  await deferRows(
    transaction,
    {
      into: 'inbox (user_id, last_id, unread, unseen)',
      // VALUES() is deprecated in MySQL 8, but MariaDB knows no row alias.
      onDuplicate:
        'last_id = last_id + VALUES(last_id), unread = unread + VALUES(unread), unseen = unseen + VALUES(unseen)',
    },
    users.map((userId) => {
      const count = counts.get(userId) ?? 0;
      return [userId, count, count, count]; // a new inbox: all are unread and unseen
    }),
  );
  if (!fresh.some((one) => 'word' in one))
    return { positions: await positionsOf(transaction, users), people: new Map() };
  const inboxes: InboxRow[] = [];
  const contacts: ContactRow[] = [];
  for (let start = 0; start < users.length; start += keysAtOnce) {
    const ids = users.slice(start, start + keysAtOnce);
    const [someInboxes, someContacts] = (await transaction.all([
      [`${selectPositions} (?)`, [ids]],
      [`${selectContacts} (?)`, [ids]],
    ])) as [InboxRow[], ContactRow[]];
    inboxes.push(...someInboxes);
    contacts.push(...someContacts);
  }
  return { positions: positionsIn(inboxes), people: await peopleOf(transaction, contacts) };
}

const selectPositions = 'SELECT user_id, last_id, unread, unseen FROM inbox WHERE user_id IN';

async function positionsOf(session: Session, userIds: readonly string[]): Promise<Map<string, InboxPosition>> {
  return positionsIn(await selectByKeys<InboxRow>(session, selectPositions, userIds));
}

const positionsIn = (rows: readonly InboxRow[]): Map<string, InboxPosition> =>
  new Map(
    rows.map((row) => {
      const userId = row.user_id.toString();
      return [userId, { userId, lastId: row.last_id, unread: row.unread, unseen: row.unseen }];
    }),
  );

/** A new notification as it is written and told. */
interface Worded {
  message: NotificationMessage;
  deliveries: readonly NewDelivery[];
}

/** Gives each its words, its place in its inbox, in the batch's order, and the counters as they stood right after it. */
function number(
  fresh: readonly (Draft | NewNotification)[],
  positions: Map<string, InboxPosition>,
  people: Map<string, Person>,
  createdAt: string,
): Map<Draft | NewNotification, Worded> {
  const behind = new Map<string, number>();
  const worded = new Map<Draft | NewNotification, Worded>();
  for (const one of fresh.toReversed()) {
    const position = positions.get(one.userId);
    if (!position) throw new Error('an inbox that was just raised is not there');
    const later = behind.get(one.userId) ?? 0;
    behind.set(one.userId, later + 1);
    const wording = 'word' in one ? one.word(people.get(one.userId)) : one;
    worded.set(one, {
      message: {
        notification: response(one, wording, position.lastId - later, createdAt),
        unread: position.unread - later,
        unseen: position.unseen - later,
      },
      deliveries: wording.deliveries ?? [],
    });
  }
  return worded;
}

function response(
  one: Draft | NewNotification,
  { title, message }: Wording,
  id: number,
  createdAt: string,
): NotificationResponse {
  return {
    id,
    userId: one.userId,
    type: one.type,
    title,
    message,
    link: one.link,
    status: 'UNREAD',
    referenceId: one.reference?.id ?? null,
    referenceType: one.reference?.type ?? null,
    createdAt,
    readAt: null,
  };
}

async function insertNotifications(
  transaction: Transaction,
  inOrder: readonly (readonly [Draft | NewNotification, Worded])[],
  createdAt: string,
): Promise<void> {
  const at = datetime(createdAt);
  await deferRows(
    transaction,
    {
      into: 'notification (user_id, id, type, title, message, link, reference_type, reference_id, params, created_at)',
    },
    inOrder.map(([one, { message }]) => [
      one.userId,
      message.notification.id,
      one.type,
      message.notification.title,
      message.notification.message,
      one.link,
      one.reference?.type ?? null,
      one.reference?.id ?? null,
      one.params,
      at,
    ]),
  );
}

/** No statement when there are none: most notifications stay in the inbox. */
async function insertDeliveries(
  transaction: Transaction,
  inOrder: readonly (readonly [Draft | NewNotification, Worded])[],
  createdAt: string,
): Promise<void> {
  const at = datetime(createdAt);
  const dueTexts = new Map<Date, string>(); // what is due at once shares its moment
  const due = (moment: Date) => dueTexts.get(moment) ?? dueTexts.set(moment, datetime(moment)).get(moment)!;
  const rows = inOrder.flatMap(([one, { message, deliveries }]) =>
    deliveries.map((delivery) => [
      delivery.id,
      one.userId,
      message.notification.id,
      one.reference?.type ?? null,
      one.reference?.id ?? null,
      delivery.channel,
      delivery.target,
      delivery.priority,
      delivery.category,
      delivery.text,
      delivery.language,
      delivery.state,
      delivery.reason,
      due(delivery.dueAt),
      at,
      at,
    ]),
  );
  await deferRows(
    transaction,
    {
      into: 'delivery (id, user_id, notification_id, reference_type, reference_id, channel, target, priority, category, text, language, state, reason, due_at, created_at, updated_at)',
    },
    rows,
  );
}
