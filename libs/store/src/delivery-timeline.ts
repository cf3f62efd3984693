import { type Channel, type DeliveryState, type NotificationType, type Priority } from '@allim/contracts';
import { type Session, type Value } from './database.js';
import { uuidBytes, uuidText } from './delivery-id.js';
import { selectByKeys } from './statement.js';

/** One person's deliveries, or those of one of its notifications, or of what they are about, or a single one. */
export type TimelineQuery =
  | { userId: string; notificationId?: number }
  | { reference: string }
  /** UUID: what stands in a mail's Message-ID. */
  | { deliveryId: string };

/** A delivery and its way so far. Times in ISO-8601, UTC. No address in it. */
export interface DeliveryTimeline {
  id: string;
  userId: string;
  notificationId: number;
  /** Null: the notification was deleted. */
  type: NotificationType | null;
  reference: { type: string; id: string } | null;
  channel: Channel;
  /** Push: hash of the device's token, in hex. */
  device: string | null;
  priority: Priority;
  category: string;
  text: string;
  language: string;
  state: DeliveryState;
  reason: string | null;
  /** Those that count: what failed for the infrastructure's sake does not. */
  attemptCount: number;
  dueAt: string;
  provider: string | null;
  providerMessageId: string | null;
  createdAt: string;
  updatedAt: string;
  attempts: {
    attempt: number;
    provider: string | null;
    outcome: string;
    reason: string | null;
    providerMessageId: string | null;
    startedAt: string;
    durationMs: number;
  }[];
  /** What providers told afterwards, in the order of their arrival. */
  reports: {
    provider: string;
    providerMessageId: string | null;
    code: string | null;
    state: string | null;
    detail: string | null;
    receivedAt: string;
  }[];
}

interface DeliveryRow {
  id: Buffer;
  user_id: Buffer;
  notification_id: number;
  type: NotificationType | null;
  reference_type: string | null;
  reference_id: string | null;
  channel: Channel;
  target: Buffer;
  priority: Priority;
  category: string;
  text: string;
  language: string;
  state: DeliveryState;
  reason: string | null;
  attempts: number;
  due_at: Date;
  provider: string | null;
  provider_message_id: string | null;
  created_at: Date;
  updated_at: Date;
}

interface AttemptRow {
  delivery_id: Buffer;
  attempt: number;
  provider: string | null;
  outcome: string;
  reason: string | null;
  provider_message_id: string | null;
  started_at: Date;
  duration_ms: number;
}

interface ReportRow {
  delivery_id: Buffer;
  /** BIGINT: a text. */
  id: string;
  provider: string;
  provider_message_id: string | null;
  code: string | null;
  state: string | null;
  detail: string | null;
  received_at: Date;
}

/** Reads at most `limit` deliveries, the newest first. */
export async function readTimeline(session: Session, query: TimelineQuery, limit: number): Promise<DeliveryTimeline[]> {
  const { where, values, order } = filter(query);
  const rows = await session.query<DeliveryRow[]>(
    `SELECT d.id, d.user_id, d.notification_id, n.type, d.reference_type, d.reference_id, d.channel, d.target, d.priority,
       d.category, d.text, d.language, d.state, d.reason, d.attempts, d.due_at, d.provider, d.provider_message_id,
       d.created_at, d.updated_at
     FROM delivery AS d LEFT JOIN notification AS n ON n.user_id = d.user_id AND n.id = d.notification_id
     WHERE ${where} ORDER BY ${order} LIMIT ?`,
    [...values, limit],
  );
  const ids = rows.map(({ id }) => id);
  const attempts = byDelivery(
    await selectByKeys<AttemptRow>(
      session,
      `SELECT delivery_id, attempt, provider, outcome, reason, provider_message_id, started_at, duration_ms
       FROM delivery_attempt WHERE delivery_id IN`,
      ids,
    ),
  );
  const reports = byDelivery(
    await selectByKeys<ReportRow>(
      session,
      `SELECT delivery_id, id, provider, provider_message_id, code, state, detail, received_at
       FROM delivery_report WHERE delivery_id IN`,
      ids,
    ),
  );
  return rows.map((row) => {
    const key = row.id.toString('latin1');
    return entry(row, attempts.get(key) ?? [], reports.get(key) ?? []);
  });
}

/** Ids are UUIDv7: their order is, to the millisecond, that in which the deliveries were planned. */
function filter(query: TimelineQuery): { where: string; values: Value[]; order: string } {
  if ('deliveryId' in query) return { where: 'd.id = ?', values: [uuidBytes(query.deliveryId)], order: 'd.id DESC' };
  if ('reference' in query) return { where: 'd.reference_id = ?', values: [query.reference], order: 'd.id DESC' };
  if (query.notificationId === undefined)
    return { where: 'd.user_id = ?', values: [query.userId], order: 'd.notification_id DESC, d.id DESC' };
  return {
    where: 'd.user_id = ? AND d.notification_id = ?',
    values: [query.userId, query.notificationId],
    order: 'd.id DESC',
  };
}

function byDelivery<Row extends { delivery_id: Buffer }>(rows: Row[]): Map<string, Row[]> {
  return Map.groupBy(rows, (row) => row.delivery_id.toString('latin1'));
}

function entry(row: DeliveryRow, attempts: AttemptRow[], reports: ReportRow[]): DeliveryTimeline {
  return {
    id: uuidText(row.id),
    userId: row.user_id.toString(),
    notificationId: row.notification_id,
    type: row.type,
    reference:
      row.reference_type === null || row.reference_id === null
        ? null
        : { type: row.reference_type, id: row.reference_id },
    channel: row.channel,
    device: row.target.length > 0 ? row.target.toString('hex') : null,
    priority: row.priority,
    category: row.category,
    text: row.text,
    language: row.language,
    state: row.state,
    reason: row.reason,
    attemptCount: row.attempts,
    dueAt: row.due_at.toISOString(),
    provider: row.provider,
    providerMessageId: row.provider_message_id,
    createdAt: row.created_at.toISOString(),
    updatedAt: row.updated_at.toISOString(),
    attempts: attempts
      .toSorted((a, b) => a.attempt - b.attempt)
      .map((attempt) => ({
        attempt: attempt.attempt,
        provider: attempt.provider,
        outcome: attempt.outcome,
        reason: attempt.reason,
        providerMessageId: attempt.provider_message_id,
        startedAt: attempt.started_at.toISOString(),
        durationMs: attempt.duration_ms,
      })),
    reports: reports
      .toSorted((a, b) => Number(a.id) - Number(b.id))
      .map((report) => ({
        provider: report.provider,
        providerMessageId: report.provider_message_id,
        code: report.code,
        state: report.state,
        detail: report.detail,
        receivedAt: report.received_at.toISOString(),
      })),
  };
}
