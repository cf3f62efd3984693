import { readEvent, render } from '@allim/catalogue';
import { type Connection, createConnection } from 'mysql2/promise';
import { type Load, userOf } from './load.js';
import { type Site } from './site.js';
import { mustEqual } from './void-run.js';

const statementRows = 500;
const columns = 10;

export interface Ceiling {
  /** Rows per second of plain INSERT statements: what ours is measured against. */
  text: number;
  /** The same as prepared statements. */
  prepared: number;
}

/**
 * The raw insert: the notification rows that this load makes, 500 a statement, each statement committed, over two
 * connections. No look-up, no ledger, no counters, no Kafka.
 */
export async function ceiling(site: Site, load: Load, events: number): Promise<Ceiling> {
  const rows = plannedRows(load, events);
  return { text: await insert(site, rows, 'query'), prepared: await insert(site, rows, 'execute') };
}

async function insert(site: Site, rows: Row[], by: 'query' | 'execute'): Promise<number> {
  await site.database.query('CREATE OR REPLACE TABLE ceiling LIKE notification');
  const connections = await Promise.all([1, 2].map(() => createConnection({ uri: site.databaseUrl, timezone: 'Z' })));
  const statements = Array.from({ length: rows.length / statementRows }, (_, index) =>
    rows.slice(index * statementRows, (index + 1) * statementRows).flat(),
  );
  const began = performance.now();
  await Promise.all(connections.map((connection) => insertAll(connection, statements, by)));
  const seconds = (performance.now() - began) / 1000;
  for (const connection of connections) connection.destroy();
  mustEqual('rows of the ceiling', await site.number('SELECT COUNT(*) FROM ceiling'), rows.length);
  return rows.length / seconds;
}

type Row = (string | number | null)[];

async function insertAll(connection: Connection, statements: Row[], by: 'query' | 'execute'): Promise<void> {
  const row = `(${Array(columns).fill('?').join(',')})`;
  const sql = `INSERT INTO ceiling (user_id, id, type, title, message, link, reference_type, reference_id, params, created_at)
    VALUES ${Array(statementRows).fill(row).join(',')}`;
  for (let values = statements.shift(); values; values = statements.shift()) {
    await (by === 'query' ? connection.query(sql, values) : connection.execute(sql, values));
  }
}

function plannedRows(load: Load, events: number): Row[] {
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
    return [
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
    ];
  });
}
