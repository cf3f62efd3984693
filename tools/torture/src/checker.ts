import { type Anomaly, duplicate, lost, phantom, reordered, stuck } from './anomaly.js';
import { checkDeliveries } from './delivery-checker.js';
import { type Entry, type Happening, type Of } from './history.js';

/** What is wrong with a history, in plain words; nothing when every promise was kept. */
export function check(history: readonly Entry[]): Anomaly[] {
  const of = <Kind extends Happening['kind']>(kind: Kind) =>
    history.filter((entry): entry is Of<Kind> => entry.kind === kind);
  const rows = of('row');
  return [
    ...checkRows(rows, of('sent'), of('acknowledged')),
    ...checkOrder(rows, of('sent')),
    ...checkHints(rows, of('hinted'), of('positioned')),
    ...checkLetters(of('poisoned'), of('letter')),
    ...checkClients(rows, of('client'), of('received')),
    ...checkDeliveries({
      planned: of('planned'),
      arrived: of('arrived'),
      deliveries: of('delivery'),
      exits: of('exit'),
      faults: of('fault'),
    }),
    ...of('recovered')
      .filter(({ ms, limitMs }) => ms === null || ms > limitMs)
      .map(({ what, ms, limitMs }) => stuck(`${what}: ${ms === null ? 'never' : `${ms} ms`}, limit ${limitMs} ms`)),
  ];
}

/** Every acknowledged event has one row, in its own user's inbox; ids are 1, 2, 3 … per user. */
function checkRows(rows: Of<'row'>[], sent: Of<'sent'>[], acknowledged: Of<'acknowledged'>[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const users = new Map(sent.map(({ event, user }) => [event, user]));
  const saved = new Set<string>();
  for (const { event, user, id } of rows) {
    if (saved.has(event)) anomalies.push(duplicate(`event ${event} has another row: ${user}/${id}`));
    saved.add(event);
    if (users.get(event) !== user) anomalies.push(phantom(`row ${user}/${id} of event ${event}, which nobody sent`));
  }
  for (const event of new Set(acknowledged.map((entry) => entry.event))) {
    if (!saved.has(event)) anomalies.push(lost(`event ${event} was acknowledged and has no row`));
  }
  for (const [user, ids] of byUser(rows)) {
    ids.forEach(({ id }, index) => {
      if (index > 0 && id === ids[index - 1]?.id) anomalies.push(duplicate(`id ${user}/${id} is there twice`));
    });
    const present = new Set(ids.map(({ id }) => id));
    for (let id = 1; id <= (ids.at(-1)?.id ?? 0); id++) {
      if (!present.has(id)) anomalies.push(lost(`ids of ${user} have a gap at ${id}`));
    }
  }
  return anomalies;
}

/** Within a stream, a user's rows are in the order in which the events were sent first. */
function checkOrder(rows: Of<'row'>[], sent: Of<'sent'>[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const places = new Map<string, { stream: string; place: number }>();
  for (const [place, { event, stream }] of sent.entries()) {
    if (!places.has(event)) places.set(event, { stream, place });
  }
  for (const [user, ofUser] of byUser(rows)) {
    const latest = new Map<string, number>();
    for (const { id, event } of ofUser) {
      const sentAt = places.get(event);
      if (!sentAt) continue;
      const before = latest.get(sentAt.stream) ?? -1;
      if (sentAt.place < before)
        anomalies.push(reordered(`row ${user}/${id}: event ${event} was sent earlier than its predecessor`));
      latest.set(sentAt.stream, Math.max(before, sentAt.place));
    }
  }
  return anomalies;
}

/** When hints were listened to: each row had its own, or later a position that covers it. */
function checkHints(rows: Of<'row'>[], hinted: Of<'hinted'>[], positioned: Of<'positioned'>[]): Anomaly[] {
  if (hinted.length === 0) return [];
  const told = new Set(hinted.map(({ user, id }) => `${user}/${id}`));
  const upTo = new Map<string, number>();
  for (const { user, lastId } of positioned) upTo.set(user, Math.max(lastId, upTo.get(user) ?? 0));
  return rows
    .filter(({ user, id }) => !told.has(`${user}/${id}`) && id > (upTo.get(user) ?? 0))
    .map(({ user, id }) => lost(`row ${user}/${id} was never hinted at, and no position covers it`));
}

/** Each poisoned record has one letter (or more, where a crash excuses it), equal to it; nothing else has one. */
function checkLetters(poisoned: Of<'poisoned'>[], letters: Of<'letter'>[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const poison = new Map(poisoned.map((one) => [one.place, one]));
  const seen = new Set<string>();
  for (const { place, differs } of letters) {
    const record = poison.get(place);
    if (!record) anomalies.push(phantom(`dead letter of ${place}, where no poison is`));
    if (seen.has(place) && !record?.again)
      anomalies.push(duplicate(`${place} (${record?.poison}) has another dead letter`));
    seen.add(place);
    if (differs)
      anomalies.push(lost(`dead letter of ${place} (${record?.poison}) is not as its record was: ${differs}`));
  }
  for (const { place, poison: kind } of poisoned) {
    if (!seen.has(place)) anomalies.push(lost(`${place} (${kind}) has no dead letter`));
  }
  return anomalies;
}

/** Each client was handed each row of its user once, ids ascending. */
function checkClients(rows: Of<'row'>[], clients: Of<'client'>[], received: Of<'received'>[]): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const ofUser = byUser(rows);
  const byClient = Map.groupBy(received, ({ client }) => client);
  for (const { client, user } of clients) {
    const expected = new Map((ofUser.get(user) ?? []).map(({ id, event }) => [id, event]));
    const seen = new Set<number>();
    let latest = 0;
    for (const { id, event } of byClient.get(client) ?? []) {
      if (expected.get(id) !== event)
        anomalies.push(phantom(`${client} got ${id} (${event}), which is not in its inbox`));
      if (seen.has(id)) anomalies.push(duplicate(`${client} got ${id} again`));
      else if (id < latest) anomalies.push(reordered(`${client} got ${id} after ${latest}`));
      seen.add(id);
      latest = Math.max(latest, id);
    }
    for (const id of expected.keys()) if (!seen.has(id)) anomalies.push(lost(`${client} never got ${id}`));
  }
  return anomalies;
}

function byUser(rows: Of<'row'>[]): Map<string, Of<'row'>[]> {
  const users = Map.groupBy(rows, ({ user }) => user);
  for (const [user, ofUser] of users)
    users.set(
      user,
      ofUser.toSorted((a, b) => a.id - b.id),
    );
  return users;
}
