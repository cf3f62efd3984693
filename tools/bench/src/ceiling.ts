import { identityOf, readEvent, render } from '@allim/catalogue';
import { createConnection } from 'mysql2/promise';
import { type Load, userOf } from './load.js';
import { type Site } from './site.js';
import { mustEqual } from './void-run.js';

const statementRows = 500;

/** Events per second whose rows a raw insert writes. */
export interface Ceiling {
  /** The rows that the consumer inserts for an event, of `notification` and of `ledger`: what ours is measured against. */
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
    sameRows: await insert(site, rows, [notification, ledger]),
    notifications: await insert(site, rows, [notification]),
  };
}

interface Table {
  name: string;
  columns: string;
  /** Of a planned event, the values of its row. */
  values: (planned: PlannedRows) => Row;
}

const notification: Table = {
  name: 'notification',
  columns: 'user_id, id, type, title, message, link, reference_type, reference_id, params, created_at',
  values: (planned) => planned.notification,
};
const ledger: Table = {
  name: 'ledger',
  columns: 'identity, user_id, topic, topic_partition, record_offset, created_at',
  values: (planned) => planned.ledger,
};

async function insert(site: Site, rows: PlannedRows[], tables: Table[]): Promise<number> {
  for (const { name } of tables) await site.database.query(`CREATE OR REPLACE TABLE ceiling_${name} LIKE ${name}`);
  const connections = await Promise.all([1, 2].map(() => createConnection({ uri: site.databaseUrl, timezone: 'Z' })));
  const statements = Array.from({ length: rows.length / statementRows }, (_, index) => {
    const part = rows.slice(index * statementRows, (index + 1) * statementRows);
    return tables.map(({ name, columns, values }) => ({
      sql: `INSERT INTO ceiling_${name} (${columns}) VALUES ?`,
      values: part.map(values),
    }));
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
  for (const { name } of tables)
    mustEqual(`rows of the ceiling's ${name}`, await site.number(`SELECT COUNT(*) FROM ceiling_${name}`), rows.length);
  return rows.length / seconds;
}

type Row = (string | number | Buffer | null)[];
interface PlannedRows {
  notification: Row;
  ledger: Row;
}

function plannedRows(load: Load, events: number): PlannedRows[] {
  const lastIds = new Map<string, number>();
  const createdAt = new Date().toISOString().slice(0, -1).replace('T', ' ');
  return Array.from({ length: events }, (_, index) => {
    const { topic, value } = load.event(index + 1);
    const planned = readEvent(topic, Buffer.from(value));
    if (!planned) throw new Error(`${topic}: nobody is told`);
    const userId = 'userId' in planned.to ? planned.to.userId : userOf(0);
    const id = (lastIds.get(userId) ?? 0) + 1;
    lastIds.set(userId, id);
    const { title, message } = render(planned, 'ko');
    const { type, link, reference, paramsJson } = planned;
    return {
      notification: [
        userId,
        id,
        type,
        title,
        message,
        link,
        reference?.type ?? null,
        reference?.id ?? null,
        paramsJson,
        createdAt,
      ],
      ledger: [identityOf(userId, type, planned.identity), userId, topic, index % 3, String(index), createdAt],
    };
  });
}
