import { randomUUIDv7 } from 'node:crypto';
import { identityOf, type PlannedDelivery, planDeliveries, readEvent, render } from '@allim/catalogue';
import { stranger } from '@allim/contracts';
import { uuidBytes } from '@allim/store';
import { createConnection } from 'mysql2/promise';
import { type Load, userOf } from './load.js';
import { type Site } from './site.js';
import { mustEqual } from './void-run.js';

const statementRows = 500;

/** Events per second whose rows a raw insert writes. */
export interface Ceiling {
  /** The rows that the consumer inserts for an event (notification, ledger; of a sign-up contact and delivery): what ours is measured against. */
  sameRows: number;
  /** Those of `notification` only. */
  notifications: number;
}

/**
 * The raw insert of the rows that this load makes: plain INSERT statements of 500 rows, each committed, over two
 * connections. No look-up, no counters, no Kafka.
 */
export async function ceiling(site: Site, load: Load, events: number): Promise<Ceiling> {
  const rows = plannedRows(load, events);
  return {
    sameRows: await insert(site, rows, tables),
    notifications: await insert(site, rows, ['notification']),
  };
}

/** Tables and their columns. */
const columns = {
  notification: 'user_id, id, type, title, message, link, reference_type, reference_id, params, created_at',
  ledger: 'identity, user_id, topic, topic_partition, record_offset, created_at',
  contact: 'user_id, name, email, updated_at',
  delivery:
    'id, user_id, notification_id, channel, priority, category, text, language, state, due_at, created_at, updated_at',
};
type Table = keyof typeof columns;
const tables = Object.keys(columns) as Table[];

async function insert(site: Site, rows: PlannedRows[], tables: Table[]): Promise<number> {
  for (const table of tables) await site.database.query(`CREATE OR REPLACE TABLE ceiling_${table} LIKE ${table}`);
  const connections = await Promise.all([1, 2].map(() => createConnection({ uri: site.databaseUrl, timezone: 'Z' })));
  const statements = Array.from({ length: rows.length / statementRows }, (_, index) => {
    const part = rows.slice(index * statementRows, (index + 1) * statementRows);
    return tables.flatMap((table) => {
      const values = part.flatMap((planned) => planned[table]);
      return values.length > 0 ? [{ sql: `INSERT INTO ceiling_${table} (${columns[table]}) VALUES ?`, values }] : [];
    });
  }).flat();
  const began = performance.now();
  await Promise.all(
    connections.map(async (connection) => {
      for (let next = statements.shift(); next; next = statements.shift())
        await connection.query(next.sql, [next.values]);
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  for (const connection of connections) connection.destroy();
  for (const table of tables) {
    const expected = rows.reduce((sum, planned) => sum + planned[table].length, 0);
    mustEqual(`rows of the ceiling's ${table}`, await site.number(`SELECT COUNT(*) FROM ceiling_${table}`), expected);
  }
  return rows.length / seconds;
}

type Row = (string | number | Buffer | null)[];
type PlannedRows = Record<Table, Row[]>;

function plannedRows(load: Load, events: number): PlannedRows[] {
  const lastIds = new Map<string, number>();
  const now = new Date();
  const createdAt = now.toISOString().slice(0, -1).replace('T', ' ');
  return Array.from({ length: events }, (_, index) => {
    const { topic, value } = load.event(index + 1);
    const planned = readEvent(topic, Buffer.from(value));
    if (!planned) throw new Error(`${topic}: nobody is told`);
    const userId = 'userId' in planned.to ? planned.to.userId : userOf(0);
    const id = (lastIds.get(userId) ?? 0) + 1;
    lastIds.set(userId, id);
    const { title, message } = render(planned, 'ko');
    const { type, link, reference, paramsJson, contact } = planned;
    return {
      notification: [
        [userId, id, type, title, message, link, reference?.type ?? null, reference?.id ?? null, paramsJson, createdAt],
      ],
      ledger: [[identityOf(userId, type, planned.identity), userId, topic, index % 3, String(index), createdAt]],
      contact: contact ? [[userId, contact.name, contact.email, createdAt]] : [],
      delivery: contact
        ? planDeliveries(planned, stranger(userId), now).map((one) => deliveryRow(one, userId, id, createdAt))
        : [],
    };
  });
}

function deliveryRow(one: PlannedDelivery, userId: string, notificationId: number, at: string): Row {
  const { channel, priority, category, text, language, state } = one;
  return [
    uuidBytes(randomUUIDv7()),
    userId,
    notificationId,
    channel,
    priority,
    category,
    text,
    language,
    state,
    at,
    at,
    at,
  ];
}
