import { type Channel, channels, type DeliveryState } from '@allim/contracts';
import { type Anomaly, duplicate, lost, phantom, stuck } from './anomaly.js';
import { type Of, type Try } from './history.js';

/** As takeBack of the store writes it. */
export const leaseRanOut = 'lease ran out';
/** A worker's end and what it had sent reach us in either order. */
const toleranceMs = 1_000;

const underWay: readonly DeliveryState[] = ['queued', 'dispatched', 'sending'];

/**
 * Every planned delivery has arrived, once, or is parked where every reader sees it. A repeat is excused where nobody
 * could know of the first: its worker died, or its provider was cut, after it had arrived and before that was noted; the
 * channel's policy is to retry; and it carries the same key.
 */
export function checkDeliveries(history: {
  planned: Of<'planned'>[];
  arrived: Of<'arrived'>[];
  deliveries: Of<'delivery'>[];
  exits: Of<'exit'>[];
  faults: Of<'fault'>[];
}): Anomaly[] {
  const anomalies: Anomaly[] = [];
  const rows = new Map(history.deliveries.map((row) => [row.delivery, row]));
  const arrivals = Map.groupBy(history.arrived, placeOf);
  const deaths = deathsByChannel(history);
  const plannedPlaces = new Set<string>();
  const plannedIds = new Set<string>();
  for (const one of history.planned) {
    plannedPlaces.add(placeOf(one));
    plannedIds.add(one.delivery);
    const row = rows.get(one.delivery);
    if (!row) anomalies.push(lost(`${name(one)} was planned and has no row`));
    else {
      const arrived = (arrivals.get(placeOf(one)) ?? []).toSorted((first, second) => first.at - second.at);
      const died = deaths.get(one.channel) ?? [];
      anomalies.push(
        ...checkEnd(one, row, arrived),
        ...checkRepeats(one, row, arrived, died),
        ...checkGuesses(row, died),
      );
    }
  }
  for (const { delivery, channel } of history.deliveries)
    if (!plannedIds.has(delivery)) anomalies.push(phantom(`${channel} ${delivery}: a row that nobody planned`));
  for (const one of history.arrived)
    if (!plannedPlaces.has(placeOf(one))) anomalies.push(phantom(`${placeOf(one)} arrived and was never planned`));
  return anomalies;
}

function checkEnd(one: Of<'planned'>, row: Of<'delivery'>, arrived: Of<'arrived'>[]): Anomaly[] {
  const { state, attempts, tries, channel } = row;
  if (underWay.includes(state)) return [stuck(`${name(one)} is still ${state} after ${attempts} attempts`)];
  if (state === 'accepted' || state === 'delivered')
    return arrived.length === 0 ? [lost(`${name(one)} is ${state} and never arrived`)] : [];
  const { whenAmbiguous, attempts: most } = channels[channel];
  const isParked = whenAmbiguous === 'park' || attempts >= most;
  if (state === 'unknown' && isParked && tries.at(-1)?.outcome === 'ambiguous') return [];
  return [lost(`${name(one)} is ${state} after ${attempts} attempts`)];
}

function checkRepeats(
  one: Of<'planned'>,
  row: Of<'delivery'>,
  arrived: Of<'arrived'>[],
  deaths: readonly number[],
): Anomaly[] {
  const anomalies = arrived
    .filter(({ key }) => !key.includes(one.delivery))
    .map(({ key }) => phantom(`${name(one)} arrived as ${key}, by which nobody knows it`));
  if (arrived.length < 2) return anomalies;
  const retried = channels[one.channel].whenAmbiguous === 'retry';
  const guesses = row.tries.filter(({ outcome }) => outcome === 'ambiguous').length;
  const isExcused = (first: Of<'arrived'>, index: number) => {
    const next = arrived[index + 1];
    return next === undefined || deaths.some((at) => at > first.at - toleranceMs && at < next.at);
  };
  if (!retried || arrived.length > guesses + 1 || !arrived.every(isExcused))
    anomalies.push(duplicate(`${name(one)} arrived ${arrived.length} times, ${describe(row.tries)}`));
  if (new Set(arrived.map(({ key }) => key)).size > 1)
    anomalies.push(duplicate(`${name(one)} arrived with different keys`));
  return anomalies;
}

/** A lease that ran out, and nobody had died: a worker was taken for dead. */
function checkGuesses(row: Of<'delivery'>, deaths: readonly number[]): Anomaly[] {
  return row.tries
    .filter(
      ({ reason, from, until }) =>
        reason === leaseRanOut && !deaths.some((at) => at > from - toleranceMs && at < until + toleranceMs),
    )
    .map(() => phantom(`${row.channel} ${row.delivery}: its lease ran out, and nobody had died`));
}

/** When a program of a channel ended, or a fault hit its provider. Programs are named after their channel. */
function deathsByChannel({ exits, faults }: { exits: Of<'exit'>[]; faults: Of<'fault'>[] }): Map<Channel, number[]> {
  const names = Object.keys(channels) as Channel[];
  return new Map(
    names.map((channel) => [
      channel,
      [
        ...exits.filter(({ program }) => program.startsWith(`${channel}-`)),
        ...faults.filter(({ target }) => target === `${channel} provider`),
      ].map(({ at }) => at),
    ]),
  );
}

const placeOf = ({ channel, number }: { channel: Channel; number: number }) => `${channel} ${number}`;
const name = (one: Of<'planned'>) => `${placeOf(one)} (${one.delivery})`;
const describe = (tries: readonly Try[]) =>
  `attempts: ${tries.map(({ outcome, reason }) => (reason === null ? outcome : `${outcome} (${reason})`)).join(', ')}`;
