import { type InboxState, type NotificationResponse, type NotificationType } from '@allim/contracts';
import { type Clock, systemClock } from '@allim/platform';
import { type Database, inTransaction, type Session, type Value, withSession } from './database.js';
import { datetime, selectByKeys } from './statement.js';

interface NotificationRow {
  id: number;
  type: NotificationType;
  title: string;
  message: string;
  link: string | null;
  reference_type: string | null;
  reference_id: string | null;
  created_at: Date;
  read_at: Date | null;
}

interface InboxRow {
  last_id: number;
  unread: number;
  unseen: number;
  seen_id: number;
}

const columns = 'id, type, title, message, link, reference_type, reference_id, created_at, read_at';
const empty: InboxRow = { last_id: 0, unread: 0, unseen: 0, seen_id: 0 };

/**
 * One person's inbox, for reading and for what its owner does with it. New rows come from the Intake only.
 * Every method throws a DatabaseDown while the server is away.
 */
export class InboxStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock = systemClock,
  ) {}

  /** Zeros for somebody who never got a notification. */
  async state(userId: string): Promise<InboxState> {
    return stateOf(await withSession(this.database, (session) => inboxRow(session, userId)));
  }

  /** The states of those inboxes that exist; any number of users. */
  states(userIds: readonly string[]): Promise<Map<string, InboxState>> {
    return withSession(this.database, async (session) => {
      const rows = await selectByKeys<InboxRow & { user_id: Buffer }>(
        session,
        'SELECT user_id, last_id, unread, unseen FROM inbox WHERE user_id IN',
        userIds,
      );
      return new Map(rows.map((row) => [row.user_id.toString(), stateOf(row)]));
    });
  }

  async find(userId: string, id: number): Promise<NotificationResponse | null> {
    return withSession(this.database, (session) => findRow(session, userId, id));
  }

  /** A page by number (from 1), newest first. Stable only while nothing new arrives: cursors are better. */
  async page(
    userId: string,
    query: { page: number; size: number; unreadOnly: boolean },
  ): Promise<{ items: NotificationResponse[]; totalElements: number }> {
    const only = query.unreadOnly ? 'AND read_at IS NULL' : '';
    return withSession(this.database, async (session) => {
      const [count] = await session.execute<{ total: number }[]>(
        `SELECT COUNT(*) AS total FROM notification WHERE user_id = ? ${only}`,
        [userId],
      );
      const rows = await session.query<NotificationRow[]>(
        `SELECT ${columns} FROM notification WHERE user_id = ? ${only} ORDER BY id DESC LIMIT ? OFFSET ?`,
        [userId, query.size, (query.page - 1) * query.size],
      );
      return { items: rows.map((row) => response(userId, row)), totalElements: Number(count?.total ?? 0) };
    });
  }

  /** Ids below `before` (absent: from the newest), newest first, at most `size`. */
  before(
    userId: string,
    query: { before?: number; size: number; unreadOnly: boolean },
  ): Promise<NotificationResponse[]> {
    return this.list(userId, query.before === undefined ? '' : 'AND id < ?', query.before, query, 'DESC');
  }

  /** Ids above `after`, ascending, at most `size`. */
  after(userId: string, query: { after: number; size: number; unreadOnly: boolean }): Promise<NotificationResponse[]> {
    return this.list(userId, 'AND id > ?', query.after, query, 'ASC');
  }

  private async list(
    userId: string,
    range: string,
    bound: number | undefined,
    { size, unreadOnly }: { size: number; unreadOnly: boolean },
    order: 'ASC' | 'DESC',
  ): Promise<NotificationResponse[]> {
    const only = unreadOnly ? 'AND read_at IS NULL' : '';
    const values: Value[] = bound === undefined ? [userId, size] : [userId, bound, size];
    const rows = await withSession(this.database, (session) =>
      session.query<NotificationRow[]>(
        `SELECT ${columns} FROM notification WHERE user_id = ? ${range} ${only} ORDER BY id ${order} LIMIT ?`,
        values,
      ),
    );
    return rows.map((row) => response(userId, row));
  }

  /** Idempotent; `changed` tells whether it was unread. Null: no such notification here. */
  markRead(
    userId: string,
    id: number,
  ): Promise<{ notification: NotificationResponse; state: InboxState; changed: boolean } | null> {
    return inTransaction(this.database, async (session) => {
      const inbox = await lockInbox(session, userId);
      const { affectedRows } = await session.execute(
        'UPDATE notification SET read_at = ? WHERE user_id = ? AND id = ? AND read_at IS NULL',
        [this.now(), userId, id],
      );
      const notification = await findRow(session, userId, id);
      if (!notification) return null;
      const changed = affectedRows === 1;
      return {
        notification,
        changed,
        state: await keep(session, userId, { ...inbox, unread: inbox.unread - affectedRows }),
      };
    });
  }

  markAllRead(userId: string): Promise<{ changed: number; state: InboxState }> {
    return inTransaction(this.database, async (session) => {
      const inbox = await lockInbox(session, userId);
      const { affectedRows } = await session.execute(
        'UPDATE notification SET read_at = ? WHERE user_id = ? AND read_at IS NULL',
        [this.now(), userId],
      );
      return {
        changed: affectedRows,
        state: await keep(session, userId, { ...inbox, unread: inbox.unread - affectedRows }),
      };
    });
  }

  /** Clears the badge. */
  markAllSeen(userId: string): Promise<InboxState> {
    return inTransaction(this.database, async (session) => {
      const inbox = await lockInbox(session, userId);
      return keep(session, userId, { ...inbox, unseen: 0, seen_id: inbox.last_id });
    });
  }

  /** Removes it for good: its identity stays in the ledger, so that no replay brings it back. Null: no such notification here. */
  remove(userId: string, id: number): Promise<InboxState | null> {
    return inTransaction(this.database, async (session) => {
      const inbox = await lockInbox(session, userId);
      const notification = await findRow(session, userId, id);
      if (!notification) return null;
      await session.execute('DELETE FROM notification WHERE user_id = ? AND id = ?', [userId, id]);
      return keep(session, userId, {
        ...inbox,
        unread: inbox.unread - (notification.status === 'UNREAD' ? 1 : 0),
        unseen: inbox.unseen - (id > inbox.seen_id ? 1 : 0),
      });
    });
  }

  private now(): string {
    return datetime(this.clock());
  }
}

