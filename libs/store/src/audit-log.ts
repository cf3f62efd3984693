import { type Database, type Transaction, type Value, withSession } from './database.js';

/** What operators do, and what Allim does by itself in their place. */
export const auditActions = [
  'discard',
  'replay.plan',
  'replay.start',
  'replay.pause',
  'replay.resume',
  'replay.cancel',
  'replay.stop',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** An entry of the audit log: what was done to what, by whom and why. */
export interface AuditEntry {
  /** Later ones have higher numbers. */
  number: number;
  at: Date;
  actor: string;
  action: AuditAction;
  reason: string | null;
  subject: Record<string, unknown>;
}

/** Which entries; what is not given does not matter. */
export interface AuditQuery {
  actor?: string;
  action?: AuditAction;
  /** Entries below this number. */
  before?: number;
  limit: number;
}

/** In the transaction that does it: nothing is done that is not on record, nothing on record that was not done. */
export async function noteDeed(
  transaction: Transaction,
  deed: Omit<AuditEntry, 'number' | 'at' | 'subject'> & { now: string; subject: object },
): Promise<void> {
  const { now, actor, action, reason, subject } = deed;
  await transaction.defer('INSERT INTO audit_log (at, actor, action, reason, subject) VALUES (?)', [
    [now, actor, action, reason, JSON.stringify(subject)],
  ]);
}

interface AuditRow {
  id: string;
  at: Date;
  actor: string;
  action: AuditAction;
  reason: string | null;
  subject: string;
}

/** The newest first. Throws a DatabaseDown while the server is away. */
export function readAudit(database: Database, { actor, action, before, limit }: AuditQuery): Promise<AuditEntry[]> {
  const given: [string, Value | undefined][] = [
    ['actor = ?', actor],
    ['action = ?', action],
    ['id < ?', before],
  ];
  const asked = given.filter((one): one is [string, Value] => one[1] !== undefined);
  return withSession(database, async (session) => {
    const rows = await session.query<AuditRow[]>(
      `SELECT id, at, actor, action, reason, subject FROM audit_log
       WHERE ${['TRUE', ...asked.map(([condition]) => condition)].join(' AND ')} ORDER BY id DESC LIMIT ?`,
      [...asked.map(([, value]) => value), limit],
    );
    return rows.map(({ id, subject, ...row }) => ({ ...row, number: Number(id), subject: JSON.parse(subject) }));
  });
}