async function inboxRow(session: Session, userId: string, lock = ''): Promise<InboxRow> {
  const [row] = await session.execute<InboxRow[]>(
    `SELECT last_id, unread, unseen, seen_id FROM inbox WHERE user_id = ? ${lock}`,
    [userId],
  );
  return row ?? empty;
}

/** The inbox row first, in every transaction of its owner's: the Intake holds it while it adds rows. */
function lockInbox(session: Session, userId: string): Promise<InboxRow> {
  return inboxRow(session, userId, 'FOR UPDATE');
}

async function keep(session: Session, userId: string, inbox: InboxRow): Promise<InboxState> {
  await session.execute('UPDATE inbox SET unread = ?, unseen = ?, seen_id = ? WHERE user_id = ?', [
    inbox.unread,
    inbox.unseen,
    inbox.seen_id,
    userId,
  ]);
  return stateOf(inbox);
}

function stateOf(row: InboxRow): InboxState {
  return { lastId: row.last_id, unread: row.unread, unseen: row.unseen };
}

async function findRow(session: Session, userId: string, id: number): Promise<NotificationResponse | null> {
  const [row] = await session.execute<NotificationRow[]>(
    `SELECT ${columns} FROM notification WHERE user_id = ? AND id = ?`,
    [userId, id],
  );
  return row ? response(userId, row) : null;
}

function response(userId: string, row: NotificationRow): NotificationResponse {
  return {
    id: row.id,
    userId,
    type: row.type,
    title: row.title,
    message: row.message,
    link: row.link,
    status: row.read_at ? 'READ' : 'UNREAD',
    referenceId: row.reference_id,
    referenceType: row.reference_type,
    createdAt: row.created_at.toISOString(),
    readAt: row.read_at?.toISOString() ?? null,
  };
}
